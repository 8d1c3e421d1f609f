"""Invitation mails: built once per campaign and language, with only the personal parts filled in for each person.

A mail is cut into pieces of finished bytes with gaps between them. The gaps are the customer's first name, their
links and their address; each kind of gap is filled in the encoding of the place where it stands.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, parseaddr
from functools import partial
from html import escape
from quopri import encodestring

from django.conf import settings
from django.core.mail.message import sanitize_address
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from mail.smtp import Message
from surveys.models import Campaign, Invitation
from surveys.tokens import token_for

FIRST_NAME, SURVEY_LINK, LEAVE_LINK = "\ue000", "\ue001", "\ue002"  # private characters nobody types
GAPS = re.compile(f"([{FIRST_NAME}{SURVEY_LINK}{LEAVE_LINK}])")
SHORT = 70  # characters a header line holds without folding
BOUNDARY = "=_a-mail-about-how-we-are-doing"

Values = Mapping[str, str]
Piece = bytes | Callable[[Values], bytes]


@dataclass(frozen=True, slots=True)
class Letter:
    """A campaign's mail in one language, ready for names and links."""

    sender: str
    subject: str
    plain_subject: str
    head: bytes
    body: tuple[Piece, ...]

    def to(self, invitation: Invitation, *, first_name: str) -> Message:
        """The mail for one person."""
        token = token_for(invitation.pk)
        link = f"{settings.PUBLIC_BASE_URL}/s/{token}/"
        leave = f"{settings.PUBLIC_BASE_URL}/u/{token}/"
        values = {
            FIRST_NAME: first_name or nameless(invitation.language),
            SURVEY_LINK: link,
            LEAVE_LINK: leave,
        }
        domain = self.sender.rpartition("@")[2]
        recipient = in_ascii(invitation.address)
        head = (
            f"To: {recipient}\r\n"
            f"Subject: {self.subject_for(values)}\r\n"
            f"Message-ID: <invitation.{invitation.pk}.{invitation.attempts}@{domain}>\r\n"
            f"List-Unsubscribe: <{leave}>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        )
        body = b"".join(piece if isinstance(piece, bytes) else piece(values) for piece in self.body)
        return Message(self.sender, recipient, head.encode() + self.head + body)

    def subject_for(self, values: Values) -> str:
        """Encoded once for all when nobody's name stands in it."""
        return header(fill(self.subject, values)) if GAPS.search(self.subject) else self.plain_subject


def nameless(language: str) -> str:
    """How a customer is addressed whose first name nobody knows."""
    with translation.override(language):
        return _("dear customer")


def write_letter(campaign: Campaign, *, language: str, is_reminder: bool, at: datetime) -> Letter:
    """Everything of the mail that is the same for all who read `language`."""
    subject = in_language(campaign.subject, language, main=campaign.survey.language)
    body = in_language(campaign.body, language, main=campaign.survey.language)
    with translation.override(language):
        subject = subject or _("How are we doing?")
        body = body or _("Two short questions, twenty seconds. People read your answer.")
        context = {
            "subject": with_gaps(subject),
            "paragraphs": [p.strip() for p in with_gaps(body).split("\n\n") if p.strip()],
            "organisation": settings.ORGANISATION_NAME,
            "postal_address": settings.POSTAL_ADDRESS,
            "survey_link": SURVEY_LINK,
            "leave_link": LEAVE_LINK,
            "language": language,
            "direction": "rtl" if get_language_bidi() else "ltr",
        }
        if is_reminder:
            subject = _("Reminder: %(subject)s") % {"subject": subject}
        text = render_to_string("mail/invitation.txt", context)
        html = render_to_string("mail/invitation.html", context)
    head = (
        f"From: {sanitize_address(settings.DEFAULT_FROM_EMAIL, 'utf-8')}\r\n"
        f"Date: {format_datetime(at)}\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n'
    )
    pieces = (*part("plain", text, as_is), *part("html", html, escape), f"--{BOUNDARY}--\r\n".encode())
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    subject = with_gaps(subject)
    return Letter(
        sender=sender, subject=subject, plain_subject=header(subject), head=head.encode(), body=pieces
    )


def in_language(texts: Mapping[str, str], language: str, *, main: str) -> str:
    return texts.get(language) or texts.get(main) or next(filter(None, texts.values()), "")


def with_gaps(text: str) -> str:
    """Staff write {first_name}; anything else in braces stays as it is."""
    return text.replace("{first_name}", FIRST_NAME).replace("\r\n", "\n")


def fill(text: str, values: Values) -> str:
    return GAPS.sub(lambda gap: values[gap[0]], text)


def in_ascii(address: str) -> str:
    """Addresses are kept in normal form; only a local part can still need the careful way."""
    return address if address.isascii() else parseaddr(sanitize_address(address, "utf-8"))[1]


def header(text: str) -> str:
    """A header's value on one logical line; a line break in a name can never begin a new header."""
    line = " ".join(text.split())
    if line.isascii() and line.isprintable() and len(line) <= SHORT:
        return line
    return Header(line, "ascii" if line.isascii() else "utf-8", header_name="Subject").encode(linesep="\r\n")


def part(subtype: str, text: str, encode: Callable[[str], str]) -> list[Piece]:
    """One half of the mail: quoted-printable pieces, each gap on soft lines of its own."""
    pieces: list[Piece] = [
        f"--{BOUNDARY}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode()
    ]
    pieces += [
        partial(quoted_value, piece, encode) if GAPS.fullmatch(piece) else quoted(piece)
        for piece in GAPS.split(text)
    ]
    return [*pieces, b"\r\n"]


def quoted_value(gap: str, encode: Callable[[str], str], values: Values) -> bytes:
    return b"=\r\n" + quoted(encode(values[gap])) + b"=\r\n"


def quoted(text: str) -> bytes:
    """Quoted-printable; short plain values, such as links, are so already."""
    if (
        len(text) <= SHORT
        and text.isascii()
        and text.isprintable()
        and "=" not in text
        and not text.endswith(" ")
    ):
        return text.encode()
    return encodestring(text.encode()).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def as_is(text: str) -> str:
    return text
