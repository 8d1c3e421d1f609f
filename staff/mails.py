"""Sending mails to staff: outside transactions, at least once, tried again while the mail server is away."""

import logging
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from events.leases import RELEASED, claim
from staff.models import StaffMail
from staff.outgoing import mine, postpone

logger = logging.getLogger(__name__)

BATCH = 20
LEASE = timedelta(minutes=5)


def send_staff_mails(*, at: datetime) -> int:
    """Send every mail to staff that is due; returns how many the mail server took."""
    sent = 0
    due = StaffMail.objects.due(at).unleased().select_related("user").order_by("due_at", "pk")
    while mails := claim(due, batch=BATCH, lease=LEASE):
        connection = get_connection()
        sent += sum(send_staff_mail(mail, connection=connection, at=at) for mail in mails)
        connection.close()
    return sent


def send_staff_mail(mail: StaffMail, *, connection: BaseEmailBackend, at: datetime) -> bool:
    try:
        EmailMessage(mail.subject, mail.body, to=[mail.user.email], connection=connection).send()
    except Exception as error:  # a mail server may refuse in any way; the other mails still leave
        logger.exception("Mail %s to staff was not sent", mail.pk)
        postpone(mail, error=f"{type(error).__name__}: {error}", at=at)
        return False
    return bool(
        mine(mail).update(
            state=StaffMail.State.SENT, sent_at=at, attempts=mail.attempts + 1, error="", **RELEASED
        )
    )
