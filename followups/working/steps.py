"""Working on a follow-up. Who changes one says which version they saw: of two people at once, one wins and the other
is told. `seen_version` is the version of the `follow_up` passed, unless a page kept an older one."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from events.publishing import publish
from followups.alerts.owners import alert_owners, unit_of
from followups.clock import contact_due, ladder, load_levels, paused_until, resolve_due
from followups.models import FollowUp, FollowUpLeg, FollowUpStep, Priority, RootCause, ServiceLevel
from followups.opening import payload_of
from followups.working.mentions import tell_mentioned
from staff.access import sees
from staff.business_time import Week
from staff.calendars import load_week
from staff.models import User

Kind = FollowUpStep.Kind
State = FollowUp.State
UNRESOLVED = (State.OPEN, State.CONTACTED, State.WAITING)


class ChangedMeanwhile(Exception):
    """Somebody else changed the follow-up first; nothing was changed."""


class AlreadyResolved(ChangedMeanwhile):
    """The follow-up is resolved: reopen it to go on."""


class InThePast(Exception):
    """Nobody can wait until a day that is over."""


class OutOfSight(Exception):
    """Who is to own it may not see its customer: it would lie on a desk nobody looks at."""


class NotInThisState(ChangedMeanwhile):
    """Nobody changed it, but its state does not allow this: only who was contacted can be waited for."""


@transaction.atomic
def take(*, follow_up: FollowUp, by: User, at: datetime, seen_version: int | None = None) -> None:
    """Make `by` the owner."""
    change(follow_up, seen_version=seen_version, owner=by)
    add_step(follow_up, Kind.TAKEN, by=by, at=at)
    publish("followups.follow_up_taken", subject=follow_up.pk, at=at)


@transaction.atomic
def hand_over(
    *,
    follow_up: FollowUp,
    to: User,
    by: User | None,
    text: str = "",
    at: datetime,
    seen_version: int | None = None,
) -> None:
    """Make `to` the owner, and tell them. Raises OutOfSight."""
    if not sees(to, unit_of(follow_up)):
        raise OutOfSight
    change(follow_up, seen_version=seen_version, owner=to)
    add_step(follow_up, Kind.HANDED_OVER, by=by, text=f"→ {to}\n{text}".strip(), at=at)
    alert_owners(
        follow_ups=FollowUp.objects.filter(pk=follow_up.pk),
        told_at={follow_up.pk: at},
        event=f"handed-over-{follow_up.version}",
    )
    publish("followups.follow_up_handed_over", subject=follow_up.pk, at=at)


@transaction.atomic
def add_note(
    *, follow_up: FollowUp, by: User | None, text: str, at: datetime, seen_version: int | None = None
) -> None:
    """Write down what others should know, before or after it is resolved; who is mentioned is told."""
    change(follow_up, seen_version=seen_version, states=State)
    step = add_step(follow_up, Kind.NOTE, by=by, text=text, at=at)
    tell_mentioned(follow_up=follow_up, step=step, at=at)
    publish("followups.follow_up_noted", subject=follow_up.pk, at=at)


@transaction.atomic
def record_contact(
    *,
    follow_up: FollowUp,
    by: User | None,
    text: str = "",
    at: datetime,
    seen_version: int | None = None,
    kind: Kind = Kind.CONTACT,
) -> None:
    """Record that `by` got in touch: from the first contact on the clock runs to the resolution; who contacts an
    unowned one owns it. `kind` says how the history calls it."""
    goes_on = {} if follow_up.state == State.CONTACTED else clock_of_resolution(follow_up, at=at)
    change(
        follow_up,
        seen_version=seen_version,
        state=State.CONTACTED,
        contacted_at=follow_up.contacted_at or at,
        owner=follow_up.owner or by,
        **goes_on,
    )
    add_step(follow_up, kind, by=by, text=text, at=at)
    publish("followups.follow_up_contacted", subject=follow_up.pk, at=at, **payload_of(follow_up))


@transaction.atomic
def wait_for_customer(
    *,
    follow_up: FollowUp,
    by: User | None,
    until: datetime | None = None,
    text: str = "",
    at: datetime,
    seen_version: int | None = None,
) -> None:
    """The customer has to do something first: the clock stands still, at most `until`. Raises InThePast."""
    if until and until <= at:
        raise InThePast
    change(
        follow_up,
        seen_version=seen_version,
        states=(State.CONTACTED,),
        state=State.WAITING,
        waiting_since=at,
        wakes_at=until,
    )
    add_step(follow_up, Kind.WAITING, by=by, text=text, at=at)
    publish("followups.follow_up_waits", subject=follow_up.pk, at=at)


@transaction.atomic
def go_on(
    *, follow_up: FollowUp, by: User | None, text: str = "", at: datetime, seen_version: int | None = None
) -> None:
    """It is our turn again: the clock runs on, as much later as it stood still."""
    change(
        follow_up,
        seen_version=seen_version,
        states=(State.WAITING,),
        state=State.CONTACTED,
        **clock_of_resolution(follow_up, at=at),
    )
    add_step(follow_up, Kind.RESUMED, by=by, text=text, at=at)
    publish("followups.follow_up_goes_on", subject=follow_up.pk, at=at)


@transaction.atomic
def set_priority(
    *, follow_up: FollowUp, by: User, priority: int, at: datetime, seen_version: int | None = None
) -> None:
    """Give it another priority, with the times of that from when it was opened."""
    level, week = clockwork(follow_up, priority=Priority(priority))
    contact = contact_due(follow_up.rule, level, week, at=follow_up.leg_opened_at)
    whole = resolve_due(level, week, opened_at=follow_up.leg_opened_at, paused=follow_up.paused)
    is_open = follow_up.state == State.OPEN
    runs = {"contact_due_at": contact} if is_open else {}
    change(
        follow_up,
        seen_version=seen_version,
        priority=priority,
        resolve_due_at=whole,
        **runs,
        **ladder(level, week, since=at, due=contact if is_open else whole),
    )
    add_step(follow_up, Kind.PRIORITY, by=by, text=str(Priority(priority).label), at=at)
    publish("followups.follow_up_prioritised", subject=follow_up.pk, at=at)


@transaction.atomic
def resolve(
    *,
    follow_up: FollowUp,
    by: User | None,
    root_cause: RootCause,
    outcome: str,
    text: str = "",
    at: datetime,
    seen_version: int | None = None,
) -> None:
    """Close the loop with what went wrong and what came of it; until now it may have stood still."""
    is_waiting = follow_up.state == State.WAITING
    stood = standstill(follow_up, *clockwork(follow_up), at=at) if is_waiting else {}
    change(
        follow_up,
        seen_version=seen_version,
        state=State.RESOLVED,
        resolved_at=at,
        root_cause=root_cause,
        outcome=FollowUp.Outcome(outcome),
        owner=follow_up.owner or by,
        **stood,
    )
    add_step(follow_up, Kind.RESOLVED, by=by, text=text, at=at)
    publish("followups.follow_up_resolved", subject=follow_up.pk, at=at, **payload_of(follow_up))


@transaction.atomic
def reopen(
    *, follow_up: FollowUp, by: User | None, text: str = "", at: datetime, seen_version: int | None = None
) -> None:
    """Take a resolved one up again: a new leg with clocks of its own; the one before is kept. One that was merged goes on
    in the other: raises NotInThisState."""
    if follow_up.merged_into_id:
        raise NotInThisState
    level, week = clockwork(follow_up)
    due = contact_due(follow_up.rule, level, week, at=at)
    before = FollowUpLeg(
        follow_up=follow_up,
        number=follow_up.leg,
        opened_at=follow_up.leg_opened_at,
        contact_due_at=follow_up.contact_due_at,
        acknowledged_at=follow_up.acknowledged_at,
        contacted_at=follow_up.contacted_at,
        resolve_due_at=follow_up.resolve_due_at,
        resolved_at=follow_up.resolved_at or at,
        paused=follow_up.paused,
        root_cause=follow_up.root_cause,
        outcome=follow_up.outcome,
    )
    change(
        follow_up,
        seen_version=seen_version,
        states=(State.RESOLVED,),
        state=State.OPEN,
        leg=follow_up.leg + 1,
        leg_opened_at=at,
        contact_due_at=due,
        acknowledged_at=None,
        contacted_at=None,
        resolve_due_at=resolve_due(level, week, opened_at=at),
        resolved_at=None,
        paused=timedelta(),
        escalated_at=None,
        outcome="",
        **ladder(level, week, since=at, due=due),
    )
    before.save()
    add_step(follow_up, Kind.REOPENED, by=by, text=text, at=at)
    publish("followups.follow_up_reopened", subject=follow_up.pk, at=at)


def clock_of_resolution(follow_up: FollowUp, *, at: datetime) -> dict[str, Any]:
    """The clock once somebody was in touch, or once the customer has done their part."""
    level, week = clockwork(follow_up)
    stood = standstill(follow_up, level, week, at=at)
    return {**stood, **ladder(level, week, since=at, due=stood["resolve_due_at"])}


def standstill(follow_up: FollowUp, level: ServiceLevel, week: Week, *, at: datetime) -> dict[str, Any]:
    """What the end of waiting changes: the resolution is due as much later as the clock stood still."""
    paused = paused_until(follow_up, week, at=at)
    due = resolve_due(level, week, opened_at=follow_up.leg_opened_at, paused=paused)
    return {"resolve_due_at": due, "waiting_since": None, "wakes_at": None, "paused": paused}


def clockwork(follow_up: FollowUp, *, priority: Priority | None = None) -> tuple[ServiceLevel, Week]:
    """What its clock goes by: the service level of its priority, and the week of its team."""
    return load_levels()[priority or follow_up.priority], load_week(follow_up.team.calendar)


def change(follow_up: FollowUp, *, seen_version: int | None, states: Any = UNRESOLVED, **fields: Any) -> None:
    """Set `fields` if nobody changed the follow-up since `seen_version`; raises ChangedMeanwhile."""
    seen = follow_up.version if seen_version is None else seen_version
    mine = FollowUp.objects.filter(pk=follow_up.pk, version=seen, state__in=states)
    if not mine.update(version=F("version") + 1, **fields):
        raise refusal(follow_up, seen)
    for name, value in (fields | {"version": seen + 1}).items():
        setattr(follow_up, name, value)


def refusal(follow_up: FollowUp, seen: int) -> ChangedMeanwhile:
    state, version = FollowUp.objects.values_list("state", "version").get(pk=follow_up.pk)
    if state == State.RESOLVED:
        return AlreadyResolved()
    return NotInThisState() if version == seen else ChangedMeanwhile()


def add_step(
    follow_up: FollowUp, kind: Kind, *, by: User | None, at: datetime, text: str = ""
) -> FollowUpStep:
    return FollowUpStep.objects.create(follow_up=follow_up, kind=kind, author=by, text=text, at=at)
