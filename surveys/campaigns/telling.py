"""Telling people about campaigns: on the page and, where mails leave, by e-mail; each in their language, once."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.conf import settings
from django.utils import translation

from staff.models import Notification, StaffMail, User
from staff.notifications import post_mails, post_notifications, shortened


def tell(
    users: Iterable[User],
    words: Callable[[], tuple[str, str]],
    *,
    source: str,
    url: Callable[[User], str],
    at: datetime,
    has_mail: bool = True,
) -> None:
    """Once per user and `source`; `words` are title and text, asked for in each reader's language."""
    notifications, mails = [], []
    for user in users:
        with translation.override(user.language):
            title, body = words()
        title, address = shortened(title), url(user)
        text = f"{body}\n\n{settings.PUBLIC_BASE_URL}{address}\n"
        notifications.append(
            Notification(user=user, source=source, title=title, body=body, url=address, at=at)
        )
        mails.append(StaffMail(user=user, source=source, subject=title, body=text, due_at=at))
    post_notifications(notifications)
    if has_mail:
        post_mails(mails)
