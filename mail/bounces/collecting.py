"""Collecting what came into the mailbox that mails come back to: reports about ours, and answers to them."""

import time
from datetime import datetime
from imaplib import IMAP4

from django.conf import settings

from mail.bounces.mailbox import content_of, mailbox_at, mark_seen, opened, unseen
from mail.incoming.letters import letter_in
from mail.incoming.skeleton import BEGINNING, LONGEST
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
            new += take_mail(content=as_much_as_is_asked_for(number, imap), at=at)
            mark_seen(number, imap)
    return new


def as_much_as_is_asked_for(number: str, imap: IMAP4) -> bytes:
    """All of an answer, for its files; the beginning of anything else: a report stands in front of what it returns."""
    beginning = content_of(number, imap, longest=BEGINNING)
    is_answer = len(beginning) == BEGINNING and letter_in(beginning).key
    return content_of(number, imap, longest=LONGEST) if is_answer else beginning
