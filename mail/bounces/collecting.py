"""Collecting what came into the mailbox that mails come back to: reports about ours, and answers to them."""

import time
from datetime import datetime

from django.conf import settings

from mail.bounces.mailbox import content_of, mailbox_at, mark_seen, opened, unseen
from mail.incoming.taking import take_mail
from mail.outbound import refuse_in_transaction

WORK_AT_MOST = 60.0  # seconds


def read_bounces(*, at: datetime) -> int:
    """Read what is new in the mailbox and mark it seen; returns how many reports about our mails were new.

    Killed before the mark, a mail is read once more and changes nothing. Raises MailboxUnreadable.
    """
    refuse_in_transaction()
    new, stop_at = 0, time.monotonic() + WORK_AT_MOST
    with opened(mailbox_at(settings.BOUNCE_IMAP_URL)) as imap:
        for number in unseen(imap):
            if time.monotonic() > stop_at:
                break
            new += take_mail(content=content_of(number, imap), at=at)
            mark_seen(number, imap)
    return new
