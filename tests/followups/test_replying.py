"""Writing to a customer: it is a contact from the moment it is handed in, until it turns out that it did not arrive."""

import json
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from ipaddress import ip_network

import pytest
from django.db.models.functions import Now

from customers.consent import suppress
from customers.identities import digest_of
from customers.models import Suppression
from events.delivery import deliver_events
from events.models import Event
from followups.conversations.letters import wire_of
from followups.conversations.lost_messages import note_failed
from followups.conversations.reaching import AddressStopped, NobodyToWrite, NotTheirAddress, ways_to
from followups.conversations.replying import NotUnknown, reply_to_customer, send_again
from followups.conversations.sending import BACK_OFF, send_due_messages
from followups.models import FollowUp, Message
from followups.working.calling import log_call
from followups.working.merging import merge
from followups.working.steps import (
    AlreadyResolved,
    ChangedMeanwhile,
    record_contact,
    resolve,
    wait_for_customer,
)
from mail.incoming.letters import letter_in
from mail.incoming.taking import take_mail
from mail.keys import key_in
from mail.models import KeptMail
from mail.reading import Channel, Kind, Report
from mail.reports import record_reports
from staff.models import Notification, StaffMail
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpFactory, MessageFactory, RootCauseFactory
from tests.factories.staff import UserFactory
from tests.mail.test_bounces import report, status
from tests.mail.test_letters import answer
from tests.sink import running_sink
from tests.web import Reply, running_web

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
EMAIL, PHONE = "amina@customers.example", "+38761234567"


@pytest.fixture
def sara():
    return UserFactory(first_name="Sara", last_name="Kovač")


@pytest.fixture
def follow_up():
    return reachable(FollowUpFactory())


def reachable(follow_up):
    IdentityFactory(customer=follow_up.customer, value=EMAIL)
    IdentityFactory(customer=follow_up.customer, kind="phone", value=PHONE)
    return follow_up


def reply(follow_up, by, **fields):
    given = {"subject": "About your answer", "text": "We are sorry.", "at": LATER, **fields}
    return reply_to_customer(follow_up=follow_up, by=by, **given)


def steps(follow_up):
    return list(follow_up.steps.values_list("kind", "text"))


def kept():
    return [
        message_from_bytes(bytes(mail.message), policy=default) for mail in KeptMail.objects.order_by("pk")
    ]


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (FollowUp, Message, Suppression, Event)]


def test_a_reply_is_the_first_contact_and_leaves_as_a_mail_that_can_be_answered(follow_up, sara, settings):
    settings.REPLY_ADDRESS = "answers+{key}@cx.example"
    message = reply(follow_up, sara, text="Dear Amina,\n.we are sorry — šta je bilo?\n" + "x" * 200)

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.contacted_at, follow_up.owner) == ("contacted", LATER, sara)
    assert (message.state, steps(follow_up)) == ("waiting", [("replied", "About your answer")])

    assert send_due_messages(at=LATER) == 1
    message.refresh_from_db()
    (mail,) = kept()
    assert (message.state, message.sent_at, message.lease_token) == ("sent", LATER, None)
    assert (mail["From"], mail["To"], mail["Subject"]) == (
        "Meridian Mobile <hello@meridian.example>",
        EMAIL,
        "About your answer",
    )
    assert mail.get_content().split() == [
        "Dear",
        "Amina,",
        ".we",
        "are",
        "sorry",
        "—",
        "šta",
        "je",
        "bilo?",
        "x" * 200,
    ]
    assert key_in(mail["Message-ID"]) == f"followup.{message.pk}.0"
    assert message.message_id == mail["Message-ID"]
    assert key_in(mail["Reply-To"].replace("answers+", "")) == f"followup.{message.pk}.0"
    assert (mail["Auto-Submitted"], mail["In-Reply-To"]) == (None, None)


