"""What is handed over, and what became of it: the words that all ways out of the house share."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum


class Ending(Enum):
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message; `words` are the other side's, or what went wrong on the way.

    `id` is what the other side knows the message by. `wait` asks the whole channel to rest for so long. `opted_out`
    says that the message was refused because its reader asked the provider for no more, `is_of_sender` that nobody takes
    messages in the name of its sender, whoever they are for.
    """

    ending: Ending
    words: str = ""
    id: str = ""
    wait: timedelta | None = None
    opted_out: bool = False
    is_of_sender: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. Of an SMS the `sender` may be "": then it is the provider's usual one.

    `content` is a mail's bytes (CRLF line ends, dots not yet doubled), the text of an SMS, or JSON for the company's
    own app. `key` is what we know the message by; delivery reports bring it back.
    """

    sender: str
    recipient: str
    content: bytes
    key: str = ""
