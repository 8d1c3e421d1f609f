"""What customers answer by mail: it stands in the conversation once, the clock goes on, and machines keep nobody awake."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from customers.privacy.erasing import erase_customer
from events.delivery import deliver_events
from events.models import Event
from followups.conversations.hearing import TOLD_AT_MOST
from followups.conversations.replying import reply_to_customer
from followups.conversations.sending import send_due_messages
from followups.models import FollowUp, Message
from followups.working.steps import ChangedMeanwhile, resolve, wait_for_customer
from mail.incoming.taking import take_mail
from mail.keys import message_id_of
from mail.models import KeptMail, ReceivedLetter
from mail.tasks import read_bounces_task
from staff.models import Notification, StaffMail
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.followups import FollowUpFactory, ReplyTemplateFactory, RootCauseFactory
from tests.factories.staff import UserFactory
from tests.imap import running_imap
from tests.mail.test_letters import answer

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def sara():
    return UserFactory(first_name="Sara", last_name="Kovač", language="en")


@pytest.fixture
def asked(sara):
    """Our mail, sent."""
    follow_up = FollowUpFactory()
    IdentityFactory(customer=follow_up.customer, value="amina@customers.example")
    reply_to_customer(follow_up=follow_up, by=sara, subject="About your answer", text="Sorry!", at=NOON)
    send_due_messages(at=NOON)
    return Message.objects.select_related("follow_up__owner").get()


def hear(asked, text="Thank you!", *, at=LATER, number="a1", **headers):
    ours = Message.objects.get(pk=asked.pk).message_id
    named = {"In_Reply_To": ours, "Message_ID": f"<{number}@mail.customers.example>", **headers}
    take_mail(content=answer(text, **named), at=at)
    deliver_events(at=at)


def thread(asked):
    rows = asked.follow_up.messages.order_by("pk")
    return list(rows.values_list("direction", "kind", "state", "text"))


def kinds(asked):
    return list(asked.follow_up.steps.values_list("kind", flat=True))


def now(asked):
    return FollowUp.objects.get(pk=asked.follow_up_id)


def told():
    return list(Notification.objects.order_by("pk").values_list("title", "body"))


OURS = ("out", "person", "sent", "Sorry!")


def test_an_answer_stands_in_the_conversation_and_its_owner_hears_of_it_once(asked):
    for _again in range(5):
        hear(asked, "Hvala!\n\n> Sorry!")

    assert thread(asked) == [OURS, ("in", "person", "received", "Hvala!")]
    assert asked.follow_up.messages.last().quoted == "> Sorry!"
    assert kinds(asked) == ["replied", "answered"]
    assert told() == [(f"{asked.follow_up.customer} answered your message", "Hvala!")]
    assert StaffMail.objects.count() == 1
    assert (now(asked).state, now(asked).version) == ("contacted", 3)
    letter = ReceivedLetter.objects.get()
    assert (letter.read_at, bytes(letter.content), letter.sender) == (LATER, b"", "")
    assert Event.objects.filter(type="followups.customer_answered").count() == 1


def test_an_answer_in_the_mailbox_finds_its_conversation(asked, settings):
    with running_imap([answer("Hvala!", In_Reply_To=asked.message_id), b"Subject: spam\r\n\r\nBuy"]) as box:
        settings.BOUNCE_IMAP_URL = box.url
        read_bounces_task()
        read_bounces_task()
    deliver_events(at=LATER)

    assert thread(asked) == [OURS, ("in", "person", "received", "Hvala!")]
    assert ReceivedLetter.objects.count() == 2


def test_what_waited_for_the_customer_goes_on(asked, sara):
    wait_for_customer(follow_up=asked.follow_up, by=sara, at=NOON)

    hear(asked)

    assert (now(asked).state, now(asked).waiting_since) == ("contacted", None)
    assert kinds(asked) == ["replied", "waiting", "answered", "resumed"]


def test_an_answer_after_the_end_opens_it_again_and_is_not_lost(asked, sara):
    resolve(follow_up=asked.follow_up, by=sara, root_cause=RootCauseFactory(), outcome="solved", at=NOON)

    hear(asked, "It broke again.")

    assert (now(asked).state, now(asked).leg, now(asked).owner) == ("open", 2, sara)
    assert kinds(asked) == ["replied", "resolved", "answered", "reopened"]
    assert told() == [(f"{asked.follow_up.customer} answered your message", "It broke again.")]


@pytest.mark.parametrize("state", ["contacted", "waiting", "resolved"])
def test_an_automatic_reply_is_kept_and_changes_nothing(asked, sara, state):
    ReplyTemplateFactory(use="acknowledged")
    if state == "waiting":
        wait_for_customer(follow_up=asked.follow_up, by=sara, at=NOON)
    if state == "resolved":
        cause = RootCauseFactory()
        resolve(follow_up=asked.follow_up, by=sara, root_cause=cause, outcome="solved", at=NOON)
    before = FollowUp.objects.filter(pk=asked.follow_up_id).values().get()

    hear(asked, "I am on holiday.", Auto_Submitted="auto-replied")

    assert FollowUp.objects.filter(pk=asked.follow_up_id).values().get() == before
    assert thread(asked) == [OURS, ("in", "automatic", "received", "I am on holiday.")]
    assert (kinds(asked)[-1], told(), StaffMail.objects.count()) == ("automatic", [], 0)


def test_a_stranger_changes_nothing(asked):
    before = (thread(asked), kinds(asked), now(asked).version)

    hear(asked, In_Reply_To="<somebody@else>")
    hear(asked, number="a2", In_Reply_To=asked.message_id.replace(f".{asked.pk}.", f".{asked.pk + 1}."))

    assert (thread(asked), kinds(asked), now(asked).version) == before
    assert (ReceivedLetter.objects.count(), told()) == (2, [])


def test_an_answer_to_somebody_elses_mail_is_left_to_them(asked):
    hear(asked, In_Reply_To=message_id_of("elsewhere.42.0", domain="x"))

    assert (len(thread(asked)), ReceivedLetter.objects.get().read_at) == (1, None)


def test_an_answer_to_somebody_who_was_erased_finds_nothing(asked, sara):
    content = answer(In_Reply_To=asked.message_id)
    take_mail(content=content, at=LATER)
    customer = asked.follow_up.customer

    erase_customer(customer=customer, by=sara, at=LATER, reason="requested")
    deliver_events(at=LATER)

    assert Message.objects.count() == 0
    assert list(ReceivedLetter.objects.values_list("key", "sender", "content")) == [("", "", b"")]
    take_mail(content=content.replace(b"<a1@", b"<a2@"), at=LATER)
    deliver_events(at=LATER)
    assert (Message.objects.count(), now(asked).state) == (0, "resolved")
    assert set(ReceivedLetter.objects.values_list("sender", "content")) == {("", b"")}


# --- acknowledgements and loops ---------------------------------------------------------------------------


def test_the_first_answer_is_acknowledged_once_and_that_is_no_contact(asked):
    ReplyTemplateFactory(use="acknowledged", body={"en": "Dear {first_name}, {agent} reads it today."})
    before = now(asked).contacted_at

    for n in range(3):
        hear(asked, number=f"a{n}")
    send_due_messages(at=LATER)

    ours = thread(asked)
    assert [row for row in ours if row[0] == "out"] == [
        OURS,
        ("out", "automatic", "sent", "Dear Amina, Sara Kovač reads it today."),
    ]
    mail = message_from_bytes(bytes(KeptMail.objects.order_by("pk").last().message), policy=default)
    assert (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert mail["To"] == "amina@customers.example"
    assert (kinds(asked).count("acknowledged"), now(asked).contacted_at) == (1, before)


def test_without_a_template_nothing_is_acknowledged(asked):
    ReplyTemplateFactory(use="acknowledged", is_active=False)

    hear(asked)

    assert len(thread(asked)) == 2


def test_two_machines_fall_silent(asked):
    """A robot that says it is none and answers whatever it gets."""
    ReplyTemplateFactory(use="acknowledged")
    taken = 0
    for round_ in range(10):
        send_due_messages(at=LATER)
        new = asked.follow_up.messages.filter(direction="out").exclude(message_id="").order_by("pk")[taken:]
        for message in new:
            taken += 1
            hear(asked, "Your mail is important to us", number=f"r{round_}", In_Reply_To=message.message_id)
        if not new:
            break

    assert [row[:2] for row in thread(asked)] == [
        ("out", "person"),
        ("in", "person"),
        ("out", "automatic"),
        ("in", "person"),
    ]


def test_a_flood_tells_the_owner_of_the_first_few_and_keeps_all(asked):
    for n in range(TOLD_AT_MOST + 4):
        hear(asked, number=f"a{n}", at=LATER + timedelta(minutes=n))
    assert (len(told()), len(thread(asked))) == (TOLD_AT_MOST, 1 + TOLD_AT_MOST + 4)

    hear(asked, number="later", at=LATER + timedelta(hours=2))
    assert len(told()) == TOLD_AT_MOST + 1


def test_who_answers_past_an_answer_they_have_not_read_is_told(asked, sara):
    seen = now(asked).version
    hear(asked, "It is solved, thank you.")

    with pytest.raises(ChangedMeanwhile):
        reply_to_customer(follow_up=now(asked), by=sara, text="Still sorry!", at=LATER, seen_version=seen)
    assert len(thread(asked)) == 2


@pytest.mark.parametrize("text", ["سلام، ممنون از پیگیری شما 🙏", "Спасибо!", "谢谢", "x" * 30_000])
def test_words_of_every_language_are_kept(asked, text):
    hear(asked, text)

    assert asked.follow_up.messages.last().text == text[:20_000]
