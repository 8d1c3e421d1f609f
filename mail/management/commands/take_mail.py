"""Take in one mail from standard input, as mail servers hand it to a program: answers of customers, returned mails."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from mail.incoming.skeleton import LONGEST
from mail.incoming.taking import take_mail

LATER = 75  # EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and tries again


class Command(BaseCommand):
    help = "Take in one mail from standard input. The same mail twice changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        content = sys.stdin.buffer.read(LONGEST)
        if not content.strip():
            raise CommandError("There is no mail on standard input.")
        while sys.stdin.buffer.read(LONGEST):
            pass  # who pipes a large mail is not cut off
        try:
            take_mail(content=content, at=timezone.now())
        except DatabaseError as error:
            raise CommandError("The database does not take the mail now.", returncode=LATER) from error