def test_a_thread_stays_one_thread(follow_up, sara):
    MessageFactory(follow_up=follow_up, message_id="<one@x>", at=NOON - timedelta(hours=2))
    MessageFactory(
        follow_up=follow_up,
        direction="in",
        state="received",
        message_id="<two@x>",
        at=NOON - timedelta(hours=1),
    )

    reply(follow_up, sara, subject="")
    send_due_messages(at=LATER)

    (mail,) = kept()
    assert (mail["In-Reply-To"], mail["References"]) == ("<two@x>", "<one@x> <two@x>")
    assert mail["Subject"] == "Your feedback to Meridian Mobile"


def test_a_number_made_up_wrongly_by_another_program_stands_in_no_head(follow_up, sara):
    for number in ("<één@x>", "<a\x01@x>", "<good@x>"):
        MessageFactory(follow_up=follow_up, direction="in", state="received", message_id=number)
    message = MessageFactory(follow_up=follow_up, author=sara, state="waiting")

    head = wire_of(message, at=NOON).content.partition(b"\r\n\r\n")[0]

    assert head.isascii()
    assert b"References: <good@x>\r\n" in head


@pytest.mark.parametrize("language", ["fa", "ru", "zh-hans"])
def test_words_of_every_language_arrive_as_they_were_written(follow_up, sara, language):
    text, subject = "با سلام، متأسفیم 🙂 — Извините, 抱歉", "دربارهٔ پاسخ شما " * 8
    reply(follow_up, sara, text=text, subject=subject)
    send_due_messages(at=LATER)

    (mail,) = kept()
    assert (mail.get_content().strip(), mail["Subject"]) == (text, " ".join(subject.split()))


def test_a_line_break_in_a_subject_begins_no_header(follow_up, sara):
    reply(follow_up, sara, subject="Hello\r\nBcc: everybody@x.example")
    send_due_messages(at=LATER)

    (mail,) = kept()
    assert (mail["Bcc"], mail["Subject"]) == (None, "Hello Bcc: everybody@x.example")


def test_an_sms_leaves_by_the_sms_way(follow_up, sara):
    reply(follow_up, sara, channel="sms", text="Žao nam je. Zovemo vas sutra.")
    send_due_messages(at=LATER)

    (kept_sms,) = KeptMail.objects.all()
    assert (kept_sms.channel, kept_sms.recipient) == ("sms", PHONE)
    assert bytes(kept_sms.message).decode() == "Žao nam je. Zovemo vas sutra."
    assert (Message.objects.get().subject, steps(follow_up)) == ("", [("replied", "")])


def test_the_server_gets_each_message_once(follow_up, sara, tmp_path, settings):
    with running_sink(tmp_path / "log") as sink:
        settings.EMAIL_URL = sink.url
        reply(follow_up, sara)
        assert [send_due_messages(at=LATER) for _again in range(3)] == [1, 0, 0]
        assert sink.accepted() == [EMAIL]


def test_a_reply_goes_out_through_an_email_service_and_can_be_answered(follow_up, sara, settings):
    settings.REPLY_ADDRESS = "answers+{key}@cx.example"
    settings.OUTBOUND_ALLOW_PRIVATE = [ip_network("127.0.0.0/8")]
    MessageFactory(follow_up=follow_up, direction="in", state="received", message_id="<two@x>", at=NOON)
    taken = b'{"To": "amina@customers.example", "MessageID": "pm-1", "ErrorCode": 0, "Message": "OK"}'
    with running_web(lambda _call: Reply(200, taken)) as web:
        settings.EMAIL_URL = f"anymail+postmark://token@?api_url={web.url}/"
        message = reply(follow_up, sara, text="Žao nam je.")
        send_due_messages(at=LATER)
        message.refresh_from_db()
        assert (message.state, message.error) == ("sent", "")
        (call,) = web.calls

    asked = json.loads(call.body)
    assert (asked["To"], asked["TextBody"].strip(), asked["Metadata"]) == (
        EMAIL,
        "Žao nam je.",
        {"key": message.key},
    )
    assert asked["Headers"] == [{"Name": "In-Reply-To", "Value": "<two@x>"}]
    answered = letter_in(answer(In_Reply_To="<pm-1@mtasv.net>", To=asked["ReplyTo"]))
    assert answered.key == message.key


