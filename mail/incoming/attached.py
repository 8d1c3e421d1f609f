"""Files in a mail somebody sent us, under the names they gave them."""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from itertools import islice

from mail.incoming.headers import MADE_TO_BREAK
from mail.incoming.skeleton import Skeleton
from mail.texts import storable

MOST_NAMED, LONGEST_NAME = 30, 120
WORDS, PICTURE, ATTACHED = "text", "image", "attachment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """One file. `name` and `type` are what the sender said; `content` is None where not all of it was read; `is_shown`
    says that it is a picture within the text."""

    name: str
    type: str
    content: bytes | None
    is_shown: bool = False


def attached_in(content: bytes) -> Iterator[Attached]:
    """One after the other, so that a single one is decoded at a time. Never fails: what cannot be read is left out."""
    skeleton = Skeleton.of(content)
    try:
        leaves = list(leaves_of(message_from_bytes(skeleton.content, policy=default)))
    except MADE_TO_BREAK:
        return
    for part in islice(filter(is_file, leaves), MOST_NAMED):
        is_cut = part is leaves[-1] and not skeleton.is_whole
        yield Attached(
            name=storable(filename_of(part), LONGEST_NAME),
            type=storable(part.get_content_type(), LONGEST_NAME),
            content=None if is_cut else bytes_of(part, skeleton),
            is_shown=part.get_content_maintype() == PICTURE and disposition_of(part) != ATTACHED,
        )


def leaves_of(part: EmailMessage | MIMEPart) -> Iterator[MIMEPart]:
    """The parts that hold something; a mail within the mail is one of them."""
    if part.get_content_maintype() != "multipart":
        yield part
        return
    for each in part.iter_parts():
        yield from leaves_of(each)


def is_file(part: MIMEPart) -> bool:
    is_words = part.get_content_maintype() == WORDS and not filename_of(part)
    return not is_words or disposition_of(part) == ATTACHED


def filename_of(part: MIMEPart) -> str:
    try:
        return part.get_filename() or ""
    except MADE_TO_BREAK:
        return ""


def disposition_of(part: MIMEPart) -> str:
    try:
        return part.get_content_disposition() or ""
    except MADE_TO_BREAK:
        return ""


def bytes_of(part: MIMEPart, skeleton: Skeleton) -> bytes:
    """What the sender attached; nothing for a mail within the mail, and for what cannot be decoded."""
    if part.is_multipart():
        return b""
    try:
        skeleton.restore(part)
        decoded = part.get_payload(decode=True)
    except MADE_TO_BREAK:
        return b""
    part.set_payload("")  # it is not needed any more, and may be large
    return decoded if isinstance(decoded, bytes) else b""
