"""Telling the owner of a follow-up about its conversation, in their language: in the app and by e-mail, each thing once."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from followups.alerts.collecting import collect, wants_mail_now
from followups.alerts.owners import address_of, source_of, unit_of
from followups.models import FollowUp, Message
from followups.words import customer_words
from staff.access import sees
from staff.models import Notification, StaffMail
from staff.notifications import post_mails, post_notifications, shortened


def alert_of_answer(*, follow_up: FollowUp, message: Message, at: datetime) -> None:
    """The customer wrote back."""
    alert(follow_up, message, event="answered", title=answered_title, words=message.text, at=at)


def alert_of_lost(*, follow_up: FollowUp, message: Message, at: datetime) -> None:
    """What they wrote did not arrive."""
    alert(follow_up, message, event=f"lost-{message.attempts}", title=lost_title, words=message.text, at=at)


def alert_of_unknown(*, message: Message, at: datetime) -> None:
    """Nobody can tell whether what they wrote left."""
    follow_up = FollowUp.objects.select_related("owner__unit", "customer__unit").get(pk=message.follow_up_id)
    alert(
        follow_up,
        message,
        event=f"unknown-{message.attempts}",
        title=unknown_title,
        words=message.text,
        at=at,
    )


def alert(
    follow_up: FollowUp,
    message: Message,
    *,
    event: str,
    title: Callable[[FollowUp], str],
    words: str,
    at: datetime,
) -> None:
    owner = follow_up.owner
    if owner is None or not owner.is_active or not sees(owner, unit_of(follow_up)):
        return
    source = source_of(follow_up, f"message-{message.pk}:{event}")
    with translation.override(owner.language):
        line = shortened(title(follow_up))
    address = address_of(follow_up) + "#conversation"
    post_notifications([Notification(user=owner, source=source, title=line, body=words, url=address, at=at)])
    if not wants_mail_now(owner):
        collect([(follow_up.pk, owner)], at=at)
        return
    body = f"{words}\n\n{settings.PUBLIC_BASE_URL}{address}\n"
    post_mails([StaffMail(user=owner, source=source, subject=line, body=body, due_at=at)])


def answered_title(follow_up: FollowUp) -> str:
    return _("%(customer)s answered your message") % {"customer": customer_words(follow_up)}


def lost_title(follow_up: FollowUp) -> str:
    return _("Your message to %(customer)s did not arrive") % {"customer": customer_words(follow_up)}


def unknown_title(follow_up: FollowUp) -> str:
    return _("Nobody can tell whether your message to %(customer)s left") % {
        "customer": customer_words(follow_up)
    }
