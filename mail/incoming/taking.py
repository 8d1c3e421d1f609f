"""Taking in what comes by mail, by whichever door: reports about our mails, answers to them, and what is neither."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BinaryField, F, Func
from django.db.models.functions import Length

from events.lookups import Among
from events.publishing import publish
from mail.bounces.parsing import reports_in
from mail.incoming.attached import Attached, attached_in
from mail.incoming.letters import Letter, letter_in
from mail.incoming.skeleton import BEGINNING
from mail.models import ReceivedLetter
from mail.reports import record_reports

KEPT = timedelta(days=30)
KEPT_WHOLE = timedelta(days=3)  # longer than a failed reaction is tried again
BATCH = 1000


def take_mail(*, content: bytes, at: datetime) -> int:
    """Write down what one mail says; returns how many reports about our mails in it were new."""
    if reports := reports_in(content[:BEGINNING], at=at):
        return record_reports(reports=reports, at=at)
    take_letter(content=content, at=at)
    return 0


def take_letter(*, content: bytes, at: datetime) -> ReceivedLetter | None:
    """Keep and announce a letter; None for one that was here before, or is our own come back.

    Whoever answers it in a room above finds in it what the customer wrote; of a stranger's only the number is kept, and
    of a machine's nobody asks for the files.
    """
    letter = letter_in(content)
    if letter.own_key:
        return None
    asked_for = content[:BEGINNING] if letter.is_automatic else content
    return keep(letter, content=asked_for if letter.key else b"", at=at)


@transaction.atomic
def keep(letter: Letter, *, content: bytes, at: datetime) -> ReceivedLetter | None:
    is_answer = bool(letter.key)
    row, is_new = ReceivedLetter.objects.get_or_create(
        fingerprint=letter.fingerprint,
        defaults={
            "key": letter.key,
            "sender": letter.sender if is_answer else "",
            "is_automatic": letter.is_automatic,
            "content": content,
            "received_at": at,
        },
    )
    if not is_new:
        return None
    if is_answer:
        publish("mail.letter_received", subject=row.pk, at=at, key=row.key, is_automatic=row.is_automatic)
    return row


def letter_of(row: ReceivedLetter) -> Letter:
    """What stands in a letter that is kept."""
    return letter_in(bytes(row.content))


def attached_to(row: ReceivedLetter) -> Iterator[Attached]:
    """The files in a letter that is kept."""
    return attached_in(bytes(row.content))


def mark_read(*, pk: int, at: datetime, key: str | None = None) -> None:
    """It stands where it belongs now: its content is no longer needed here. `key` is our message that it answers, where
    only the reader could tell."""
    known = {} if key is None else {"key": key}
    ReceivedLetter.objects.filter(pk=pk, read_at=None).update(read_at=at, content=b"", sender="", **known)


def shorten_letters(*, at: datetime) -> int:
    """Let go of files that nobody asked for; returns of how many letters."""
    left = ReceivedLetter.objects.filter(read_at=None, received_at__lt=at - KEPT_WHOLE).alias(
        size=Length("content")
    )
    beginning = Func(F("content"), 1, BEGINNING, function="SUBSTR", output_field=BinaryField())
    return left.filter(size__gt=BEGINNING).update(content=beginning)


def prune_letters(*, at: datetime) -> int:
    """Forget what came long ago; returns how much."""
    old = ReceivedLetter.objects.filter(received_at__lt=at - KEPT)
    forgotten = 0
    while pks := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        forgotten += ReceivedLetter.objects.filter(Among("pk", pks)).delete()[0]
    return forgotten
