"""Working on an improvement. As with follow-ups, who changes one says which version they saw."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from events.publishing import publish
from followups.models import Improvement, ImprovementStep
from followups.working.steps import ChangedMeanwhile, NotInThisState
from staff.models import User
from staff.notifications import notify

Kind = ImprovementStep.Kind
State = Improvement.State


class NotHappenedYet(Exception):
    """It cannot have been done on a day that is still to come."""


class TooEarly(Exception):
    """The days to compare are not over: `until` is when they are."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@transaction.atomic
def propose(*, by: User | None, text: str = "", at: datetime, **fields: Any) -> Improvement:
    """A new improvement, so far an idea."""
    improvement = Improvement.objects.create(proposed_at=at, **fields)
    add_step(improvement, Kind.PROPOSED, by=by, text=text, at=at)
    publish("followups.improvement_proposed", subject=improvement.pk, at=at)
    return improvement


@transaction.atomic
def revise(
    *,
    improvement: Improvement,
    by: User,
    changes: Mapping[str, Any],
    at: datetime,
    seen_version: int | None = None,
) -> None:
    """Write down what is new about it; the history says which parts changed."""
    named = [str(Improvement._meta.get_field(name).verbose_name) for name in changes]  # type: ignore[union-attr]  # all have one
    change(improvement, seen_version=seen_version, states=State, **changes)
    if named:
        add_step(improvement, Kind.CHANGED, by=by, text=", ".join(named), at=at)


@transaction.atomic
def plan(
    *,
    improvement: Improvement,
    by: User,
    owner: User,
    due_date: date,
    how: str,
    at: datetime,
    seen_version: int | None = None,
) -> None:
    """It will be done: by `owner`, in the way `how` says, until `due_date`; who did not plan it themselves is told."""
    move(
        improvement,
        Kind.PLANNED,
        by=by,
        text=f"→ {owner}",
        at=at,
        seen_version=seen_version,
        owner=owner,
        due_date=due_date,
        plan=how,
    )
    if owner != by:
        tell_owner(improvement, owner, at=at)


def tell_owner(improvement: Improvement, owner: User, *, at: datetime) -> None:
    with translation.override(owner.language):
        title = _("Yours to do: %(improvement)s") % {"improvement": improvement.title}
        notify(
            users=[owner],
            source=f"improvement:{improvement.pk}:{improvement.version}",
            title=title,
            body=improvement.plan,
            url=reverse("admin:followups_improvement_page", args=[improvement.pk]),
            at=at,
        )


@transaction.atomic
def start(
    *, improvement: Improvement, by: User, text: str = "", at: datetime, seen_version: int | None = None
) -> None:
    """Somebody has begun."""
    move(improvement, Kind.STARTED, by=by, text=text, at=at, seen_version=seen_version)


@transaction.atomic
def finish(
    *,
    improvement: Improvement,
    by: User,
    done_at: datetime | None = None,
    text: str = "",
    at: datetime,
    seen_version: int | None = None,
) -> None:
    """It is done, since `done_at`; from then on its effect is counted. Raises NotHappenedYet."""
    done_at = done_at or at
    if done_at > at:
        raise NotHappenedYet
    move(improvement, Kind.DONE, by=by, text=text, at=at, seen_version=seen_version, done_at=done_at)


@transaction.atomic
def measure(
    *, improvement: Improvement, by: User, text: str, at: datetime, seen_version: int | None = None
) -> None:
    """Close it with what came of it. Raises TooEarly while the days after it are not over."""
    until = measured_from(improvement)
    if until and at < until:
        raise TooEarly(until)
    move(improvement, Kind.MEASURED, by=by, text=text, at=at, seen_version=seen_version)


@transaction.atomic
def decline(
    *, improvement: Improvement, by: User, text: str, at: datetime, seen_version: int | None = None
) -> None:
    """It will not be done, and why."""
    move(improvement, Kind.DECLINED, by=by, text=text, at=at, seen_version=seen_version)


@transaction.atomic
def take_up_again(
    *, improvement: Improvement, by: User, text: str = "", at: datetime, seen_version: int | None = None
) -> None:
    """A declined one is an idea again."""
    move(improvement, Kind.REOPENED, by=by, text=text, at=at, seen_version=seen_version)


@transaction.atomic
def add_note(
    *, improvement: Improvement, by: User, text: str, at: datetime, seen_version: int | None = None
) -> None:
    change(improvement, seen_version=seen_version, states=State)
    add_step(improvement, Kind.NOTE, by=by, text=text, at=at)


MOVES: Mapping[Kind, tuple[tuple[State, ...], State]] = {
    Kind.PLANNED: ((State.PROPOSED,), State.PLANNED),
    Kind.STARTED: ((State.PLANNED,), State.DOING),
    Kind.DONE: ((State.DOING,), State.DONE),
    Kind.MEASURED: ((State.DONE,), State.MEASURED),
    Kind.DECLINED: (Improvement.OPEN, State.DECLINED),
    Kind.REOPENED: ((State.DECLINED,), State.PROPOSED),
}


def move(
    improvement: Improvement,
    kind: Kind,
    *,
    by: User,
    text: str,
    at: datetime,
    seen_version: int | None,
    **fields: Any,
) -> None:
    """From one state to the next; raises ChangedMeanwhile where it is not in one that leads there."""
    states, state = MOVES[kind]
    change(improvement, seen_version=seen_version, states=states, state=state, **fields)
    add_step(improvement, kind, by=by, text=text, at=at)
    publish(f"followups.improvement_{kind}", subject=improvement.pk, at=at)


def change(
    improvement: Improvement, *, seen_version: int | None, states: Iterable[State], **fields: Any
) -> None:
    """Set `fields` if nobody changed the improvement since `seen_version`; raises ChangedMeanwhile."""
    seen = improvement.version if seen_version is None else seen_version
    mine = Improvement.objects.filter(pk=improvement.pk, version=seen, state__in=list(states))
    if not mine.update(version=F("version") + 1, **fields):
        is_unchanged = Improvement.objects.filter(pk=improvement.pk, version=seen).exists()
        raise NotInThisState if is_unchanged else ChangedMeanwhile
    for name, value in (fields | {"version": seen + 1}).items():
        setattr(improvement, name, value)


def add_step(improvement: Improvement, kind: Kind, *, by: User | None, at: datetime, text: str = "") -> None:
    ImprovementStep.objects.create(improvement=improvement, kind=kind, author=by, text=text, at=at)


def measured_from(improvement: Improvement) -> datetime | None:
    """When as many days have passed since it was done as are compared; None before it is done."""
    return improvement.done_at and improvement.done_at + timedelta(days=improvement.measured_days)
