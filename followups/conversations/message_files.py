"""Files that customers attach to their mails: looked into, kept with the conversation, thrown away with it.

The bytes are written before the row, and go after it: a transaction that is rolled back, or a crash, leaves bytes that no
row names and never a row without bytes. What no row names is swept away.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import PurePosixPath
from secrets import token_hex

from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction

from followups.models import Message, MessageFile
from followups.models.message_files import FOLDER, MessageFileQuerySet
from mail.incoming.attached import Attached
from staff.given_files import MEGABYTE, clean_stem, kind_of

MOST_FILES, MOST_BYTES = 10, 10 * MEGABYTE  # of one mail that are kept
MOST_OF_A_CONVERSATION = 100 * MEGABYTE
SMALLEST_SHOWN = 8 * 1024  # bytes; a smaller picture within the text is the logo of a signature
KEPT_WITHOUT_ROW = timedelta(days=1)  # longer than any transaction
BATCH = 500
WhyNot = MessageFile.WhyNot


@dataclass(slots=True)
class Room:
    """What may still be kept of a mail, and what its conversation has already."""

    files: int
    size: int
    of_conversation: int
    known: set[str]


def keep_files(message: Message, attached: Iterable[Attached]) -> None:
    """Write down what came with a customer's message; its follow-up is locked. Pictures of signatures are left out."""
    before = MessageFile.objects.kept().filter(message__follow_up=message.follow_up_id)
    kept = list(before.values_list("size", "digest"))
    left = MOST_OF_A_CONVERSATION - sum(size for size, _digest in kept)
    room = Room(MOST_FILES, MOST_BYTES, left, {digest for _size, digest in kept})
    rows = (row_of(each, message, room) for each in attached)
    MessageFile.objects.bulk_create([row for row in rows if row])


def row_of(attached: Attached, message: Message, room: Room) -> MessageFile | None:
    """With its bytes written, where it is kept; None for what nobody attached on purpose."""
    content = attached.content or b""
    kind, digest = kind_of(content), sha256(content).hexdigest()
    is_small = attached.content is not None and len(content) < SMALLEST_SHOWN
    if attached.is_shown and (is_small or digest in room.known):
        return None
    row = MessageFile(message=message, name=attached.name or attached.type, size=len(content))
    if message.kind == Message.Kind.AUTOMATIC:
        row.why_not = WhyNot.AUTOMATIC
    elif attached.content is None:
        row.why_not = WhyNot.TOO_LARGE
    elif kind is None:
        row.why_not = WhyNot.KIND
    elif why_not := no_room_for(len(content), room):
        row.why_not = why_not
    else:
        store(row, content, kind, name=attached.name, digest=digest)
        use_up(room, row)
    return row


def no_room_for(size: int, room: Room) -> WhyNot | None:
    if not room.files:
        return WhyNot.TOO_MANY
    if size > room.size:
        return WhyNot.TOO_LARGE
    return WhyNot.FULL if size > room.of_conversation else None


def store(row: MessageFile, content: bytes, kind: tuple[str, str], *, name: str, digest: str) -> None:
    row.type, suffix = kind
    row.name, row.digest = f"{clean_stem(name)}.{suffix}", digest
    row.file.save(f"{token_hex(16)}.{suffix}", ContentFile(content), save=False)


def use_up(room: Room, row: MessageFile) -> None:
    room.files -= 1
    room.size -= row.size
    room.of_conversation -= row.size
    room.known.add(row.digest)


def throw_away(files: MessageFileQuerySet) -> None:
    """What we know of them now, and the bytes once that is certain."""
    names = list(files.kept().values_list("file", flat=True))
    files.delete()
    transaction.on_commit(partial(delete_bytes, names), robust=True)


def delete_bytes(names: Sequence[str]) -> None:
    for name in names:
        storage().delete(name)


def storage() -> Storage:
    return MessageFile._meta.get_field("file").storage


def sweep_files(*, at: datetime) -> int:
    """Throw away bytes that no row names. Returns how many files went."""
    gone = 0
    for folder in folders():
        names = [str(folder / name) for name in storage().listdir(str(folder))[1]]
        for start in range(0, len(names), BATCH):
            gone += sweep(names[start : start + BATCH], before=at - KEPT_WITHOUT_ROW)
    return gone


def folders() -> Iterator[PurePosixPath]:
    """One for each month."""
    top = PurePosixPath(FOLDER)
    if not storage().exists(FOLDER):
        return
    for year in storage().listdir(FOLDER)[0]:
        yield from (top / year / month for month in storage().listdir(str(top / year))[0])


def sweep(names: Sequence[str], *, before: datetime) -> int:
    named = set(MessageFile.objects.filter(file__in=names).values_list("file", flat=True))
    lost = [each for each in names if each not in named and storage().get_modified_time(each) < before]
    delete_bytes(lost)
    return len(lost)
