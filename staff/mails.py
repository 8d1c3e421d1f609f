"""Sending mails to staff: outside transactions, at least once, tried again while the mail server is away."""

import logging
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import QuerySet

from events.leases import RELEASED, claim
from staff.models import StaffMail

logger = logging.getLogger(__name__)

BATCH = 20
LEASE = timedelta(minutes=5)
BACK_OFF = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))


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
    mine = StaffMail.objects.filter(pk=mail.pk, lease_token=mail.lease_token)
    try:
        EmailMessage(mail.subject, mail.body, to=[mail.user.email], connection=connection).send()
    except Exception as error:  # a mail server may refuse in any way; the other mails still leave
        logger.exception("Mail %s to staff was not sent", mail.pk)
        postpone(mail, error=error, at=at)
        return False
    return bool(
        mine.update(state=StaffMail.State.SENT, sent_at=at, attempts=mail.attempts + 1, error="", **RELEASED)
    )


def postpone(mail: StaffMail, *, error: Exception, at: datetime) -> None:
    gives_up = mail.attempts >= len(BACK_OFF)
    StaffMail.objects.filter(pk=mail.pk, lease_token=mail.lease_token).update(
        state=StaffMail.State.FAILED if gives_up else StaffMail.State.WAITING,
        due_at=at if gives_up else at + BACK_OFF[mail.attempts],
        attempts=mail.attempts + 1,
        error=f"{type(error).__name__}: {error}"[:500],
        **RELEASED,
    )


def try_again(*, mails: QuerySet[StaffMail], at: datetime) -> int:
    """Staff asks for one more round of tries of mails that failed; returns how many wait for it."""
    return mails.filter(state=StaffMail.State.FAILED).update(
        state=StaffMail.State.WAITING, attempts=0, due_at=at
    )
