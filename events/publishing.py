"""How a room announces what happened."""

import json
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from events.doorbell import ring
from events.models import Event

RING_AT_MOST_EVERY = 0.1  # seconds; a ring is only a hint, and delivery looks twice before it rests

Fact = tuple[int, datetime, dict[str, Any]]  # subject, moment and payload of an event

# The same in a statement of one's own: %(facts)s are `facts_of` what happened.
PUBLISH = {
    "postgresql": """
        INSERT INTO events_event (type, subject, at, payload)
        SELECT fact.type, fact.subject, fact.at, fact.payload FROM jsonb_to_recordset(%(facts)s::jsonb)
        AS fact (type varchar, subject bigint, at timestamptz, payload jsonb)
    """,
    "sqlite": """
        INSERT INTO events_event (type, subject, at, payload)
        SELECT value ->> 'type', value ->> 'subject', value ->> 'at', value -> 'payload'
        FROM json_each(%(facts)s)
    """,
}

_last_ring = float("-inf")


def publish(type: str, *, subject: int, at: datetime, **payload: Any) -> Event:  # noqa: A002  the field's word
    """Announce `type` about the row `subject` in the caller's transaction; reactions follow after the commit."""
    event = Event.objects.create(type=type, subject=subject, at=at, payload=payload)
    transaction.on_commit(wake, robust=True)
    return event


def publish_all(type: str, *, subjects: Iterable[int], at: datetime) -> int:  # noqa: A002  the field's word
    """Announce `type` about many rows at once; returns how many."""
    return publish_each(type, ((subject, at, {}) for subject in subjects))


def publish_each(type: str, facts: Iterable[Fact]) -> int:  # noqa: A002  the field's word
    """Announce `type` about many rows, each with its own moment and payload; returns how many."""
    events = Event.objects.bulk_create(
        (Event(type=type, subject=subject, at=at, payload=payload) for subject, at, payload in facts), 500
    )
    if events:
        transaction.on_commit(wake, robust=True)
    return len(events)


def facts_of(type: str, facts: Iterable[Fact]) -> str:  # noqa: A002  the field's word
    """What `PUBLISH` takes; whoever runs it wakes a worker after the commit."""
    moment = connection.ops.adapt_datetimefield_value
    told = [
        {"type": type, "subject": subject, "at": str(moment(at)), "payload": payload}
        for subject, at, payload in facts
    ]
    return json.dumps(told)


def wake() -> None:
    """Wake a worker. Never fails and never waits long: a broker that is down only delays work until the sweep."""
    global _last_ring  # noqa: PLW0603  one throttle a process
    if time.monotonic() - _last_ring < RING_AT_MOST_EVERY:
        return
    _last_ring = time.monotonic()
    from events.tasks import deliver_events_task  # noqa: PLC0415  tasks import delivery, which rooms announce to

    ring(deliver_events_task)
