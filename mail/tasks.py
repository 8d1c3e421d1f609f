import logging

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from mail.bounces.collecting import read_bounces
from mail.bounces.mailbox import MailboxUnreadable
from mail.incoming.taking import prune_letters, shorten_letters
from mail.reports import prune_reports

log = logging.getLogger(__name__)


@shared_task
def read_bounces_task() -> None:
    if not settings.BOUNCE_IMAP_URL:
        return
    try:
        read_bounces(at=timezone.now())
    except MailboxUnreadable as error:
        log.warning("The mailbox of returned mails could not be read and is tried again soon: %s", error)


@shared_task
def prune_reports_task() -> None:
    at = timezone.now()
    prune_reports(at=at)
    shorten_letters(at=at)
    prune_letters(at=at)