def test_who_waits_for_the_customer_and_writes_goes_on(follow_up, sara):
    record_contact(follow_up=follow_up, by=sara, at=NOON)
    wait_for_customer(follow_up=follow_up, by=sara, at=NOON)

    reply(follow_up, sara)

    assert (follow_up.state, follow_up.waiting_since, follow_up.contacted_at) == ("contacted", None, NOON)


def test_of_two_who_answer_at_once_one_does(follow_up, sara):
    reply(follow_up, sara, seen_version=1)
    before = everything()

    with pytest.raises(ChangedMeanwhile):
        reply(follow_up, UserFactory(), seen_version=1)
    assert everything() == before


def test_what_is_resolved_is_opened_first(follow_up, sara):
    resolve(follow_up=follow_up, by=sara, root_cause=RootCauseFactory(), outcome="solved", at=NOON)
    before = everything()

    with pytest.raises(AlreadyResolved):
        reply(follow_up, sara)
    assert everything() == before


def test_who_wants_no_surveys_is_answered_all_the_same(follow_up, sara):
    suppress(channel="email", digest=digest_of(EMAIL), reason="unsubscribed", at=NOON)

    assert reply(follow_up, sara).state == "waiting"


@pytest.mark.parametrize("reason", ["bounced", "complained"])
def test_nobody_writes_where_mails_came_back_or_were_reported(follow_up, sara, reason):
    suppress(channel="email", digest=digest_of(EMAIL), reason=reason, at=NOON)
    before = everything()

    with pytest.raises(AddressStopped, match="Call"):
        reply(follow_up, sara)
    assert everything() == before
    assert [(way.channel, bool(way.why_not)) for way in ways_to(follow_up)] == [
        ("email", True),
        ("sms", False),
    ]


def test_another_address_of_the_customer_is_taken_where_the_first_is_stopped(follow_up, sara):
    suppress(channel="email", digest=digest_of(EMAIL), reason="bounced", at=NOON)
    IdentityFactory(customer=follow_up.customer, value="work@customers.example", is_primary=False)

    assert reply(follow_up, sara).address == "work@customers.example"


def nobody():
    return FollowUpFactory(survey_response__customer=None)


def erased():
    return FollowUpFactory(survey_response__customer=CustomerFactory(erased_at=NOON))


@pytest.mark.parametrize(
    ("made", "address", "error"),
    [
        (nobody, "", NobodyToWrite),
        (erased, "", NobodyToWrite),
        (FollowUpFactory, "", NotTheirAddress),
        (lambda: reachable(FollowUpFactory()), "somebody.else@customers.example", NotTheirAddress),
    ],
)
def test_without_an_address_nothing_happens(made, address, error, sara):
    follow_up = made()
    before = everything()

    with pytest.raises(error):
        reply(follow_up, sara, address=address)
    assert everything() == before


# --- what becomes of it -----------------------------------------------------------------------------------


@pytest.fixture
def wire(settings, tmp_path):
    """A mail server that refuses or is silent."""

    def serve(*flags):
        return running_sink(tmp_path / "log", *flags)

    settings.MAIL_CONNECTIONS = 2
    settings.MAIL_TIMEOUT = timedelta(seconds=1)
    return serve


def test_a_refused_reply_was_no_contact_and_its_owner_hears_of_it(follow_up, sara, wire, settings):
    reply(follow_up, sara)
    with wire("--refuse", "amina") as sink:
        settings.EMAIL_URL = sink.url
        assert send_due_messages(at=LATER) == 0

    message = Message.objects.get()
    follow_up.refresh_from_db()
    assert (message.state, message.error) == ("failed", "550 no such person")
    assert (follow_up.state, follow_up.contacted_at, follow_up.owner) == ("open", None, sara)
    assert follow_up.due_at == follow_up.contact_due_at
    assert steps(follow_up) == [("replied", "About your answer"), ("returned", "550 no such person")]
    told = Notification.objects.get()
    assert (told.user, told.title) == (
        sara,
        f"Your message to {follow_up.customer} did not arrive",
    )
    assert StaffMail.objects.get().source == told.source


