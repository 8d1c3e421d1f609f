"""How follow-ups went in a period, leg by leg: each opening of one counts for itself, from there to its resolution.

The leg that runs stands on the follow-up, those before it are rows of their own; both are counted by the database.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple, Self, TypeVar

from django.db.models import Aggregate, Count, F, Min, Model, Q, QuerySet
from django.db.models.functions import Coalesce

from customers.models import Segment
from customers.segments import members
from followups.models import FollowUp, FollowUpLeg, FollowUpStep
from insights.days import moments_of
from insights.periods import Period
from staff.access import visible
from staff.models import User

Row = TypeVar("Row", bound=Model)

ACKNOWLEDGED = Coalesce("acknowledged_at", "contacted_at")  # an automatic message comes first, or never
EARLIER = "follow_up__"  # the way from a leg, or a step, to its follow-up
MOMENTS = ("contact_due_at", "acknowledged_at", "contacted_at", "resolve_due_at", "resolved_at")  # of a leg
ENDS = ("acknowledged", "contacted_at", "resolved_at")  # of what is timed from the opening of a leg


class Desk(NamedTuple):
    """Whose legs they are: of the follow-up's team and owner today."""

    team: int
    owner: int | None


@dataclass(frozen=True)
class Tally:
    """What happened to legs in a period, and when the first of those that are timed was opened. The last six are about
    those still open now, opened before its end."""

    opened: int = 0
    contact_due: int = 0
    contacted_in_time: int = 0
    acknowledged: int = 0
    contacted: int = 0
    resolve_due: int = 0
    resolved_in_time: int = 0
    resolved: int = 0
    reopened: int = 0
    escalated: int = 0
    first_opened: datetime | None = None
    unacknowledged: int = 0
    uncontacted: int = 0
    unresolved: int = 0
    oldest_unacknowledged: datetime | None = None
    oldest_uncontacted: datetime | None = None
    oldest_unresolved: datetime | None = None

    def __add__(self, other: Self) -> Self:
        both: dict[str, Any] = {}
        for each in fields(self):
            pair = getattr(self, each.name), getattr(other, each.name)
            is_count = isinstance(each.default, int)
            both[each.name] = sum(pair) if is_count else min(filter(None, pair), default=None)
        return type(self)(**both)


@dataclass(frozen=True)
class Window:
    """A period as moments, looked at from `at`."""

    start: datetime
    end: datetime
    at: datetime

    @classmethod
    def of(cls, period: Period, *, at: datetime) -> Self:
        return cls(*moments_of(period.start, period.end), at)

    def during(self, field: str) -> Q:
        return Q(**{f"{field}__gte": self.start, f"{field}__lt": self.end})

    def past(self, field: str) -> Q:
        """In the period and over by now."""
        return Q(**{f"{field}__gte": self.start, f"{field}__lt": min(self.end, self.at)})

    def reached(self, opened: str) -> Q:
        """Whether anything about a leg, or its being due, is not over before the period: nothing else counts in it."""
        return Q(*(Q(**{f"{moment}__gte": self.start}) for moment in (opened, *MOMENTS)), _connector=Q.OR)


@dataclass(frozen=True)
class Scope:
    """Which follow-ups are counted: of the customers `user` may see, of a segment as it is now, of an owner of today."""

    user: User
    at: datetime
    segment: Segment | None = None
    owner: User | None = None

    def of(self, rows: QuerySet[Row], *, way: str = "") -> QuerySet[Row]:
        """Those of `rows` that count; `way` leads to their follow-up. One that was merged counts in the other.

        May raise RuleError.
        """
        mine = rows.filter(**{f"{way}merged_into__isnull": True})
        if self.owner:
            mine = mine.filter(**{f"{way}owner": self.owner})
        return self.of_customers(mine, way=way)

    def of_customers(self, rows: QuerySet[Row], *, way: str = "") -> QuerySet[Row]:
        """Those of `rows` whose customers count; `way` leads to what has a customer. May raise RuleError."""
        mine = visible(rows, self.user)
        if self.segment is None:
            return mine
        customers = members(segment=self.segment, at=self.at)
        return mine.filter(**{f"{way}customer__in": customers.order_by().values("pk")})


