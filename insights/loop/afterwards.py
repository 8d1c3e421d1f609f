"""What became of customers after somebody called them: whether their next score was better, and whether they left.

The database follows each customer, however many they are; only counts come from there.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self, TypeVar

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Cast, TruncDate

from events.lookups import Among
from followups.models import FollowUp, FollowUpLeg, NotCalled
from insights.days import zone
from insights.loop.legs import EARLIER, Desk, Scope, Window
from insights.privacy import is_few
from insights.shares import Share
from surveys.metrics import BAD, band_of
from surveys.models import SurveyResponse

Key = TypeVar("Key", bound=Hashable)
Place = tuple[Desk, int | None]  # of a contact: whose it was, and the root cause

WAYS = ("in_time", "late", "never", "control")
WATCHED = timedelta(days=90)  # from the opening, for whether somebody left

# The first contact with each customer about each kind of score, and the score after it.
FOLLOWED = """
    WITH contact (customer, kind, team, owner, cause, at) AS ({contacts}),
    numbered AS (SELECT contact.*, ROW_NUMBER() OVER (PARTITION BY customer, kind ORDER BY at) AS place FROM contact),
    followed AS (
        SELECT team, owner, cause, kind, (
            SELECT scored.score FROM ({scored}) AS scored
            WHERE scored.customer_id = numbered.customer AND scored.score_kind = numbered.kind
                AND scored.submitted_at > numbered.at
            ORDER BY scored.submitted_at, scored.id LIMIT 1
        ) AS score
        FROM numbered WHERE place = 1
    )
    SELECT team, owner, cause, kind, score, COUNT(*) FROM followed GROUP BY team, owner, cause, kind, score
"""
# Each customer from their first opening on: how they were called while they were one, and whether they left.
WATCH = """
    WITH opening (customer, left_on, opened_at, due_at, called_at, called_on, watched_until, last_day) AS ({openings}),
    numbered AS (
        SELECT opening.*, ROW_NUMBER() OVER first AS place, FIRST_VALUE(watched_until) OVER first AS until
        FROM opening WINDOW first AS (PARTITION BY customer ORDER BY opened_at, due_at)
    ),
    watched AS (
        SELECT MIN(CASE WHEN place = 1 THEN due_at END) AS due_at,
            MIN(CASE WHEN called_at <= until AND (left_on IS NULL OR called_on <= left_on) THEN called_at END) AS called_at,
            MAX(CASE WHEN place = 1 AND left_on <= last_day THEN 1 ELSE 0 END) AS has_left
        FROM numbered GROUP BY customer
    )
    SELECT CASE WHEN called_at IS NULL THEN 'never' WHEN called_at <= due_at THEN 'in_time' ELSE 'late' END AS way,
        SUM(has_left), COUNT(*)
    FROM watched GROUP BY way
