"""What customers write by SMS: an answer stands in its conversation, anything else on their timeline, a stranger's
nowhere."""

from datetime import timedelta

import pytest
from django.urls import reverse

from customers.models import Suppression
from customers.privacy.erasing import erase_customer
from events.delivery import deliver_events
from followups.conversations.reaching import ways_to
from followups.conversations.replying import reply_to_customer
from followups.conversations.sending import send_due_messages
from followups.models import FollowUp, Message, Signal
from followups.working.steps import resolve, wait_for_customer
from journeys.models import Interaction
from mail.incoming.taking import KEPT, prune_letters
from mail.models import ReceivedLetter
from mail.sms.received import take_texts
from mail.sms.texts import Text
from staff.models import Notification
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.followups import (
    FollowUpFactory,
    FollowUpRuleFactory,
    ReplyTemplateFactory,
    RootCauseFactory,
)
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
ANA = "+38761111111"
OURS = ("out", "sms", "sent", "Sorry!")


@pytest.fixture
def sara():
    return UserFactory(first_name="Sara", last_name="Kovač", language="en")


@pytest.fixture
def asked(sara):
    """Our SMS, sent."""
    follow_up = FollowUpFactory()
    IdentityFactory(customer=follow_up.customer, kind="phone", value=ANA)
    return write(follow_up, by=sara)


def write(follow_up, *, by, at=NOON):
    message = reply_to_customer(follow_up=follow_up, by=by, channel="sms", text="Sorry!", at=at)
    send_due_messages(at=at)
    return message


def texts(*words, sender=ANA, number="SM1", at=LATER, **fields):
    take_texts(
        [
            Text(provider="twilio", event=f"{number}-{n}", sender=sender, text=text, **fields)
            for n, text in enumerate(words)
        ],
        at=at,
    )
    deliver_events(at=at)


def thread(follow_up):
    return list(
        Message.objects.filter(follow_up=follow_up)
        .order_by("pk")
        .values_list("direction", "channel", "state", "text")
    )


def kinds(follow_up):
    return list(follow_up.steps.values_list("kind", flat=True))


def now(asked):
    return FollowUp.objects.get(pk=asked.follow_up_id)


def timeline():
    told = Interaction.objects.filter(kind="message").order_by("pk")
    return list(told.values_list("source", "customer", "summary"))


def test_an_answer_stands_in_the_conversation_and_its_owner_hears_of_it_once(asked):
    for _again in range(5):
        texts("Hvala!", attachments=("image/jpeg",))

    assert thread(asked.follow_up) == [OURS, ("in", "sms", "received", "Hvala!")]
    answer = Message.objects.latest("pk")
    assert (answer.address, answer.attachments, answer.at) == (ANA, ["image/jpeg"], LATER)
    assert kinds(asked.follow_up) == ["replied", "answered"]
    assert list(Notification.objects.values_list("title", "body")) == [
        (f"{asked.follow_up.customer} answered your message", "Hvala!")
    ]
    assert timeline() == []
    letter = ReceivedLetter.objects.get()
    assert (letter.key, letter.sender, bytes(letter.content), letter.read_at) == (asked.key, "", b"", LATER)


def test_what_waited_for_the_customer_goes_on(asked, sara):
    wait_for_customer(follow_up=asked.follow_up, by=sara, at=NOON)

    texts("Here it is")

    assert (now(asked).state, kinds(asked.follow_up)[-2:]) == ("contacted", ["answered", "resumed"])


def test_it_answers_our_newest_sms_to_the_number(asked, sara):
    other = FollowUpFactory(survey_response__customer=asked.follow_up.customer)
    write(other, by=sara, at=NOON + timedelta(minutes=5))

    texts("Thanks")

    assert (len(thread(asked.follow_up)), len(thread(other))) == (1, 2)


