"""Sending messages to customers, at most once for each try: a message is committed as *sending* before it is handed over,
and what a killed sender had in its hands is *unknown*, not sent again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from customers.models import Channel
from events.leases import RELEASED, claim
from followups.alerts.messages import alert_of_unknown
from followups.conversations.letters import message_id, wire_of
from followups.conversations.lost_messages import note_failed
from followups.conversations.reaching import CannotWrite, open_way
from followups.models import Message
from mail.messages import Ending, Outcome
from mail.post import Post, post_office
from mail.reading import Channel as Way
from mail.reports import without_address

State = Message.State
WAYS = {Channel.EMAIL: Way.EMAIL, Channel.SMS: Way.SMS}
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
AT_ONCE = 200
RELATED = ("follow_up__customer", "follow_up__survey_response__campaign__sender")


def send_due_messages(*, at: datetime) -> int:
    """Send what is due; returns how many messages the other side took."""
    give_up_silent(at=at)
    return sum(send_by(channel, at=at) for channel in WAYS)


def send_by(channel: Channel, *, at: datetime) -> int:
    due = Message.objects.due(at).filter(channel=channel).unleased().select_related(*RELATED)
    if not due.exists():
        return 0
    sent = 0
    with post_office(WAYS[channel]) as post:
        while messages := claim(
            due.order_by("due_at", "pk"), batch=post.width, lease=settings.SENDING_LEASE, state=State.SENDING
        ):
            sent += hand_over(messages, post=post, at=at)
    return sent


def hand_over(messages: Sequence[Message], *, post: Post, at: datetime) -> int:
    welcome = [message for message in messages if is_welcome(message, at=at)]
    outcomes = post.hand_over([wire_of(message, at=at) for message in welcome]) if welcome else []
    for message, outcome in zip(welcome, outcomes, strict=True):
        record(message, outcome, at=at)
    return sum(outcome.ending is Ending.ACCEPTED for outcome in outcomes)


def is_welcome(message: Message, *, at: datetime) -> bool:
    """Whether its address is still one to write to; what was handed in before it was not is not sent."""
    try:
        open_way(message.follow_up, channel=message.channel, address=message.address)
    except CannotWrite:
        note_failed(message=message, words="", at=at)
        return False
    return True


def record(message: Message, outcome: Outcome, *, at: datetime) -> None:
    """Write down what became of it."""
    words = without_address(outcome.words, message.address)[:500]
    match outcome.ending:
        case Ending.ACCEPTED:
            known_by = message_id(message) if message.channel == Channel.EMAIL else ""
            settle(message, state=State.SENT, sent_at=at, error="", message_id=known_by)
        case Ending.UNKNOWN:
            note_unknown(message, words=words, at=at)
        case Ending.NOT_SENT if message.attempts < len(BACK_OFF):
            wait = max(BACK_OFF[message.attempts], outcome.wait or timedelta())
            settle(message, state=State.WAITING, due_at=at + wait, attempts=message.attempts + 1, error=words)
        case _:
            note_failed(message=message, words=words, at=at)


def settle(message: Message, **fields: Any) -> bool:
    """Set `fields` of a message this sender has in hand; False when its lease was lost."""
    mine = Message.objects.filter(pk=message.pk, state=State.SENDING, lease_token=message.lease_token)
    return bool(mine.update(**fields, **RELEASED))


@transaction.atomic
def note_unknown(message: Message, *, words: str, at: datetime) -> None:
    """Nobody can tell whether it left: its writer decides whether it goes out once more."""
    if settle(message, state=State.UNKNOWN, error=words):
        alert_of_unknown(message=message, at=at)


def give_up_silent(*, at: datetime) -> None:
    """What senders that say nothing any more had in their hands."""
    silent = Message.objects.filter(state=State.SENDING).unleased().select_related(*RELATED)
    for message in silent.order_by("pk")[:AT_ONCE]:
        note_unknown(message, words="", at=at)
