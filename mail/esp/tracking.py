"""What an e-mail service tells about mails, as django-anymail reads it.

The secret in the address is the proof; services that sign their calls are asked for the signature too, where
EMAIL_URL says what they sign with.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib import import_module
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.base import AnymailBaseWebhookView
from django.http import HttpRequest

from mail.esp.accounts import Account
from mail.machines import Fetch, sign_of_machine
from mail.reading import Channel, Forged, Garbled, Kind, Report, natural_event
from mail.statuses import kind_of_status
from mail.texts import LONGEST_ID, storable

KINDS = {
    EventType.SENT: Kind.SENT,
    EventType.DELIVERED: Kind.DELIVERED,
    EventType.DEFERRED: Kind.DELAYED,
    EventType.BOUNCED: Kind.BOUNCED,
    EventType.REJECTED: Kind.REJECTED,
    EventType.FAILED: Kind.REJECTED,
    EventType.COMPLAINED: Kind.COMPLAINED,
    EventType.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
    EventType.OPENED: Kind.OPENED,
    EventType.CLICKED: Kind.CLICKED,
}
WHY_REJECTED = {
    RejectReason.INVALID: Kind.BOUNCED,
    RejectReason.BOUNCED: Kind.BOUNCED,
    RejectReason.SPAM: Kind.COMPLAINED,
    RejectReason.UNSUBSCRIBED: Kind.UNSUBSCRIBED,
}
NAMES_OF_KIND = ("event", "type", "Type")


def read_reports(account: Account, request: HttpRequest, *, at: datetime) -> list[Report]:
    """Raises Forged or Garbled."""
    view = view_of(account)
    try:
        if account.is_signed:
            view.run_validators(request)
        events = view.parse_events(request)
        return [report for event in events if (report := report_of(event, name=account.name, at=at))]
    except AnymailWebhookValidationFailure as error:
        raise Forged from error
    except Exception as error:  # what comes from outside can make a parser fail in any way
        raise Garbled from error


def view_of(account: Account) -> AnymailBaseWebhookView:
    """anymail's own view of this service, used for what it reads. It insists on a password, which the address has."""
    view: AnymailBaseWebhookView = class_of_view(account.name)(webhook_secret="-", **account.listening)  # noqa: S106  no secret: none is asked for
    view.basic_auth = None
    return view


@cache
def class_of_view(name: str) -> type[AnymailBaseWebhookView]:
    module = import_module(f"anymail.webhooks.{name}")
    return next(
        value
        for key, value in vars(module).items()
        if key.endswith(("TrackingWebhookView", "CombinedWebhookView"))
        and value.__module__ == module.__name__
    )


def report_of(event: AnymailTrackingEvent, *, name: str, at: datetime) -> Report | None:
    """None for what nobody needs to know."""
    if not isinstance(event, AnymailTrackingEvent) or event.event_type not in KINDS:
        return None
    message_id = storable(event.message_id, LONGEST_ID)
    link = storable(event.click_url, 2000)
    words = " ".join(filter(None, (storable(text, 500) for text in (event.mta_response, event.description))))
    moment = event.timestamp
    metadata = event.metadata if isinstance(event.metadata, Mapping) else {}
    tags = event.tags if isinstance(event.tags, list) else []
    fetch = Fetch(user_agent=storable(event.user_agent, 500) if event.user_agent else None)
    return Report(
        channel=Channel.EMAIL,
        provider=name,
        event=natural_event(event.event_type, event.event_id, message_id, event.recipient, moment, link),
        kind=kind_of(event, words=words),
        at=moment or at,
        message_id=message_id,
        key=storable(metadata.get("key") or next(iter(tags), ""), LONGEST_ID),
        recipient=storable(event.recipient, 320),
        words=words or storable(event.reject_reason, 40),
        link=sha256(link.encode()).hexdigest() if link else "",
        is_machine=event.event_type in {EventType.OPENED, EventType.CLICKED}
        and sign_of_machine(fetch) is not None,
    )


def kind_of(event: AnymailTrackingEvent, *, words: str) -> Kind:
    """Services call much a bounce; only what is for good, and about the address, is one here."""
    if event.event_type == EventType.REJECTED:
        return WHY_REJECTED.get(event.reject_reason, Kind.REJECTED)
    if event.event_type != EventType.BOUNCED:
        return KINDS[event.event_type]
    is_about_the_address = event.reject_reason in {None, RejectReason.INVALID, RejectReason.BOUNCED}
    if not is_about_the_address or is_soft(event.esp_event):
        return Kind.UNDELIVERED
    return kind_of_status(words) or Kind.BOUNCED


def is_soft(theirs: Any) -> bool:
    if not isinstance(theirs, Mapping):
        return False
    names = " ".join(str(theirs.get(name, "")) for name in NAMES_OF_KIND)
    return "soft" in names.lower() or theirs.get("hard_bounce") is False
