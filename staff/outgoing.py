"""What mails and chat messages to staff share: how often they are tried, and when they are given up."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from events.leases import RELEASED
from staff.models import ChatMessage, StaffMail

BACK_OFF = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
NO_WAIT = timedelta()

Message = StaffMail | ChatMessage


def mine(message: Message) -> QuerySet[Message]:
    """The row of `message` while its lease is ours."""
    return type(message)._default_manager.filter(pk=message.pk, lease_token=message.lease_token)


def postpone(message: Message, *, error: str, at: datetime, wait: timedelta = NO_WAIT) -> None:
    """Try later, after `wait` at the earliest, or give up after the last try."""
    if message.attempts >= len(BACK_OFF):
        give_up(message, error=error, at=at)
        return
    mine(message).update(
        due_at=at + max(BACK_OFF[message.attempts], wait),
        attempts=message.attempts + 1,
        error=error[:500],
        **RELEASED,
    )


def give_up(message: Message, *, error: str, at: datetime) -> None:
    """Leave it to people, with what went wrong."""
    mine(message).update(
        state=message.State.FAILED, due_at=at, attempts=message.attempts + 1, error=error[:500], **RELEASED
    )


def try_again(*, messages: QuerySet[StaffMail] | QuerySet[ChatMessage], at: datetime) -> int:
    """Staff asks for one more round of tries of what failed; returns how many wait for it."""
    failed = messages.filter(state=StaffMail.State.FAILED)
    return failed.update(state=StaffMail.State.WAITING, attempts=0, due_at=at)
