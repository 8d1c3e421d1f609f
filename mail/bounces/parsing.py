"""What a returned mail says: delivery status notifications (RFC 3464) and spam reports (RFC 5965) about our mails.

Automatic replies, letters of people, and reports about mails that are not ours say nothing. Whose mail it was is told
by the sealed key in its Message-ID alone: an address in a report is whatever its sender wrote there.
"""

from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.message import Message as Letter
from email.parser import HeaderParser
from hashlib import sha256

from mail.keys import key_in
from mail.reading import Channel, Kind, Report, natural_event
from mail.statuses import kind_of_status

PROVIDER = "bounce-mailbox"
SAYS_LITTLE = {"", "5.0.0", "4.0.0"}
ON_ITS_WAY = {
    "delayed": Kind.DELAYED,
    "delivered": Kind.DELIVERED,
    "relayed": Kind.SENT,
    "expanded": Kind.SENT,
}
FEEDBACK = {
    "abuse": Kind.COMPLAINED,
    "fraud": Kind.COMPLAINED,
    "virus": Kind.COMPLAINED,
    "opt-out": Kind.UNSUBSCRIBED,
    "opt-out-list": Kind.UNSUBSCRIBED,
}


def reports_in(content: bytes, *, at: datetime) -> list[Report]:
    """Nothing for whatever is no report about a mail of ours, or cannot be read."""
    try:
        letter = message_from_bytes(content)
        key = key_of_returned(letter)
        facts = list(facts_in(letter)) if key else []
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):  # made to break parsers
        return []
    source = str(letter.get("Message-ID") or sha256(content).hexdigest())
    return [
        Report(
            channel=Channel.EMAIL,
            provider=PROVIDER,
            event=natural_event(source, number, kind),
            kind=kind,
            at=at,
            key=key,
            words=words,
        )
        for number, (kind, words) in enumerate(facts)
    ]


def facts_in(letter: Letter) -> Iterator[tuple[Kind, str]]:
    for part in letter.walk():
        match part.get_content_type():
            case "message/delivery-status":
                _about_the_message, *about_recipients = blocks_of(part)
                yield from filter(None, map(fact_of_status, about_recipients))
            case "message/feedback-report":
                yield from filter(None, map(fact_of_feedback, blocks_of(part)[:1]))


def blocks_of(part: Letter) -> list[Letter]:
    """The groups of fields of a machine-readable part, whether or not Python took them apart."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return [block for block in payload if isinstance(block, Letter)]
    groups = str(payload).replace("\r\n", "\n").strip().split("\n\n")
    return [HeaderParser().parsestr(group) for group in groups]


def fact_of_status(recipient: Letter) -> tuple[Kind, str] | None:
    action = field(recipient, "Action").lower()
    status, diagnostic = field(recipient, "Status"), after_type(field(recipient, "Diagnostic-Code"))
    words = f"{status} {diagnostic}".strip()
    if action == "failed":
        told = None if status.partition(" ")[0] in SAYS_LITTLE else kind_of_status(status)
        kind = told or kind_of_status(diagnostic) or kind_of_status(status) or Kind.UNDELIVERED
        return (Kind.UNDELIVERED if kind is Kind.DELIVERED else kind), words
    return (ON_ITS_WAY[action], words) if action in ON_ITS_WAY else None


def fact_of_feedback(report: Letter) -> tuple[Kind, str] | None:
    kind = FEEDBACK.get(field(report, "Feedback-Type").lower())
    return (kind, field(report, "User-Agent")) if kind else None


def key_of_returned(letter: Letter) -> str:
    """What we know the returned mail by; "" when it is none of ours."""
    if letter.get_content_type() != "multipart/report":
        return ""
    for part in letter.walk():
        returned = returned_in(part)
        if returned is not None and (key := key_in(field(returned, "Message-ID"))):
            return key
    return ""


def returned_in(part: Letter) -> Letter | None:
    """The mail that came back, or its head, when this part holds it."""
    payload = part.get_payload()
    match part.get_content_type():
        case "message/rfc822" if isinstance(payload, list) and payload and isinstance(payload[0], Letter):
            return payload[0]
        case "text/rfc822-headers" | "message/rfc822-headers":
            decoded = part.get_payload(decode=True)
            text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else str(payload)
            return HeaderParser().parsestr(text)
    return None


def field(letter: Letter, name: str) -> str:
    return " ".join(str(letter.get(name, "")).split())


def after_type(value: str) -> str:
    """“smtp; 550 no” without the type."""
    return value.partition(";")[2].strip() if ";" in value else value
