"""What was written with a customer is told to them, goes with them, and may be forgotten when it is old."""

from datetime import timedelta

import pytest

from customers.models import RetentionRule
from customers.privacy.personal import person_of
from customers.privacy.retention import apply_retention
from followups.holdings import tell_conversations
from followups.models import Message
from tests.conftest import NOON
from tests.factories.followups import FollowUpFactory, MessageFactory

pytestmark = pytest.mark.django_db


def test_a_customer_is_told_every_word():
    ours = MessageFactory(text="We are sorry.")
    MessageFactory(text="To somebody else")

    told = tell_conversations(person_of(ours.follow_up.customer))

    assert [(row["direction"], row["address"], row["text"]) for row in told] == [
        ("out", "amina@customers.example", "We are sorry.")
    ]


def test_old_conversations_lose_their_words_where_somebody_wants_that():
    rule = RetentionRule.objects.get(kind="conversations")
    assert not rule.is_active
    resolved = {"state": "resolved", "resolved_at": NOON}
    old = MessageFactory(follow_up=FollowUpFactory(**resolved), quoted="> x", attachments=["invoice.pdf"])
    MessageFactory(follow_up=FollowUpFactory(), text="Still open")
    RetentionRule.objects.filter(pk=rule.pk).update(is_active=True, months=1)

    assert apply_retention(at=NOON + timedelta(days=27)) == 0
    assert apply_retention(at=NOON + timedelta(days=40)) == 1
    assert apply_retention(at=NOON + timedelta(days=40)) == 0

    old.refresh_from_db()
    assert (old.text, old.subject, old.quoted, old.address, old.attachments) == ("", "", "", "", [])
    assert sorted(Message.objects.values_list("text", flat=True)) == ["", "Still open"]


def test_old_notes_go_wherever_they_were_written():
    RetentionRule.objects.filter(kind="notes").update(is_active=True, months=1)
    old = FollowUpFactory(state="resolved", resolved_at=NOON, summary="Ana was shouted at.")
    old.steps.create(kind="promised", text="A new router", at=NOON)
    old.tasks.create(kind="promise", text="A new router", due_date=NOON.date(), done_at=NOON)
    old.tasks.create(kind="promise", text="Call her in May", due_date=NOON.date())

    apply_retention(at=NOON + timedelta(days=40))

    assert apply_retention(at=NOON + timedelta(days=40)) == 0
    old.refresh_from_db()
    assert (old.summary, old.steps.get().text) == ("", "")
    assert sorted(task.text for task in old.tasks.all()) == ["Call her in May", "…"]
