"""The conversation on a follow-up's page: written to, called, and never losing what somebody typed."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers.consent import suppress
from customers.identities import digest_of
from followups.models import FollowUp, Message, ReplyTemplate
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpFactory, MessageFactory, ReplyTemplateFactory, RootCauseFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyResponseFactory

pytestmark = pytest.mark.django_db
EMAIL, PHONE = "amina@customers.example", "+38761234567"


@pytest.fixture
def sara():
    return UserFactory(roles=["Support"], first_name="Sara", last_name="Kovač")


@pytest.fixture
def desk(client, sara):
    client.force_login(sara)
    return client


@pytest.fixture
def follow_up():
    follow_up = FollowUpFactory(due_at=timezone.now() + timedelta(hours=4))
    IdentityFactory(customer=follow_up.customer, value=EMAIL)
    IdentityFactory(customer=follow_up.customer, kind="phone", value=PHONE)
    return follow_up


def page_of(follow_up):
    return reverse("admin:followups_follow_up", args=[follow_up.pk])


def door(follow_up):
    return reverse("admin:followups_conversation", args=[follow_up.pk])


def post(client, follow_up, action="reply", **fields):
    usual = {"reply": {"to": f"email:{EMAIL}", "subject": "Hello", "text": "We are sorry."}, "call": {}}
    given = {"action": action, "version": follow_up.version, **usual.get(action, {}), **fields}
    return client.post(door(follow_up), given)


def everything():
    return [list(FollowUp.objects.values()), list(Message.objects.values())]


def test_an_agent_writes_and_sees_what_they_wrote(desk, sara, follow_up):
    empty = desk.get(page_of(follow_up)).content.decode()
    assert "Nobody has written yet." in empty

    reply = post(desk, follow_up, tab="mine")

    assert (reply.status_code, reply.url) == (302, f"{page_of(follow_up)}?tab=mine#conversation")
    page = desk.get(page_of(follow_up)).content.decode()
    assert "We are sorry." in page
    assert "On its way out" in page
    message = Message.objects.get()
    assert (message.author, message.address, message.subject, message.text) == (
        sara,
        EMAIL,
        "Hello",
        "We are sorry.",
    )
    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.owner) == ("contacted", sara)


def test_every_message_says_who_how_and_what_became_of_it(desk, sara, follow_up):
    at = timezone.now()
    MessageFactory(follow_up=follow_up, author=sara, state="returned", error="550 no such user", at=at)
    MessageFactory(
        follow_up=follow_up, direction="in", state="received", address="else@where.example",
        text="<script>alert(1)</script>", quoted="> quoted & kept", attachments=["photo<1>.jpg"], at=at,
    )  # fmt: skip
    MessageFactory(follow_up=follow_up, direction="in", kind="automatic", state="received", text="", at=at)
    MessageFactory(follow_up=follow_up, kind="automatic", state="sent", at=at)
    MessageFactory(follow_up=follow_up, state="unknown", at=at)

    page = desk.get(page_of(follow_up)).content.decode()

    for words in (
        "Came back", "550 no such user", "The customer did not get this.", "address not known",
        "&lt;script&gt;alert(1)&lt;/script&gt;", "&gt; quoted &amp; kept", "photo&lt;1&gt;.jpg", "Without words.",
        "Sent by itself", "Somebody who left", "Send it again",
    ):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " "}, "Write what you want to say to the customer."),
        ({"to": "email:else@where.example"}, "Choose one of the customer’s addresses."),
        ({"to": ""}, "This field is required."),
        ({"text": "x" * 5001}, "at most 5000 characters"),
        ({"to": f"sms:{PHONE}", "text": "č" * 400}, "An SMS may have 4 parts and this one has 6"),
        ({"version": "x"}, ""),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(desk, follow_up, fields, words):
    before = everything()

    reply = post(desk, follow_up, **{"subject": "My own subject", **fields})

    page = reply.content.decode()
    assert (reply.status_code, everything()) == (400, before)
    assert words in page
    assert "My own subject" in page
    assert fields.get("text", "We are sorry.").strip() in page
    assert re.search(r'<details class="fu-reply" id="reply"[^>]* open', page)


def test_whoever_is_late_is_told_and_keeps_their_words(desk, follow_up):
    FollowUp.objects.update(version=7)
    before = everything()

    reply = post(desk, follow_up, text="My long letter")

    assert (reply.status_code, everything()) == (409, before)
    assert "Somebody else changed this follow-up" in reply.content.decode()
    assert "My long letter" in reply.content.decode()
    assert post(desk, FollowUp.objects.get(), text="My long letter").status_code == 302


def test_an_address_that_was_stopped_says_why_and_offers_the_others(desk, follow_up):
    suppress(channel="email", digest=digest_of(EMAIL), reason="bounced", at=NOON)

    page = desk.get(page_of(follow_up)).content.decode()
    assert "Mails to this address came back. Call, or ask for another one." in page
    assert f'value="sms:{PHONE}"' in page
    assert f'value="email:{EMAIL}"' not in page

    assert post(desk, follow_up).status_code == 400
    assert Message.objects.count() == 0


@pytest.mark.parametrize(
    ("response", "words"),
    [
        ({"customer": None}, "there is nobody to write to"),
        ({}, "We know no e-mail address and no phone number of this customer."),
    ],
)
def test_where_nobody_can_be_written_to_the_page_says_so(desk, response, words):
    follow_up = FollowUpFactory(survey_response=SurveyResponseFactory(score=2, **response))

    page = desk.get(page_of(follow_up)).content.decode()

    assert words in page
    assert 'id="reply"' not in page
    assert post(desk, follow_up).status_code == 400


def offered(page):
    return re.findall(r'<option value="((?:email|sms):[^"]*)"', page)


def test_the_address_they_talk_by_is_offered_first_and_then_the_channel_they_prefer(desk, follow_up):
    by_mail, by_sms = f"email:{EMAIL}", f"sms:{PHONE}"
    assert offered(desk.get(page_of(follow_up)).content.decode()) == [by_mail, by_sms]

    follow_up.customer.preferred_channel = "sms"
    follow_up.customer.save()
    assert offered(desk.get(page_of(follow_up)).content.decode()) == [by_sms, by_mail]

    MessageFactory(follow_up=follow_up, direction="in", state="received", address=EMAIL.title())
    assert offered(desk.get(page_of(follow_up)).content.decode()) == [by_mail, by_sms]


def test_a_thread_keeps_its_subject_whatever_a_template_says(desk, follow_up):
    MessageFactory(follow_up=follow_up, subject="My router")
    template = ReplyTemplateFactory()

    page = desk.get(page_of(follow_up)).content.decode()
    filled = post(desk, follow_up, fill="1", template=template.pk, subject="Re: My router").content.decode()

    assert ("Re: My router" in page, "Re: My router" in filled) == (True, True)


@pytest.mark.parametrize(
    ("server", "address", "mailbox", "comes_back"),
    [
        ("", "", "", True),
        ("smtp://mail.example", "", "", False),
        ("smtp://mail.example", "", "imaps://me:x@mail.example", True),
        ("anymail+postmark://token@", "answers@cx.example", "imaps://me:x@mail.example", False),
        ("anymail+postmark://token@", "answers+{key}@cx.example", "imaps://me:x@mail.example", True),
    ],
)
def test_whoever_writes_is_told_whether_answers_come_back(
    desk, follow_up, settings, server, address, mailbox, comes_back
):
    settings.EMAIL_URL, settings.REPLY_ADDRESS, settings.BOUNCE_IMAP_URL = server, address, mailbox

    page = desk.get(page_of(follow_up)).content.decode()

    assert ("comes back to this page" in page, "do not come back to this page" in page) == (
        comes_back,
        not comes_back,
    )


def test_an_erased_customer_cannot_be_written_to(desk):
    customer = CustomerFactory(erased_at=NOON)
    follow_up = FollowUpFactory(survey_response=SurveyResponseFactory(score=2, customer=customer))

    page = desk.get(page_of(follow_up)).content.decode()

    assert "The customer was erased" in page
    assert post(desk, follow_up).status_code == 400


# --- templates --------------------------------------------------------------------------------------------


def test_a_template_is_filled_in_the_customers_language(desk, follow_up):
    follow_up.customer.language = "fa"
    follow_up.customer.save()
    template = ReplyTemplateFactory()

    page = post(desk, follow_up, fill="1", template=template.pk, text="").content.decode()

    assert "Amina گرامی، متأسفیم." in page
    assert "دربارهٔ پاسخ شما" in page
    assert Message.objects.count() == 0


def test_what_was_typed_stays_below_the_template_and_another_template_takes_its_place(desk, follow_up):
    sorry = ReplyTemplateFactory(body={"en": "We are sorry, {first_name}."})
    thanks = ReplyTemplateFactory(body={"en": "Thank you."}, subject={})

    def filled(template, text):
        reply = desk.post(
            door(follow_up),
            {"action": "reply", "fill": "1", "version": "1", "to": f"email:{EMAIL}", "template": template, "text": text, "subject": "Mine"},
            headers={"HX-Request": "true"},
        )  # fmt: skip
        page = reply.content.decode()
        assert "<html" not in page
        written = re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", page, re.DOTALL)[1]
        return written, re.search(r'name="subject" value="([^"]*)"', page)[1]

    assert filled(sorry.pk, "Call me.") == ("We are sorry, Amina.\n\nCall me.", "About your answer")
    assert filled(thanks.pk, "We are sorry, Amina.") == ("Thank you.", "Mine")
    assert filled("", "Call me.") == ("Call me.", "Mine")
    assert filled("x", "Call me.") == ("Call me.", "Mine")


def test_an_sms_says_how_long_it_is_and_hides_the_subject(desk, follow_up):
    given = {"action": "reply", "version": "1", "to": f"sms:{PHONE}", "text": "č" * 71, "template": ""}
    headers = {"HX-Request": "true"}

    length = desk.post(door(follow_up), given | {"count": "1"}, headers=headers).content.decode()
    words = desk.post(door(follow_up), given | {"fill": "1"}, headers=headers).content.decode()

    assert length.strip() == "71 characters, sent as 2 SMS"
    assert "71 characters, sent as 2 SMS" in words
    assert '<div class="cx-field" hidden>' in words


def test_templates_out_of_use_and_those_sent_by_themselves_are_not_offered(desk, follow_up):
    ReplyTemplateFactory(name="Old one", is_active=False)
    ReplyTemplateFactory(name="By itself", use="acknowledged")
    ReplyTemplateFactory(name="Sorry")

    page = desk.get(page_of(follow_up)).content.decode()

    assert ("Sorry" in page, "Old one" in page, "By itself" in page) == (True, False, False)


# --- calls, and sending again -----------------------------------------------------------------------------


def test_a_call_is_logged(desk, follow_up):
    assert post(desk, follow_up, "call", outcome="no_answer", text="Rang twice").status_code == 302

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.contacted_at) == ("open", None)
    page = desk.get(page_of(follow_up)).content.decode()
    assert "Called: no answer" in page
    assert "Rang twice" in page


@pytest.mark.parametrize(("fields", "words"), [({"outcome": ""}, "Choose how the call ended."), ({"outcome": "x"}, "Select a valid choice")])  # fmt: skip
def test_a_call_without_an_end_is_no_call(desk, follow_up, fields, words):
    reply = post(desk, follow_up, "call", text="Rang twice", **fields)

    page = reply.content.decode()
    assert (reply.status_code, follow_up.steps.count()) == (400, 0)
    assert words in page
    assert "Rang twice" in page


def test_a_message_of_which_nobody_can_tell_is_sent_again_once(desk, follow_up, sara):
    message = MessageFactory(follow_up=follow_up, state="unknown")

    for _again in range(2):
        assert post(desk, follow_up, "again", message=message.pk).status_code == 302

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("waiting", 1)


def test_a_message_of_another_follow_up_is_not_found_here(desk, follow_up):
    other = MessageFactory(state="unknown")

    assert post(desk, follow_up, "again", message=other.pk).status_code == 404
    assert post(desk, follow_up, "again", message="x").status_code == 404
    other.refresh_from_db()
    assert other.state == "unknown"


def test_what_is_resolved_shows_the_conversation_and_offers_no_reply(desk, follow_up):
    MessageFactory(follow_up=follow_up, text="All is well")
    FollowUp.objects.update(state="resolved", resolved_at=NOON, root_cause=RootCauseFactory())

    page = desk.get(page_of(follow_up)).content.decode()

    assert "All is well" in page
    assert ('id="reply"' in page, 'id="call"' in page) == (False, False)
    assert post(desk, FollowUp.objects.get()).status_code == 409


# --- who may ----------------------------------------------------------------------------------------------


def test_an_analyst_reads_and_does_not_write(client, follow_up):
    client.force_login(UserFactory(roles=["Analysts"]))
    MessageFactory(follow_up=follow_up, text="All is well", state="unknown")
    before = everything()

    page = client.get(page_of(follow_up)).content.decode()

    assert "All is well" in page
    assert ('id="reply"' in page, "Send it again" in page) == (False, False)
    for action in ("reply", "call", "again"):
        assert post(client, follow_up, action).status_code == 403
    assert everything() == before


def test_a_role_without_follow_ups_is_kept_out(client, follow_up):
    client.force_login(UserFactory(roles=["Loyalty"]))

    assert client.get(door(follow_up)).status_code == 403
    assert post(client, follow_up).status_code == 403


def test_anything_else_is_no_request(desk, follow_up):
    assert post(desk, follow_up, "explode").status_code == 400


def test_the_page_looks_again_by_itself_and_shows_what_is_new(desk, follow_up):
    message = MessageFactory(follow_up=follow_up, state="waiting")
    shown = desk.get(page_of(follow_up)).content.decode()
    address, seconds = re.search(r'hx-get="([^"]*\?thread=\w+)" hx-trigger="every (\d+)s"', shown).groups()
    assert (seconds, desk.get(address).status_code) == ("4", 204)

    message.state = "sent"
    message.save()
    news = desk.get(address)

    assert news.status_code == 200
    assert "<html" not in news.content.decode()
    assert 'hx-trigger="every 20s"' in news.content.decode()
    MessageFactory(follow_up=follow_up, direction="in", state="received", text="Hello?")
    again = re.search(r'hx-get="([^"]*)"', news.content.decode())[1]
    assert "Hello?" in desk.get(again).content.decode()


def test_a_page_needs_no_more_queries_for_more_messages(desk, follow_up):
    MessageFactory(follow_up=follow_up, author=UserFactory())
    desk.get(page_of(follow_up))
    with CaptureQueriesContext(connection) as of_one:
        desk.get(page_of(follow_up))
    for _n in range(2):
        MessageFactory(follow_up=follow_up, author=UserFactory())
    with CaptureQueriesContext(connection) as of_three:
        desk.get(page_of(follow_up))

    assert len(of_three) == len(of_one)


# --- the pages of templates and messages ------------------------------------------------------------------


def texts(**given):
    return {f"{name}_{code}": text for name in given for code, text in given[name].items()}


def test_support_writes_a_template_in_their_languages(desk):
    given = {"name": "Sorry", "use": "reply", "is_active": "on"}
    body = {"en": "Dear {first_name}", "fa": "{first_name} گرامی"}

    reply = desk.post(
        reverse("admin:followups_replytemplate_add"), given | texts(subject={"en": "Sorry"}, body=body)
    )

    assert reply.status_code == 302
    template = ReplyTemplate.objects.get()
    assert (template.body, template.subject) == (body, {"en": "Sorry"})
    assert "English · فارسی" in desk.get(reverse("admin:followups_replytemplate_changelist")).content.decode()


def test_who_sees_only_a_unit_uses_templates_and_writes_none(client):
    client.force_login(UserFactory(roles=["Support"], unit=create_unit(name="Meridian", kind="brand")))

    assert client.get(reverse("admin:followups_replytemplate_changelist")).status_code == 200
    assert client.get(reverse("admin:followups_replytemplate_add")).status_code == 403


@pytest.mark.parametrize(
    ("given", "body", "words"),
    [
        ({}, {"en": "Dear {name}"}, "{name} is not filled in. These are: {first_name}, {agent}, {organisation}."),
        ({}, {"fa": "{% load x %} {{ first_name.__class__ }}"}, "is not filled in"),
        ({}, {}, "Write the text in at least one language."),
        ({"use": "acknowledged"}, {"en": "Thanks"}, "“By itself” is already sent by itself: take it out of use first."),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_used_is_refused_with_a_reason(desk, given, body, words):
    ReplyTemplateFactory(name="By itself", use="acknowledged")
    usual = {"name": "Sorry", "use": "reply", "is_active": "on"}

    reply = desk.post(
        reverse("admin:followups_replytemplate_add"), usual | given | texts(subject={}, body=body)
    )

    assert (reply.status_code, ReplyTemplate.objects.count()) == (200, 1)
    assert words in reply.content.decode()


def queries_of(client, address):
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address).content.decode()
    return len(queries), page


@pytest.mark.parametrize(
    ("name", "make", "number"),
    [
        ("followups_message", lambda: MessageFactory(author=UserFactory()), 6),
        ("followups_replytemplate", ReplyTemplateFactory, 7),
    ],
)
def test_a_list_costs_as_much_with_three_rows_as_with_one(desk, name, make, number):
    address = reverse(f"admin:{name}_changelist")
    make()
    desk.get(address)
    of_one, _page = queries_of(desk, address)
    make()
    make()
    of_three, _page = queries_of(desk, address)

    assert (of_one, of_three) == (number, number)


def test_the_list_of_messages_leads_to_their_conversation(desk, follow_up):
    message = MessageFactory(follow_up=follow_up, text="All is well")

    _number, page = queries_of(desk, reverse("admin:followups_message_changelist") + "?q=amina")
    assert EMAIL in page
    reply = desk.get(reverse("admin:followups_message_change", args=[message.pk]))
    assert reply.url == f"{page_of(follow_up)}#message-{message.pk}"
    assert desk.get(reverse("admin:followups_message_change", args=[999_999])).status_code in {302, 404}
