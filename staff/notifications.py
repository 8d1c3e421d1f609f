"""What a member of staff should look at, on the page and by e-mail: once for each source."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from events.doorbell import ring
from staff.models import LONGEST_LINE, ChatMessage, Notification, StaffMail, User


def notify(*, users: Iterable[User], source: str, title: str, body: str, url: str, at: datetime) -> None:
    """Tell `users` once per `source`; telling them again changes nothing. `title` may hold 200 characters."""
    post_notifications(
        Notification(user=user, source=source, title=shortened(title), body=body, url=url, at=at)
        for user in users
    )


def post_notifications(notifications: Iterable[Notification]) -> None:
    """Many at once, each in its reader's language; those already told are left as they are."""
    Notification.objects.bulk_create(notifications, batch_size=500, ignore_conflicts=True)


def post_mails(mails: Iterable[StaffMail]) -> None:
    """Put mails to staff into the queue, once per user and source; they leave after the commit."""
    StaffMail.objects.bulk_create(mails, batch_size=500, ignore_conflicts=True)
    transaction.on_commit(wake, robust=True)


def post_chat_messages(messages: Iterable[ChatMessage]) -> None:
    """The same for the chats of teams, once per team and source."""
    ChatMessage.objects.bulk_create(messages, batch_size=500, ignore_conflicts=True)
    transaction.on_commit(wake_chats, robust=True)


def wake() -> None:
    from staff.tasks import send_staff_mails_task  # noqa: PLC0415  tasks import the rooms they wake

    ring(send_staff_mails_task)


def wake_chats() -> None:
    from staff.tasks import send_chat_messages_task  # noqa: PLC0415  tasks import the rooms they wake

    ring(send_chat_messages_task)


def shortened(text: str) -> str:
    """One line that fits; a line break in a name must never become a mail header."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"


def mark_read(*, notifications: QuerySet[Notification], at: datetime) -> int:
    """Mark those not read yet; returns how many."""
    return notifications.filter(read_at=None).update(read_at=at)
