"""Working on a follow-up. Who changes one says which version they saw: of two people at once, one wins and the other
is told. `seen_version` is the version of the `follow_up` passed, unless a page kept an older one."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from events.publishing import publish
from followups.alerts import alert_owners
from followups.models import FollowUp, FollowUpStep, RootCause
from followups.opening import payload_of
from staff.models import User

Kind = FollowUpStep.Kind
State = FollowUp.State
UNRESOLVED = (State.OPEN, State.CONTACTED)


class ChangedMeanwhile(Exception):
    """Somebody else changed the follow-up first; nothing was changed."""


class AlreadyResolved(ChangedMeanwhile):
    """The follow-up is resolved: reopen it to go on."""


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
    """Make `to` the owner, and tell them."""
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
    """Write down what others should know, before or after it is resolved."""
    change(follow_up, seen_version=seen_version, states=State)
    add_step(follow_up, Kind.NOTE, by=by, text=text, at=at)
    publish("followups.follow_up_noted", subject=follow_up.pk, at=at)


@transaction.atomic
def record_contact(
    *, follow_up: FollowUp, by: User | None, text: str = "", at: datetime, seen_version: int | None = None
) -> None:
    """Record that `by` got in touch: the first contact stops the clock; who contacts an unowned one owns it."""
    change(
        follow_up,
        seen_version=seen_version,
        state=State.CONTACTED,
        contacted_at=follow_up.contacted_at or at,
        owner=follow_up.owner or by,
    )
    add_step(follow_up, Kind.CONTACT, by=by, text=text, at=at)
    publish("followups.follow_up_contacted", subject=follow_up.pk, at=at, **payload_of(follow_up))


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
    """Close the loop with what went wrong and what came of it."""
    change(
        follow_up,
        seen_version=seen_version,
        state=State.RESOLVED,
        resolved_at=at,
        root_cause=root_cause,
        outcome=FollowUp.Outcome(outcome),
        owner=follow_up.owner or by,
    )
    add_step(follow_up, Kind.RESOLVED, by=by, text=text, at=at)
    publish("followups.follow_up_resolved", subject=follow_up.pk, at=at, **payload_of(follow_up))


@transaction.atomic
def reopen(
    *, follow_up: FollowUp, by: User | None, text: str = "", at: datetime, seen_version: int | None = None
) -> None:
    """Take a resolved one up again; the clock of the first contact is not wound back."""
    change(
        follow_up,
        seen_version=seen_version,
        states=(State.RESOLVED,),
        state=State.CONTACTED if follow_up.contacted_at else State.OPEN,
        resolved_at=None,
        outcome="",
    )
    add_step(follow_up, Kind.REOPENED, by=by, text=text, at=at)
    publish("followups.follow_up_reopened", subject=follow_up.pk, at=at)


def change(follow_up: FollowUp, *, seen_version: int | None, states: Any = UNRESOLVED, **fields: Any) -> None:
    """Set `fields` if nobody changed the follow-up since `seen_version`; raises ChangedMeanwhile."""
    seen = follow_up.version if seen_version is None else seen_version
    mine = FollowUp.objects.filter(pk=follow_up.pk, version=seen, state__in=states)
    if not mine.update(version=F("version") + 1, **fields):
        raise refusal(follow_up)
    for name, value in (fields | {"version": seen + 1}).items():
        setattr(follow_up, name, value)


def refusal(follow_up: FollowUp) -> ChangedMeanwhile:
    state = FollowUp.objects.values_list("state", flat=True).get(pk=follow_up.pk)
    return AlreadyResolved() if state == State.RESOLVED else ChangedMeanwhile()


def add_step(follow_up: FollowUp, kind: Kind, *, by: User | None, at: datetime, text: str = "") -> None:
    FollowUpStep.objects.create(follow_up=follow_up, kind=kind, author=by, text=text, at=at)