def tallies(scope: Scope, window: Window) -> dict[Desk, Tally]:
    """What counts of the period, by desk: three queries."""
    found: dict[Desk, Tally] = defaultdict(Tally)
    running = FollowUp.objects.filter(~Q(state=FollowUp.State.RESOLVED) | window.reached("leg_opened_at"))
    earlier = FollowUpLeg.objects.filter(window.reached("opened_at"))
    escalated = FollowUpStep.objects.filter(window.during("at"), kind=FollowUpStep.Kind.ESCALATED)
    tables: tuple[tuple[QuerySet[Any], str, Mapping[str, Aggregate]], ...] = (
        (running.annotate(acknowledged=ACKNOWLEDGED), "", counts_of_running(window)),
        (earlier.annotate(acknowledged=ACKNOWLEDGED), EARLIER, counts_of_earlier(window)),
        (escalated, EARLIER, {"escalated": Count("follow_up", distinct=True)}),
    )
    for rows, way, counts in tables:
        for desk, tally in by_desk(scope.of(rows, way=way), way=way, counts=counts):
            found[desk] += tally
    return {desk: tally for desk, tally in found.items() if tally != Tally()}


def first_opened(counted: Mapping[Desk, Tally]) -> datetime | None:
    """When the first of the timed legs was opened."""
    return min(filter(None, (tally.first_opened for tally in counted.values())), default=None)


def by_desk(rows: QuerySet[Any], *, way: str, counts: Mapping[str, Aggregate]) -> list[tuple[Desk, Tally]]:
    grouped = rows.order_by().values_list(f"{way}team", f"{way}owner")
    return [
        (Desk(team, owner), Tally(**dict(zip(counts, values, strict=True))))
        for team, owner, *values in grouped.annotate(**counts)
    ]


def counts_of_running(window: Window) -> dict[str, Aggregate]:
    is_early = Q(leg_opened_at__lt=window.end)
    uncontacted, unresolved = (
        is_early & Q(state=FollowUp.State.OPEN),
        is_early & ~Q(state=FollowUp.State.RESOLVED),
    )
    unacknowledged = uncontacted & Q(acknowledged_at=None)
    ran_out = Q(waiting_since=None) | Q(waiting_since__gt=F("resolve_due_at"))
    return {
        **counts_of_clocks(window, opened="leg_opened_at", ran_out=ran_out),
        "unacknowledged": Count("pk", filter=unacknowledged),
        "uncontacted": Count("pk", filter=uncontacted),
        "unresolved": Count("pk", filter=unresolved),
        "oldest_unacknowledged": Min("leg_opened_at", filter=unacknowledged),
        "oldest_uncontacted": Min("leg_opened_at", filter=uncontacted),
        "oldest_unresolved": Min("leg_opened_at", filter=unresolved),
    }


def counts_of_earlier(window: Window) -> dict[str, Aggregate]:
    """Each of these was opened again."""
    return {
        **counts_of_clocks(window, opened="opened_at"),
        "reopened": Count("pk", filter=window.during("resolved_at")),
    }


def counts_of_clocks(window: Window, *, opened: str, ran_out: Q | None = None) -> dict[str, Aggregate]:
    """`ran_out` leaves out what is not due because its clock stands still."""
    contact_due = window.past("contact_due_at")
    resolve_due = window.past("resolve_due_at") & (ran_out or Q())
    return {
        "first_opened": Min(opened, filter=has_ended(window)),
        "opened": Count("pk", filter=window.during(opened)),
        "contact_due": Count("pk", filter=contact_due),
        "contacted_in_time": Count("pk", filter=contact_due & Q(contacted_at__lte=F("contact_due_at"))),
        "acknowledged": Count("pk", filter=window.during("acknowledged")),
        "contacted": Count("pk", filter=window.during("contacted_at")),
        "resolve_due": Count("pk", filter=resolve_due),
        "resolved_in_time": Count("pk", filter=resolve_due & Q(resolved_at__lte=F("resolve_due_at"))),
        "resolved": Count("pk", filter=window.during("resolved_at")),
    }


def ended_legs(scope: Scope, window: Window) -> QuerySet[Any]:
    """Of each leg that came to an end of `ENDS` in the period: team, owner, root cause, opening, these ends, and what was
    waited."""
    now = scope.of(FollowUp.objects.annotate(acknowledged=ACKNOWLEDGED).filter(has_ended(window)))
    before = scope.of(
        FollowUpLeg.objects.annotate(acknowledged=ACKNOWLEDGED).filter(has_ended(window)), way=EARLIER
    )
    of_leg = before.order_by().values_list(
        "follow_up__team", "follow_up__owner", "root_cause", "opened_at", *ENDS, "paused"
    )
    return (
        now.order_by()
        .values_list("team", "owner", "root_cause", "leg_opened_at", *ENDS, "paused")
        .union(of_leg, all=True)
    )


def has_ended(window: Window) -> Q:
    return Q(*(window.during(end) for end in ENDS), _connector=Q.OR)
