"""Invitation mails: built once per campaign and language, with only the personal parts filled in for each person.

A mail's body is finished bytes with gaps between them. The gaps are the customer's first name and their links; each
is filled in the encoding of the place where it stands.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, parseaddr
from html import escape
from quopri import encodestring
from typing import NamedTuple

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


class Gap(NamedTuple):
    """A place in a mail's body that is filled for each person, in the encoding of where it stands."""

    value: str
    encode: Callable[[str], str]

    def filled(self, values: Values) -> bytes:
        return quoted(self.encode(values[self.value]))


@dataclass(frozen=True, slots=True)
class Letter:
    """A campaign's mail in one language, ready for names and links."""

    sender: str
    subject: str
    plain_subject: str
    nameless: str  # how a customer is addressed whose first name nobody knows
    head: bytes
    body: bytes  # with a %b for each of `gaps`
    gaps: tuple[Gap, ...]

    def to(self, invitation: Invitation, *, first_name: str) -> Message:
        """The mail for one person."""
        token = token_for(invitation.pk)
        leave = f"{settings.PUBLIC_BASE_URL}/u/{token}/"
        values = {
            FIRST_NAME: first_name or self.nameless,
            SURVEY_LINK: f"{settings.PUBLIC_BASE_URL}/s/{token}/",
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
        filled = {gap: gap.filled(values) for gap in set(self.gaps)}
        body = self.body % tuple(filled[gap] for gap in self.gaps)
        return Message(self.sender, recipient, head.encode() + self.head + body)

    def subject_for(self, values: Values) -> str:
        """Encoded once for all when nobody's name stands in it."""
        return header(fill(self.subject, values)) if GAPS.search(self.subject) else self.plain_subject


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
        nameless = _("dear customer")
    head = (
        f"From: {sanitize_address(settings.DEFAULT_FROM_EMAIL, 'utf-8')}\r\n"
        f"Date: {format_datetime(at)}\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n'
    )
    content = part("plain", text) + part("html", html) + f"--{BOUNDARY}--\r\n".encode()
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    subject = with_gaps(subject)
    return Letter(
        sender=sender,
        subject=subject,
        plain_subject=header(subject),
        nameless=nameless,
        head=head.encode(),
        body=content,
        gaps=(*gaps_of(text, as_is), *gaps_of(html, escape)),
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


def part(subtype: str, text: str) -> bytes:
    """One half of the mail in quoted-printable; each gap is a %b on a soft line of its own."""
    head = (
        f"--{BOUNDARY}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    pieces = [
        b"=\r\n%b=\r\n" if GAPS.fullmatch(piece) else quoted(piece).replace(b"%", b"%%")
        for piece in GAPS.split(text)
    ]
    return head.encode() + b"".join(pieces) + b"\r\n"


def gaps_of(text: str, encode: Callable[[str], str]) -> list[Gap]:
    return [Gap(value, encode) for value in GAPS.findall(text)]


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