def test_a_server_that_says_nothing_leaves_an_unknown_end_that_a_person_decides(
    follow_up, sara, wire, settings
):
    message = reply(follow_up, sara)
    with wire("--silent") as sink:
        settings.EMAIL_URL = sink.url
        send_due_messages(at=LATER)
        send_due_messages(at=LATER + timedelta(days=1))
        assert sink.accepted() == [EMAIL]
    settings.EMAIL_URL = ""

    message.refresh_from_db()
    assert message.state == "unknown"
    assert Notification.objects.get().title.startswith("Nobody can tell whether your message")
    follow_up.refresh_from_db()
    assert follow_up.contacted_at == LATER

    send_again(message=message, by=sara, at=LATER)
    with pytest.raises(NotUnknown):
        send_again(message=message, by=sara, at=LATER)
    assert send_due_messages(at=LATER) == 1
    assert key_in(kept()[0]["Message-ID"]) == f"followup.{message.pk}.1"


def test_what_a_killed_sender_had_in_its_hands_is_unknown_and_not_sent_again(follow_up, sara):
    message = reply(follow_up, sara)
    held = Message.objects.filter(pk=message.pk)
    held.update(state="sending", lease_until=Now() + timedelta(minutes=5))
    assert (send_due_messages(at=LATER), held.get().state) == (0, "sending")

    held.update(lease_until=Now() - timedelta(seconds=1))
    assert (send_due_messages(at=LATER), held.get().state) == (0, "unknown")
    assert (send_due_messages(at=LATER + timedelta(days=1)), KeptMail.objects.count()) == (0, 0)
    assert Notification.objects.count() == 1


def test_a_server_that_is_away_is_tried_again_and_given_up_in_the_end(follow_up, sara, wire, settings):
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    message = reply(follow_up, sara)
    at = LATER
    for wait in BACK_OFF:
        send_due_messages(at=at)
        message.refresh_from_db()
        assert (message.state, message.due_at) == ("waiting", at + wait)
        send_due_messages(at=at + wait - timedelta(seconds=1))
        at += wait
    send_due_messages(at=at)

    message.refresh_from_db()
    follow_up.refresh_from_db()
    assert (message.state, message.attempts) == ("failed", len(BACK_OFF))
    assert (follow_up.state, follow_up.contacted_at) == ("open", None)


def lose_the_address(follow_up):
    follow_up.customer.identities.filter(kind="email").delete()


def report_as_spam(follow_up):
    suppress(channel="email", digest=digest_of(EMAIL), reason="complained", at=LATER)


@pytest.mark.parametrize("happens", [lose_the_address, report_as_spam])
def test_what_was_handed_in_before_an_address_was_closed_is_not_sent(follow_up, sara, happens):
    message = reply(follow_up, sara)
    happens(follow_up)

    assert (send_due_messages(at=LATER), KeptMail.objects.count()) == (0, 0)
    message.refresh_from_db()
    follow_up.refresh_from_db()
    assert (message.state, message.error, follow_up.contacted_at) == ("failed", "", None)


def returned(message, *, code="5.1.1", number="b1"):
    mail = f"To: {EMAIL}\r\nMessage-ID: {message.message_id}\r\n"
    take_mail(content=report("delivery-status", status("failed", code), mail=mail, number=number), at=LATER)
    deliver_events(at=LATER)


def sent(follow_up, by):
    message = reply(follow_up, by)
    send_due_messages(at=LATER)
    message.refresh_from_db()
    return message


def test_a_reply_that_comes_back_was_no_contact(follow_up, sara):
    message = sent(follow_up, sara)
    for n in range(5):
        returned(message, number=f"b{n}")

    message.refresh_from_db()
    follow_up.refresh_from_db()
    assert (message.state, follow_up.state, follow_up.contacted_at) == ("returned", "open", None)
    assert follow_up.due_at == follow_up.contact_due_at
    assert [kind for kind, _text in steps(follow_up)] == ["replied", "returned"]
    assert Notification.objects.filter(title__contains="did not arrive").count() == 1
    assert list(Suppression.objects.values_list("digest", "reason")) == [(digest_of(EMAIL), "bounced")]
    with pytest.raises(AddressStopped):
        reply(follow_up, sara)


