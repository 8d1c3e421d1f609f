"""Giving events to reactions: each reaction sees each event once.

A reaction takes a batch of events of the types it is listed for and works on all of them together. Its effects
and the mark that the events are delivered commit in one transaction. When a batch fails, its events are tried
one by one, so that one bad event holds up nobody else; that one is retried with back-off and shown to staff.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from events.leases import RELEASED, claim
from events.models import Event, ReactionRetry

logger = logging.getLogger(__name__)

Reaction = Callable[[Sequence[Event]], None]

BATCH = 50
LEASE = timedelta(minutes=2)
BACK_OFF = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
)
WORK_AT_MOST = 30.0  # seconds a task keeps its worker
LOOK_AGAIN_AFTER = 0.2  # seconds; longer than a publisher keeps quiet between two rings


class NotYet(Exception):
    """Raised by a reaction whose time has not come: it is tried again like one that failed, and nobody is alarmed."""


@cache
def reactions() -> Mapping[str, tuple[Reaction, ...]]:
    table: Mapping[str, tuple[Reaction, ...]] = import_string(settings.EVENT_REACTIONS)
    return table


def name_of(reaction: Reaction) -> str:
    return f"{reaction.__module__}.{reaction.__name__}"


def deliver_events(*, at: datetime) -> int:
    """Deliver every waiting event and every retry due `at`; returns how many reactions and events were done."""
    return sum(iter(partial(deliver_some, at=at), 0))


def deliver_some(*, at: datetime) -> int:
    return retry_reactions(at=at) + deliver_batch(at=at)


def deliver_for_a_while(*, at: datetime, seconds: float = WORK_AT_MOST) -> bool:
    """What a worker does when the bell rings; False when it stopped with work left over.

    After the last event it looks once more, for those announced while the bell was throttled.
    """
    stop_at = time.monotonic() + seconds
    is_idle = True
    while time.monotonic() < stop_at:
        if deliver_some(at=at):
            is_idle = False
        elif is_idle:
            return True
        else:
            time.sleep(LOOK_AGAIN_AFTER)
            is_idle = True
    return False


def deliver_batch(*, at: datetime) -> int:
    events = claim(Event.objects.waiting().unleased().order_by("pk"), batch=BATCH, lease=LEASE)
    if not events:
        return 0
    with transaction.atomic():
        mine = Event.objects.waiting().filter(lease_token=events[0].lease_token)
        if mine.update(delivered_at=at, **RELEASED) != len(events):
            transaction.set_rollback(True)
            return 0
        for event in events:
            event.delivered_at = at
        for reaction, wanted in by_reaction(events).items():
            react(reaction, wanted, at=at)
    return len(events)


def by_reaction(events: Sequence[Event]) -> dict[Reaction, list[Event]]:
    wanted: dict[Reaction, list[Event]] = {}
    for event in events:
        for reaction in reactions().get(event.type, ()):
            wanted.setdefault(reaction, []).append(event)
    return wanted


def react(reaction: Reaction, events: list[Event], *, at: datetime) -> None:
    try:
        with transaction.atomic():
            reaction(events)
    except Exception as error:  # a reaction may fail in any way; none may stop the others
        if len(events) > 1:
            for event in events:
                react(reaction, [event], at=at)
            return
        if not isinstance(error, NotYet):
            logger.exception("%s failed on %s", name_of(reaction), events[0])
        ReactionRetry.objects.create(
            event=events[0], reaction=name_of(reaction), due_at=at + BACK_OFF[0], error=describe(error)
        )


def retry_reactions(*, at: datetime) -> int:
    """Try failed reactions again that are due `at`; returns how many succeeded."""
    done = 0
    due = ReactionRetry.objects.due(at).unleased().order_by("due_at", "pk")
    while retries := claim(due, batch=1, lease=LEASE):
        done += retry_reaction(retries[0], at=at)
    return done


def retry_reaction(retry: ReactionRetry, *, at: datetime) -> bool:
    mine = ReactionRetry.objects.filter(pk=retry.pk, lease_token=retry.lease_token)
    reaction = next((r for r in reactions().get(retry.event.type, ()) if name_of(r) == retry.reaction), None)
    if reaction is None:
        mine.update(
            state=ReactionRetry.State.GIVEN_UP, error="This reaction is no longer listed.", **RELEASED
        )
        return False
    try:
        with transaction.atomic():
            if not mine.update(state=ReactionRetry.State.DONE, **RELEASED):
                return False
            reaction([retry.event])
    except Exception as error:
        if not isinstance(error, NotYet):
            logger.exception("%s failed again on %s", retry.reaction, retry.event)
        postpone(retry, error=error, at=at)
        return False
    return True


def postpone(retry: ReactionRetry, *, error: Exception, at: datetime) -> None:
    gives_up = retry.attempts >= len(BACK_OFF)
    ReactionRetry.objects.filter(pk=retry.pk, lease_token=retry.lease_token).update(
        state=ReactionRetry.State.GIVEN_UP if gives_up else ReactionRetry.State.WAITING,
        attempts=retry.attempts + 1,
        due_at=at if gives_up else at + BACK_OFF[retry.attempts],
        error=describe(error),
        **RELEASED,
    )


def try_again(*, retries: Sequence[int], at: datetime) -> int:
    """Staff asks for one more try of failed reactions; returns how many wait for it."""
    return (
        ReactionRetry.objects.filter(pk__in=retries)
        .exclude(state=ReactionRetry.State.DONE)
        .update(state=ReactionRetry.State.WAITING, attempts=1, due_at=at, **RELEASED)
    )


def prune_events(*, at: datetime) -> int:
    """Forget events delivered longer ago than EVENTS_KEPT, but none that a reaction still owes; returns how many."""
    old = Event.objects.delivered_before(at - settings.EVENTS_KEPT)
    owed = ReactionRetry.objects.exclude(state=ReactionRetry.State.DONE).values("event")
    deleted, _ = old.exclude(pk__in=owed).delete()
    return deleted


def describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]
