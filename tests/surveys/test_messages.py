from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.messages import write_letter
from surveys.models import Campaign, Invitation, Survey
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
