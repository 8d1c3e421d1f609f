"""Invitation mails: built once per campaign and language, with only the personal parts filled in for each person.

A mail's body is finished bytes with gaps between them. The gaps are the customer's first name, the token of their links
and what their occasion is about; each is filled in the encoding of the place where it stands.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, parseaddr
from html import escape
from quopri import encodestring
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.core.mail.message import sanitize_address
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from mail.keys import message_id_of
from mail.messages import Message
from surveys.answering.forms import AskedQuestion, shown
from surveys.models import Campaign, Sender, Survey
from surveys.questions.checking import first_score_question
from surveys.questions.questionnaires import asked_by
from surveys.questions.wording import NAME, voice_of
from surveys.ways.tokens import token_for

FIRST_NAME, TOKEN = "\ue000", "\ue001"  # private characters nobody types
BEGIN, NAMED, END = (
    "\ue003",
    "\ue004",
    "\ue005",
)  # around the space before a name of the occasion, and the name
GAPS = re.compile(f"([{FIRST_NAME}{TOKEN}]|{BEGIN}[^{END}]*{END})")
SHORT = 70  # characters a header line holds without folding
BOUNDARY = "=_a-mail-about-how-we-are-doing"

Values = Mapping[str, object]


class Gap(NamedTuple):
    """A place in a mail's body that is filled for each person, in the encoding of where it stands."""

    value: str
    encode: Callable[[str], str]

    def filled(self, values: Values) -> bytes:
        return quoted(self.encode(value_in(self.value, values)))


