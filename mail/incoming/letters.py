"""What stands in a mail somebody sent us: who wrote it, what they wrote now and what they only quote, and which of our
mails it answers.

Which mail is answered is told by a sealed key alone: in the Message-ID that the answer names, or in the address it came
to. Whatever else a sender writes there counts for nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default
from email.utils import getaddresses, parseaddr
from hashlib import sha256

from mail.incoming.automatic import is_automatic
from mail.incoming.headers import MADE_TO_BREAK, field, fields
from mail.incoming.html_text import text_of_html
from mail.incoming.quoting import parted
from mail.incoming.skeleton import BEGINNING, Skeleton
from mail.keys import key_in
from mail.texts import storable

LONGEST_SUBJECT, LONGEST_ADDRESS, LONGEST_MESSAGE_ID = 300, 254, 250
LONGEST_TEXT = 20_000  # characters of a mail that are kept
LONGEST_HTML = 100_000  # characters of it that are looked through for them
LONGEST_BODY = 400_000  # characters of a part, as it is encoded, that are enough for either
MOST_REFERENCES = 50
CAME_TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`key` is what we know the answered mail by, `own_key` the letter itself where it is one of ours come back.

    `fingerprint` is the same for the same mail, however often and by which way it comes in.
    """

    fingerprint: str
    key: str = ""
    own_key: str = ""
    message_id: str = ""
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    text: str = ""
    quoted: str = ""
    is_automatic: bool = False


def letter_in(content: bytes) -> Letter:
    """Never fails: of what cannot be read there is a fingerprint and nothing else."""
    skeleton = Skeleton.of(content)
    fallback = sha256(content[:BEGINNING]).hexdigest()  # however much of it was read
    try:
        return read(message_from_bytes(skeleton.content, policy=default), skeleton, fallback=fallback)
    except MADE_TO_BREAK:
        return Letter(fingerprint=fallback)


def read(mail: EmailMessage, skeleton: Skeleton, *, fallback: str) -> Letter:
    message_id = first_id(field(mail, "Message-ID"))
    name, sender = parseaddr(field(mail, "From"))
    text, quoted = parted(text_of(mail, skeleton))
    return Letter(
        fingerprint=sha256(message_id.encode()).hexdigest() if message_id else fallback,
        key=key_answered(mail),
        own_key=key_in(message_id),
        message_id=message_id,
        sender=storable(sender, LONGEST_ADDRESS),
        sender_name=storable(name, LONGEST_ADDRESS),
        subject=storable(field(mail, "Subject"), LONGEST_SUBJECT),
        text=text[:LONGEST_TEXT],
        quoted=quoted[:LONGEST_TEXT],
        is_automatic=is_automatic(mail),
    )


def first_id(header: str) -> str:
    """The Message-ID as others quote it; "" for one too long to be quoted."""
    found = next(iter(header.split()), "")
    return storable(found, LONGEST_MESSAGE_ID + 1) if len(found) <= LONGEST_MESSAGE_ID else ""


def key_answered(mail: EmailMessage) -> str:
    """The newest of our mails that this one answers; "" when it answers none."""
    references = field(mail, "References").split()[-MOST_REFERENCES:]
    named = [*field(mail, "In-Reply-To").split()[:MOST_REFERENCES], *reversed(references)]
    sealed = [*named, *plus_parts(mail)]
    return next((key for each in sealed if (key := key_in(each))), "")


def plus_parts(mail: EmailMessage) -> Iterator[str]:
    """“followup.42.0.SEAL” of “answers+followup.42.0.SEAL@example.com”."""
    headers = [value for name in CAME_TO for value in fields(mail, name)]
    for _name, address in getaddresses(headers[:MOST_REFERENCES]):
        local, _at, _domain = address.rpartition("@")
        if "+" in local:
            yield local.partition("+")[2].lower()


def text_of(mail: EmailMessage, skeleton: Skeleton) -> str:
    """What a person reads: the plain text, else the HTML as text; "" where nothing can be read."""
    try:
        bodies = [(subtype, mail.get_body((subtype,))) for subtype in ("plain", "html")]
    except MADE_TO_BREAK:
        return ""
    texts = (readable(subtype, body, skeleton) for subtype, body in bodies if body is not None)
    return next(filter(None, texts), "")


def readable(subtype: str, body: MIMEPart, skeleton: Skeleton) -> str:
    text = content_of(body, skeleton)
    return clean(text_of_html(text[:LONGEST_HTML]) if subtype == "html" else text)


def content_of(part: MIMEPart, skeleton: Skeleton) -> str:
    """The text of a part, whatever alphabet it says it is written in."""
    skeleton.restore(part, longest=LONGEST_BODY)
    try:
        return str(part.get_content())
    except MADE_TO_BREAK:
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def clean(text: str) -> str:
    """Line ends as one character, nothing that no database keeps; spaces at line ends say nothing."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return storable("\n".join(line.rstrip() for line in lines), 10 * LONGEST_TEXT)
