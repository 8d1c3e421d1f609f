"""What became of customers after somebody called them: whether their next score was better, and whether they left."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple, Self, TypeVar

from events.lookups import Among
from followups.models import FollowUp, FollowUpLeg, NotCalled
from insights.days import day_of
from insights.legs import EARLIER, MOST_TIMED, Desk, Scope, Window
from insights.privacy import is_few
from insights.shares import Share
from surveys.metrics import band_of
from surveys.models import SurveyResponse

ContactRow = tuple[int, str, int, int, int | None, int | None, datetime]
Key = TypeVar("Key", bound=Hashable)

WAYS = ("in_time", "late", "never", "control")
WATCHED = timedelta(days=90)  # from the opening, for whether somebody left


class Contact(NamedTuple):
    """The first contact of the period with an unhappy customer, after a score of one kind."""

    customer: int
    kind: str
    score: int
    desk: Desk
    cause: int | None
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
    """What followed each contact; `is_sample` when there were more contacts than were read."""

    each: Mapping[Contact, Recovery]
    is_sample: bool = False

    @property
    def total(self) -> Recovery:
        return sum(self.each.values(), Recovery())

    def by(self, key: Callable[[Contact], Key]) -> defaultdict[Key, Recovery]:
        sums: defaultdict[Key, Recovery] = defaultdict(Recovery)
        for contact, recovery in self.each.items():
            sums[key(contact)] += recovery
        return sums


def recoveries(scope: Scope, window: Window) -> Recoveries:
    """What followed each contact of the period, of the newest 50,000: two queries."""
    rows = contact_rows(scope, window)
    contacts = first_contacts(rows)
    following = next_responses(contacts, since=window.start)
    return Recoveries(
        {contact: recovery_of(contact, following.get(contact)) for contact in contacts},
        is_sample=len(rows) >= MOST_TIMED,
    )


def contact_rows(scope: Scope, window: Window) -> list[ContactRow]:
    """First contacts of legs in the period, the newest first: customer, kind, score, team, owner, cause, moment."""
    known = {"customer__isnull": False, "survey_response__score__isnull": False}
    now = scope.of(FollowUp.objects.filter(window.during("contacted_at"), **known))
    before = scope.of(
        FollowUpLeg.objects.filter(
            window.during("contacted_at"), **{f"{EARLIER}{name}": value for name, value in known.items()}
        ),
        way=EARLIER,
    )
    of_follow_up = ("customer", "survey_response__score_kind", "survey_response__score", "team", "owner")
    both = (
        now.order_by()
        .values_list(*of_follow_up, "root_cause", "contacted_at")
        .union(
            before.order_by().values_list(
                *(f"{EARLIER}{name}" for name in of_follow_up), "root_cause", "contacted_at"
            ),
            all=True,
        )
    )
    return list(both.order_by("-contacted_at")[:MOST_TIMED])


def first_contacts(
    rows: Iterable[ContactRow],
) -> list[Contact]:
    """Each customer once for each kind of score; only of those who were unhappy."""
    first: dict[tuple[int, str], Contact] = {}
    for customer, kind, score, team, owner, cause, at in rows:
        if kind and band_of(kind, score) == "bad":
            first[customer, kind] = Contact(customer, kind, score, Desk(team, owner), cause, at)
    return list(first.values())


def next_responses(contacts: Iterable[Contact], *, since: datetime) -> dict[Contact, Next]:
    """How each customer answered next on the same scale after their contact; one query."""
    waiting = {(contact.customer, contact.kind): contact for contact in contacts}
    scored = SurveyResponse.objects.counted().filter(
        Among("customer", sorted({customer for customer, _kind in waiting})),
        score__isnull=False,
        submitted_at__gt=since,
    )
    rows = scored.order_by("submitted_at", "pk").values_list(
        "pk", "customer", "score_kind", "score", "submitted_at"
    )
    found: dict[Contact, Next] = {}
    for pk, customer, kind, score, at in rows.iterator(chunk_size=2000):
        contact = waiting.get((customer or 0, kind))
        if contact and at > contact.at and score is not None:
            found.setdefault(contact, Next(pk, score))
    return found


def recovery_of(contact: Contact, following: Next | None) -> Recovery:
    if following is None:
        return Recovery(silent=1)
    return Recovery(recovered=int(band_of(contact.kind, following.score) != "bad"), scored=1)


class Opening(NamedTuple):
    customer: int
    left: date | None
    opened_at: datetime
    contact_due_at: datetime
    contacted_at: datetime | None


class Watched(NamedTuple):
    """A customer watched from a moment on, and the day they left, if ever."""

    since: datetime
    left: date | None


@dataclass(frozen=True)
class Fates:
    """Who left within 90 days, by how they were called; `window` is when their follow-ups were opened."""

    shares: Mapping[str, Share]
    window: Window
    is_sample: bool = False


def fates(scope: Scope, window: Window) -> Fates:
    """Of customers whose follow-up was opened, or was left out by chance, early enough to watch for 90 days: two queries."""
    early = early_enough(window)
    rows = openings(scope, early)
    groups: dict[str, list[Watched]] = defaultdict(list)
    for customer in by_customer(rows).values():
        groups[way_of(customer)].append(Watched(customer[0].opened_at, customer[0].left))
    groups["control"] = left_out(scope, early)
    shares = {way: share_left(groups[way]) for way in WAYS}
    return Fates(shares, window=early, is_sample=len(rows) >= MOST_TIMED)


def early_enough(window: Window) -> Window:
    """The window itself when all of it is 90 days ago, else as long a one that ends then."""
    end = min(window.end, window.at - WATCHED)
    return replace(window, start=end - (window.end - window.start), end=end)


def openings(scope: Scope, window: Window) -> list[Opening]:
    """The newest 50,000, the oldest of them first."""
    now = scope.of(FollowUp.objects.filter(window.during("leg_opened_at"), customer__isnull=False))
    before = scope.of(
        FollowUpLeg.objects.filter(window.during("opened_at"), follow_up__customer__isnull=False), way=EARLIER
    )
    both = (
        now.order_by()
        .values_list("customer", "customer__left_date", "leg_opened_at", "contact_due_at", "contacted_at")
        .union(
            before.order_by().values_list(
                "follow_up__customer",
                "follow_up__customer__left_date",
                "opened_at",
                "contact_due_at",
                "contacted_at",
            ),
            all=True,
        )
    )
    return [Opening(*row) for row in both.order_by("-leg_opened_at")[:MOST_TIMED]][::-1]


def left_out(scope: Scope, window: Window) -> list[Watched]:
    """Customers whom a rule left out by chance, to compare with: each from the first time."""
    control = NotCalled.objects.filter(
        window.during("at"), reason=NotCalled.Reason.CONTROL, customer__isnull=False
    )
    rows = scope.of_customers(control).order_by("-at").values_list("customer", "at", "customer__left_date")
    first = {customer: Watched(at, left) for customer, at, left in rows[:MOST_TIMED]}
    return [each for each in first.values() if each.left is None or each.left >= day_of(each.since)]


def by_customer(rows: Iterable[Opening]) -> Mapping[int, list[Opening]]:
    found: dict[int, list[Opening]] = defaultdict(list)
    for row in rows:
        if row.left is None or row.left >= day_of(row.opened_at):
            found[row.customer].append(row)
    return found


def way_of(customer: list[Opening]) -> str:
    """How a customer was called while they were one, within the 90 days."""
    first = customer[0]
    calls = [row.contacted_at for row in customer if row.contacted_at and counts(row.contacted_at, first)]
    if not calls:
        return "never"
    return "in_time" if min(calls) <= first.contact_due_at else "late"


def counts(called_at: datetime, first: Opening) -> bool:
    still_there = first.left is None or day_of(called_at) <= first.left
    return still_there and called_at <= first.opened_at + WATCHED


def share_left(people: list[Watched]) -> Share:
    """How many of those watched left within 90 days."""
    left = sum(1 for since, day in people if day and day <= day_of(since + WATCHED))
    return Share(left, len(people))
