"""What others tell about our messages, as it is read from their calls and mails."""

import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Forged(Exception):
    """The call does not prove that it comes from who it says."""


class Garbled(Exception):
    """The call comes from the provider and cannot be understood."""


class Channel(TextChoices):
    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    APP = "app", _("Your own app")


class Kind(TextChoices):
    """What became of a message after it was accepted."""

    SENT = "sent", _("Passed on")
    DELIVERED = "delivered", _("Delivered")
    DELAYED = "delayed", _("Delayed")
    BOUNCED = "bounced", _("Bounced: nobody there")
    UNDELIVERED = "undelivered", _("Not delivered this time")
    REJECTED = "rejected", _("Rejected by the provider")
    COMPLAINED = "complained", _("Reported as spam")
    UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
    OPENED = "opened", _("Opened")
    CLICKED = "clicked", _("Clicked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One thing that happened to one message.

    `event` is the same however often it is told. `message_id` is the provider's, as in `Outcome.id`; `key` is what
    we know the message by, where the provider gave it back.
    """

    channel: Channel
    provider: str
    event: str
    kind: Kind
    at: datetime
    message_id: str = ""
    key: str = ""
    recipient: str = ""
    words: str = ""
    link: str = ""
    is_machine: bool = False


def natural_event(*parts: object) -> str:
    """What an event is known by whose provider gives it no number: all that makes it this one."""
    return sha256("\x1f".join(str(part) for part in parts).encode("utf-8", "replace")).hexdigest()


def check_signature(given: str, expected: str) -> None:
    """Raises Forged; takes as long for a near miss as for any other."""
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise Forged


def json_in(body: bytes) -> Any:
    """Raises Garbled."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Garbled from error