def test_after_the_end_it_is_a_message_that_rules_look_at(asked, sara):
    resolve(follow_up=asked.follow_up, by=sara, root_cause=RootCauseFactory(), outcome="solved", at=NOON)
    rule = FollowUpRuleFactory(signal=Signal.MESSAGE, survey=None, threshold=None)

    texts("It broke again")

    assert thread(asked.follow_up) == [OURS]
    assert timeline() == [("sms", asked.follow_up.customer_id, "It broke again")]
    opened = FollowUp.objects.get(rule=rule)
    assert (opened.interaction.detail["text"], opened.opened_at) == ("It broke again", LATER)


def test_a_customer_whom_nobody_wrote_to_by_sms_leaves_a_message(sara):
    follow_up = FollowUpFactory()
    IdentityFactory(customer=follow_up.customer, kind="phone", value=ANA)

    texts("Hello?", "Anybody?")
    texts("Hello?", "Anybody?")

    assert thread(follow_up) == []
    assert timeline() == [
        ("sms", follow_up.customer_id, "Hello?"),
        ("sms", follow_up.customer_id, "Anybody?"),
    ]
    assert set(ReceivedLetter.objects.values_list("key", "sender", "content")) == {("", "", b"")}


@pytest.mark.parametrize("sender", ["+38761999999", "BANK", "+1", ""])
def test_of_a_stranger_only_the_arrival_is_kept(asked, sender):
    texts("Buy now", sender=sender)

    assert (thread(asked.follow_up), timeline(), kinds(asked.follow_up)) == ([OURS], [], ["replied"])
    letter = ReceivedLetter.objects.get()
    assert (letter.channel, letter.key, letter.sender, bytes(letter.content)) == ("sms", "", "", b"")


def test_somebody_else_who_has_the_number_now_does_not_get_into_the_conversation(asked):
    asked.follow_up.customer.identities.filter(kind="phone").delete()
    other = IdentityFactory(kind="phone", value=ANA).customer

    texts("Who is this?")

    assert thread(asked.follow_up) == [OURS]
    assert timeline() == [("sms", other.pk, "Who is this?")]


def test_told_again_after_a_month_it_is_still_there_once(asked, sara):
    texts("Hvala!")
    resolve(follow_up=now(asked), by=sara, root_cause=RootCauseFactory(), outcome="solved", at=LATER)
    much_later = LATER + KEPT + timedelta(days=1)
    assert prune_letters(at=much_later) == 1

    texts("Hvala!", at=much_later)

    assert len(thread(asked.follow_up)) == 2
    assert (timeline(), now(asked).state) == ([], "resolved")


def test_stop_closes_the_number_and_is_no_answer(asked):
    texts("STOP")

    assert (thread(asked.follow_up), kinds(asked.follow_up)) == ([OURS], ["replied"])
    assert Suppression.objects.get().reason == Suppression.Reason.UNSUBSCRIBED
    assert [bool(way.why_not) for way in ways_to(asked.follow_up) if way.channel == "sms"] == [True]


def test_an_sms_is_not_acknowledged_by_mail(asked):
    ReplyTemplateFactory(use="acknowledged")
    IdentityFactory(customer=asked.follow_up.customer, value="amina@customers.example")

    texts("Hvala!")

    assert [direction for direction, *_rest in thread(asked.follow_up)] == ["out", "in"]


def test_of_somebody_erased_meanwhile_nothing_is_kept(asked, sara):
    take_texts([Text(provider="twilio", event="1", sender=ANA, text="Hvala!")], at=LATER)

    erase_customer(customer=asked.follow_up.customer, by=sara, at=LATER, reason="requested")
    deliver_events(at=LATER)

    assert (Message.objects.count(), timeline()) == (0, [])
    assert list(ReceivedLetter.objects.values_list("sender", "content")) == [("", b"")]


def test_the_list_of_what_came_in_tells_how(client, asked):
    texts("Hvala!")
    texts("Buy now", sender="+38761999999", number="SM2")
    client.force_login(UserFactory(roles=["Administrators"]))

    page = client.get(reverse("admin:mail_receivedletter_changelist")).content.decode()

    assert page.count("Answer to a message of ours") == 1
    assert page.count("Anything else") == 1
    assert "SMS" in page