def test_what_was_lost_while_its_follow_up_was_merged_is_told_to_who_has_it_now(follow_up, sara):
    other = FollowUpFactory(survey_response__customer=follow_up.customer, owner=UserFactory())
    reply(follow_up, sara)
    Message.objects.update(state="sending")
    in_hand = Message.objects.select_related("follow_up").get()

    merge(follow_up=FollowUp.objects.get(pk=follow_up.pk), into=other, by=sara, at=NOON)
    note_failed(message=in_hand, words="No.", at=LATER)

    assert list(other.steps.values_list("kind", flat=True)) == ["merged", "returned"]
    assert Notification.objects.get().user == other.owner


def test_a_full_mailbox_closes_no_address(follow_up, sara):
    message = sent(follow_up, sara)
    returned(message, code="5.2.2")

    message.refresh_from_db()
    assert (message.state, Suppression.objects.count()) == ("returned", 0)


@pytest.mark.parametrize("otherwise", ["call", "sms", "answer"])
def test_whoever_was_reached_otherwise_stays_contacted(follow_up, sara, otherwise):
    message = sent(follow_up, sara)
    match otherwise:
        case "call":
            log_call(follow_up=follow_up, by=sara, outcome="reached", at=LATER)
        case "sms":
            reply(follow_up, sara, channel="sms")
        case "answer":
            follow_up.steps.create(kind="answered", at=LATER)

    returned(message)

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.contacted_at) == ("contacted", LATER)


def test_what_is_resolved_stays_so_without_a_contact(follow_up, sara):
    message = sent(follow_up, sara)
    resolve(follow_up=follow_up, by=sara, root_cause=RootCauseFactory(), outcome="not_reached", at=LATER)

    returned(message)

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.contacted_at) == ("resolved", None)


def test_what_waits_for_a_customer_who_never_got_it_is_open_again(follow_up, sara):
    message = sent(follow_up, sara)
    wait_for_customer(follow_up=follow_up, by=sara, at=LATER)

    returned(message)

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.waiting_since, follow_up.contacted_at) == ("open", None, None)


def test_who_reports_a_reply_as_spam_was_reached_and_is_not_written_to_again(follow_up, sara):
    message = sent(follow_up, sara)
    told = Report(
        channel=Channel.EMAIL, provider="x", event="1", kind=Kind.COMPLAINED, at=LATER, key=message.key
    )

    record_reports(reports=[told], at=LATER)
    deliver_events(at=LATER)

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.contacted_at) == ("contacted", LATER)
    assert list(Suppression.objects.values_list("digest", "reason")) == [(digest_of(EMAIL), "complained")]


def test_what_arrived_was_sent_whatever_nobody_could_tell(follow_up):
    message = MessageFactory(follow_up=follow_up, state="unknown", error="timed out")
    told = Report(
        channel=Channel.EMAIL, provider="x", event="1", kind=Kind.DELIVERED, at=LATER, key=message.key
    )

    record_reports(reports=[told], at=LATER)
    deliver_events(at=LATER)

    message.refresh_from_db()
    assert (message.state, message.error) == ("sent", "")


# --- calls ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["no_answer", "left_message", "refused"])
def test_an_attempt_is_no_contact(follow_up, sara, outcome):
    log_call(follow_up=follow_up, by=sara, outcome=outcome, text="Twice.", at=LATER)

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.contacted_at, follow_up.version) == ("open", None, 2)
    assert steps(follow_up) == [(outcome, "Twice.")]


def test_only_who_was_reached_was_contacted(follow_up, sara):
    log_call(follow_up=follow_up, by=sara, outcome="reached", text="Glad.", at=LATER)

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.contacted_at, follow_up.owner) == ("contacted", LATER, sara)
    assert steps(follow_up) == [("reached", "Glad.")]


def test_of_two_who_call_one_writes_it_down(follow_up, sara):
    log_call(follow_up=follow_up, by=sara, outcome="no_answer", at=LATER, seen_version=1)
    before = everything()

    with pytest.raises(ChangedMeanwhile):
        log_call(follow_up=follow_up, by=sara, outcome="reached", at=LATER, seen_version=1)
    assert everything() == before