"""


class Contact(NamedTuple):
    """A contact with a customer, after a score of one kind."""

    customer: int
    kind: str
    at: datetime


class Next(NamedTuple):
    """The response that followed a contact."""

    pk: int
    score: int


@dataclass(frozen=True)
class Recovery:
    """Of those contacted: how many left the unhappy scores with their next one, of how many who scored again."""

    recovered: int = 0
    scored: int = 0
    silent: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.recovered + other.recovered, self.scored + other.scored, self.silent + other.silent
        )

    @property
    def share(self) -> Share:
        return Share(self.recovered, self.scored)

    @property
    def shown(self) -> Share:
        """Beside others; of very few nothing is told."""
        return Share(0, 0) if is_few(self.scored) else self.share


@dataclass(frozen=True)
class Recoveries:
    """What followed the first contacts of a period."""

    each: Mapping[Place, Recovery]

    @property
    def total(self) -> Recovery:
        return sum(self.each.values(), Recovery())

    def by(self, key: Callable[[Place], Key]) -> defaultdict[Key, Recovery]:
        sums: defaultdict[Key, Recovery] = defaultdict(Recovery)
        for place, recovery in self.each.items():
            sums[key(place)] += recovery
        return sums


def recoveries(scope: Scope, window: Window) -> Recoveries:
    """What followed the first contact of the period with each unhappy customer, once for each kind of score; one query."""
    found: dict[Place, Recovery] = defaultdict(Recovery)
    parts = {"contacts": contacts_with_unhappy(scope, window), "scored": scored_after(window.start)}
    for team, owner, cause, kind, score, n in rows_of(FOLLOWED, parts):
        found[Desk(team, owner), cause] += recovery_of(kind, score, n)
    return Recoveries(found)


def recovery_of(kind: str, score: int | None, n: int) -> Recovery:
    """Of `n` customers whose next score was this one, None where it is still to come."""
    if score is None:
        return Recovery(silent=n)
    return Recovery(recovered=0 if band_of(kind, score) == "bad" else n, scored=n)


def contacts_with_unhappy(scope: Scope, window: Window) -> QuerySet[Any]:
    """First contacts of legs in the period: customer, kind of the score, team, owner, cause, moment."""
    now = scope.of(FollowUp.objects.filter(window.during("contacted_at"), were_unhappy()))
    before = scope.of(
        FollowUpLeg.objects.filter(window.during("contacted_at"), were_unhappy(EARLIER)), way=EARLIER
    )
    of_follow_up = ("customer", "survey_response__score_kind", "team", "owner")
    of_leg = before.order_by().values_list(
        *(f"{EARLIER}{name}" for name in of_follow_up), "root_cause", "contacted_at"
    )
    return now.order_by().values_list(*of_follow_up, "root_cause", "contacted_at").union(of_leg, all=True)


def were_unhappy(way: str = "") -> Q:
    """Follow-ups of a known customer because of an unhappy score."""
    bad = (
        Q(**{f"{way}survey_response__score_kind": kind, f"{way}survey_response__score__in": list(scores)})
        for kind, scores in BAD.items()
    )
    return Q(*bad, _connector=Q.OR) & Q(**{f"{way}customer__isnull": False})


def scored_after(moment: datetime) -> QuerySet[Any]:
    scored = SurveyResponse.objects.counted().filter(score__isnull=False, submitted_at__gt=moment)
    return scored.order_by().values("id", "customer_id", "score_kind", "score", "submitted_at")


def next_responses(contacts: Iterable[Contact], *, since: datetime) -> dict[Contact, Next]:
    """How each customer answered next on the same scale after their contact; one query."""
    waiting = {(contact.customer, contact.kind): contact for contact in contacts}
    scored = scored_after(since).filter(Among("customer", sorted({customer for customer, _kind in waiting})))
    rows = scored.order_by("submitted_at", "pk").values_list(
        "pk", "customer", "score_kind", "score", "submitted_at"
    )
    found: dict[Contact, Next] = {}
    for pk, customer, kind, score, at in rows.iterator(chunk_size=2000):
        contact = waiting.get((customer or 0, kind))
        if contact and at > contact.at and score is not None:
            found.setdefault(contact, Next(pk, score))
    return found


@dataclass(frozen=True)
class Fates:
    """Who left within 90 days, by how they were called; `window` is when their follow-ups were opened."""

    shares: Mapping[str, Share]
    window: Window


def fates(scope: Scope, window: Window) -> Fates:
    """Of customers whose follow-up was opened, or was left out by chance, early enough to watch for 90 days: two queries."""
    early = early_enough(window)
    shares = dict.fromkeys(WAYS, Share(0, 0)) | shares_left(openings(scope, early))
    shares["control"] = shares_left(left_out(scope, early)).get("never", Share(0, 0))
    return Fates(shares, window=early)


def early_enough(window: Window) -> Window:
    """The window itself when all of it is 90 days ago, else as long a one that ends then."""
    end = min(window.end, window.at - WATCHED)
    return replace(window, start=end - (window.end - window.start), end=end)


def shares_left(watched: QuerySet[Any]) -> dict[str, Share]:
    """How many left within 90 days of their first opening, by how they were called."""
    return {way: Share(left, n) for way, left, n in rows_of(WATCH, {"openings": watched})}


def openings(scope: Scope, window: Window) -> QuerySet[Any]:
    now = scope.of(FollowUp.objects.filter(window.during("leg_opened_at")))
    before = scope.of(FollowUpLeg.objects.filter(window.during("opened_at")), way=EARLIER)
    return watched_from(now, "leg_opened_at").union(watched_from(before, "opened_at", way=EARLIER), all=True)


def watched_from(rows: QuerySet[Any], opened: str, *, way: str = "") -> QuerySet[Any]:
    """As WATCH reads them: of customers who had not left before."""
    left, last = f"{way}customer__left_date", ExpressionWrapper(F(opened) + WATCHED, DateTimeField())
    there = Q(**{left: None}) | Q(**{f"{left}__gte": TruncDate(opened, tzinfo=zone())})
    return (
        rows.filter(there, **{f"{way}customer__isnull": False})
        .order_by()
        .annotate(
            called_on=TruncDate("contacted_at", tzinfo=zone()),
            until=last,
            last_day=TruncDate(last, tzinfo=zone()),
        )
        .values_list(
            f"{way}customer", left, opened, "contact_due_at", "contacted_at", "called_on", "until", "last_day"
        )
    )


def left_out(scope: Scope, window: Window) -> QuerySet[Any]:
    """Customers whom a rule left out by chance, to compare with: nobody called them."""
    control = NotCalled.objects.filter(window.during("at"), reason=NotCalled.Reason.CONTROL)
    never = Cast(Value(None), DateTimeField())
    return watched_from(
        scope.of_customers(control.annotate(contact_due_at=F("at"), contacted_at=never)), "at"
    )


def rows_of(statement: str, parts: Mapping[str, QuerySet[Any]]) -> list[tuple[Any, ...]]:
    """What `statement` makes of the rows of `parts`, which stand in it in this order."""
    compiled = {name: part.query.sql_with_params() for name, part in parts.items()}
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(**{name: sql for name, (sql, _params) in compiled.items()}),
            [param for _sql, params in compiled.values() for param in params],
        )
        return cursor.fetchall()