class Reader(Protocol):
    """Whom a letter is for: an invitation, or what a sender knows of it."""

    @property
    def pk(self) -> int: ...

    @property
    def address(self) -> str: ...

    @property
    def attempts(self) -> int: ...

    @property
    def context(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Letter:
    """A campaign's mail in one language, ready for names and links."""

    sender: str
    domain: str
    subject: str
    plain_subject: str
    nameless: str  # how a customer is addressed whose first name nobody knows
    head: bytes
    body: bytes  # with a %b for each of `gaps`
    gaps: tuple[Gap, ...]
    named: frozenset[Gap]  # those of `gaps` that are filled with something about the person

    def to(self, invitation: Reader, *, first_name: str) -> Message:
        """The mail for one person."""
        token = token_for(invitation.pk)
        values = {**invitation.context, FIRST_NAME: first_name or self.nameless, TOKEN: token}
        key = f"invitation.{invitation.pk}.{invitation.attempts}"
        recipient = in_ascii(invitation.address)
        head = (
            f"To: {recipient}\r\n"
            f"Subject: {self.subject_for(values)}\r\n"
            f"Message-ID: {message_id_of(key, domain=self.domain)}\r\n"
            f"List-Unsubscribe: <{settings.PUBLIC_BASE_URL}/u/{token}/>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        )
        filled = {gap: gap.filled(values) for gap in self.named}
        plain_token = token.encode()
        body = self.body % tuple([filled.get(gap, plain_token) for gap in self.gaps])
        return Message(self.sender, recipient, head.encode() + self.head + body, key)

    def subject_for(self, values: Values) -> str:
        """Encoded once for all when nobody's name stands in it."""
        return self.plain_subject or header(fill(self.subject, values))


def write_letter(
    campaign: Campaign, *, language: str, is_reminder: bool, at: datetime, variant: str = ""
) -> Letter:
    """Everything of the mail that is the same for all who read `language` and get the same of two subjects."""
    subject = in_language(subjects_of(campaign, variant), language, main=campaign.survey.language)
    body = in_language(campaign.body, language, main=campaign.survey.language)
    with translation.override(language):
        subject = subject or _("How are we doing?")
        body = body or _("Two short questions, twenty seconds. People read your answer.")
        context = {
            "subject": with_gaps(subject),
            "paragraphs": [p.strip() for p in with_gaps(body).split("\n\n") if p.strip()],
            "organisation": settings.ORGANISATION_NAME,
            "postal_address": settings.POSTAL_ADDRESS,
            "survey_link": f"{settings.PUBLIC_BASE_URL}/s/{TOKEN}/",
            "leave_link": f"{settings.PUBLIC_BASE_URL}/u/{TOKEN}/",
            "asked": first_asked(campaign.survey, language),
            "language": language,
            "direction": "rtl" if get_language_bidi() else "ltr",
        }
        if is_reminder:
            subject = _("Reminder: %(subject)s") % {"subject": subject}
        text = render_to_string("mail/invitation.txt", context)
        html = render_to_string("mail/invitation.html", context)
        nameless = _("dear customer")
    head = (
        f"{sender_lines(campaign.sender)}"
        f"Date: {format_datetime(at)}\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n\r\n'
    )
    content = part("plain", text) + part("html", html) + f"--{BOUNDARY}--\r\n".encode()
    sender = in_ascii(
        campaign.sender.address if campaign.sender else parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    )
    subject = with_gaps(subject)
    gaps = (*gaps_of(text, as_is), *gaps_of(html, escape))
    return Letter(
        sender=sender,
        domain=sender.rpartition("@")[2],
        subject=subject,
        plain_subject="" if GAPS.search(subject) else header(subject),
        nameless=nameless,
        head=head.encode(),
        body=content,
        gaps=gaps,
        named=frozenset(gap for gap in gaps if gap.value != TOKEN),
    )


def first_asked(survey: Survey, language: str) -> AskedQuestion | None:
    """The score that the mail asks for at once: that of the first page, unless it depends on something else."""
    if survey.version_id is None:
        return None
    questionnaire = asked_by(survey)
    first = first_score_question(questionnaire.pages[0])
    if first is None or first.show_if:
        return None
    voice = voice_of(questionnaire, language, {"first_name": FIRST_NAME})
    return shown(first, voice=voice, answer=None)


def in_language(texts: Mapping[str, str], language: str, *, main: str) -> str:
    return texts.get(language) or texts.get(main) or next(filter(None, texts.values()), "")


def subjects_of(campaign: Campaign, variant: str) -> Mapping[str, str]:
    """The texts of one of two subjects; of neither, those of the better one, which is the first until it is chosen."""
    chosen = variant or campaign.better_subject
    texts: Mapping[str, str] = (
        campaign.subject_b if chosen == "b" and campaign.subject_b else campaign.subject
    )
    return texts


def sender_lines(sender: Sender | None) -> str:
    """From whom, and where replies go: the brand's own, else the organisation's."""
    if sender is None:
        return f"From: {sanitize_address(settings.DEFAULT_FROM_EMAIL, 'utf-8')}\r\n"
    lines = f"From: {sanitize_address((sender.name, sender.address), 'utf-8')}\r\n"
    if sender.reply_to:
        lines += f"Reply-To: {sanitize_address(sender.reply_to, 'utf-8')}\r\n"
    return lines


def with_gaps(text: str) -> str:
    """Staff write {first_name}, {agent}, {order}; anything else in braces stays as it is."""
    return NAME.sub(gap_for, text).replace("\r\n", "\n")


def gap_for(found: re.Match[str]) -> str:
    """The space before a name of the occasion belongs to its gap: where nobody knows the name both are left out."""
    space, name = found.groups()
    if name == "first_name":
        return f"{space}{FIRST_NAME}"
    if name == "organisation":
        return f"{space}{settings.ORGANISATION_NAME}"
    return f"{BEGIN}{space}{NAMED}{name}{END}"


def value_in(gap: str, values: Values) -> str:
    if not gap.startswith(BEGIN):
        return str(values[gap])
    space, _named, name = gap[1:-1].partition(NAMED)
    known = str(values.get(name, ""))
    return f"{space}{known}" if known else ""


def fill(text: str, values: Values) -> str:
    return GAPS.sub(lambda gap: value_in(gap[0], values), text)


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
