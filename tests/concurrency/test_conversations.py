"""Mails that come in by two doors at once, and senders who reach for the same messages."""

import pytest

from followups.conversations.hearing import hear_customer
from followups.conversations.replying import reply_to_customer
from followups.conversations.sending import send_due_messages
from followups.models import FollowUp, Message
from mail.incoming.letters import letter_in
from mail.incoming.taking import take_mail
from mail.keys import message_id_of
from mail.models import KeptMail, ReceivedLetter
from staff.models import Notification
from tests.concurrency.test_followups import at_once
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.followups import FollowUpFactory, MessageFactory, ReplyTemplateFactory
from tests.factories.staff import UserFactory
from tests.mail.test_letters import answer

pytestmark = pytest.mark.django_db(transaction=True)


def test_five_deliveries_of_one_answer_at_once_are_one_and_two_answers_are_both_kept():
    ReplyTemplateFactory(use="acknowledged")
    ours = MessageFactory(follow_up__owner=UserFactory(), follow_up__state="contacted")
    named = message_id_of(ours.key, domain="x")
    first, second = (answer(f"No {n}", In_Reply_To=named, Message_ID=f"<a{n}@x>") for n in range(2))

    at_once(
        *[lambda content=content: take_mail(content=content, at=NOON) for content in [first] * 5 + [second]]
    )
    at_once(
        *[
            lambda content=content: hear_customer(letter=letter_in(content), at=NOON)
            for content in [first] * 3 + [second] * 2
        ]
    )

    assert ReceivedLetter.objects.count() == 2
    assert sorted(Message.objects.incoming().values_list("text", flat=True)) == ["No 0", "No 1"]
    assert Message.objects.outgoing().filter(kind="automatic").count() == 1
    assert Notification.objects.filter(title__contains="answered").count() == 2
    assert FollowUp.objects.get().version == 3


def test_senders_at_once_send_each_message_once():
    by = UserFactory()
    for _n in range(6):
        follow_up = FollowUpFactory()
        IdentityFactory(customer=follow_up.customer)
        reply_to_customer(follow_up=follow_up, by=by, text="Sorry!", at=NOON)

    sent = at_once(*[lambda: send_due_messages(at=NOON)] * 3)

    assert (sum(sent), KeptMail.objects.count()) == (6, 6)
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
