from email import message_from_bytes
from email.policy import default
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.models import Campaign, Invitation, Sender, Survey
from surveys.sending.messages import TOKEN, write_letter
from tests.conftest import NOON

names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1, max_size=60).map(
    lambda text: " ".join(text.split())
)


def campaign(body: str) -> Campaign:
    return Campaign(survey=Survey(), subject={"en": "{first_name}: a word"}, body={"en": body})


@given(name=names.filter(bool), body=names)
def test_whatever_the_name_a_mail_program_reads_what_was_meant(name, body):
    letter = write_letter(campaign("Hi {first_name}!\n\n" + body), language="en", is_reminder=False, at=NOON)
    message = letter.to(Invitation(pk=7, address="ana@example.com", language="en"), first_name=name)

    mail = message_from_bytes(message.content, policy=default)

    assert " ".join(str(mail["Subject"]).split()) == f"{name}: a word"
    assert f"Hi {name}!" in mail.get_body(("plain",)).get_content()
    assert max(len(line) for line in message.content.split(b"\r\n")) < 998
    assert b"\n" not in message.content.replace(b"\r\n", b"")


@pytest.mark.parametrize(("language", "direction"), [("fa", "rtl"), ("en", "ltr")])
def test_a_mail_reads_in_the_direction_of_its_language(language, direction):
    letter = write_letter(campaign("Hi"), language=language, is_reminder=False, at=NOON)
    message = letter.to(Invitation(pk=7, address="ana@example.com", language=language), first_name="")
    html = message_from_bytes(message.content, policy=default).get_body(("html",)).get_content()
    assert f'dir="{direction}"' in html


def mail_for(context, **texts):
    written = Campaign(survey=Survey(), **{name: {"en": text} for name, text in texts.items()})
    letter = write_letter(written, language="en", is_reminder=False, at=NOON)
    invitation = Invitation(pk=7, address="ana@example.com", language="en", context=context)
    return message_from_bytes(letter.to(invitation, first_name="Ana").content, policy=default)


@given(agent=names.filter(bool), order=names)
def test_what_the_occasion_is_about_stands_in_subject_and_text_and_in_each_as_it_must(agent, order):
    mail = mail_for(
        {"agent": agent, "order": order},
        subject="{first_name}, your order {order}",
        body="Was {agent} of help with {order}?",
    )
    told = f" {order}" if order else ""

    assert " ".join(str(mail["Subject"]).split()) == f"Ana, your order{told}"
    assert f"Was {agent} of help with{told}?" in mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert f"Was {escape(agent)} of help with{' ' + escape(order) if order else ''}?" in html


@pytest.mark.parametrize(
    ("context", "subject"),
    [
        ({}, "Your order"),
        ({"order": 17}, "Your order 17"),
        ({"order": "1\r\nBcc: x@y.example"}, "Your order 1 Bcc: x@y.example"),
    ],
)
def test_what_nobody_knows_is_left_out_and_no_value_begins_a_header(context, subject):
    mail = mail_for(context, subject="Your order {order}", body="Hi {nobody} of {organisation}")

    assert str(mail["Subject"]) == subject
    assert mail["Bcc"] is None
    assert "Hi {nobody} of Meridian" in mail.get_body(("plain",)).get_content()


def test_no_context_changes_the_links():
    mail = mail_for({TOKEN: "evil"}, subject="Hi", body="Hi")

    assert "evil" not in mail.as_string()


def test_a_brand_writes_in_its_own_name():
    written = campaign("Hi")
    written.sender = Sender(name="Zëta Shop", address="hello@zeta.example", reply_to="help@zeta.example")
    letter = write_letter(written, language="en", is_reminder=False, at=NOON)
    message = letter.to(Invitation(pk=7, address="ana@example.com", language="en"), first_name="Ana")
    mail = message_from_bytes(message.content, policy=default)

    assert (str(mail["From"]), str(mail["Reply-To"])) == (
        "Zëta Shop <hello@zeta.example>",
        "help@zeta.example",
    )
    assert message.sender == "hello@zeta.example"
    assert "@zeta.example>" in mail["Message-ID"]


def test_every_mail_leads_to_the_way_out_and_to_what_customers_choose():
    mail = mail_for({}, subject="Hi", body="Hi")
    leave = str(mail["List-Unsubscribe"]).strip("<>")

    for subtype in ("plain", "html"):
        assert f"{leave}preferences/" in mail.get_body((subtype,)).get_content()
