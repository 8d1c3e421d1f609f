"""What goes out when, of all campaigns together, and how many people are near their cap meanwhile."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from staff.access import within
from staff.models import Unit
from surveys.contact.caps import MOMENT, waits
from surveys.models import Campaign, ContactCap, Invitation, Survey, Wave
from surveys.planning.waves import among_those_of

State, Kind = Campaign.State, Campaign.Kind
WEEKS = 6
DAYS = 7
NEAR = -1  # times the number of a cap: the cap of one message fewer
LOADED = """
    SELECT customer, MAX(CASE WHEN cap IS NULL OR cap > 0 THEN until END) AS free_at, MAX(until) AS far_at
    FROM ({waits}) AS waiting {among} GROUP BY customer
"""
COUNTED = "SELECT {sums} FROM ({loaded}) AS loaded"
SUM = "COALESCE(SUM(CASE WHEN {column} > CAST(%s AS {moment}) THEN 1 ELSE 0 END), 0)"


class Entry(NamedTuple):
    """Something on a day: a campaign that starts, messages that wait in the ledger, or what a round will ask."""

    campaign: Campaign
    what: str  # "starts", "planned", "deferred" or "projected"
    people: int | None  # None where it is counted only when it starts


class Load(NamedTuple):
    """Of one kind of survey: how many people cannot be asked when a week begins, and how many only once more."""

    kind: str
    at_cap: int
    near: int


@dataclass(frozen=True, kw_only=True)
class Week:
    monday: date
    days: Mapping[date, Sequence[Entry]]
    loads: Sequence[Load]


def weeks_of(*, start: date, at: datetime, unit: Unit | None = None) -> list[Week]:
    """Six weeks from `start`, a Monday; with a unit, its customers alone are counted."""
    days = [start + timedelta(days=n) for n in range(WEEKS * DAYS)]
    entries: defaultdict[date, list[Entry]] = defaultdict(list)
    for day, entry in [*starting(days), *waiting(days, at=at, unit=unit), *projected(days, at=at, unit=unit)]:
        entries[day].append(entry)
    loads = load_by_week([days[n] for n in range(0, len(days), DAYS)], at=at, unit=unit)
    return [
        Week(
            monday=days[n],
            days={day: entries.get(day, []) for day in days[n : n + DAYS]},
            loads=loads.get(days[n], []),
        )
        for n in range(0, len(days), DAYS)
    ]


def starting(days: Sequence[date]) -> Iterator[tuple[date, Entry]]:
    """Campaigns that have a date but have not begun."""
    for campaign in Campaign.objects.filter(state=State.SCHEDULED, starts_at__isnull=False).order_by(
        "starts_at"
    ):
        day = timezone.localdate(campaign.starts_at)
        if days[0] <= day <= days[-1]:
            yield day, Entry(campaign, "starts", None)


def waiting(days: Sequence[date], *, at: datetime, unit: Unit | None) -> Iterator[tuple[date, Entry]]:
    """What stands in the ledger of campaigns that are sending; what is overdue goes out today."""
    ledger: QuerySet[Invitation] = Invitation.objects.filter(
        state__in=Invitation.WAITING,
        is_test=False,
        wave__campaign__state__in=[State.SENDING, State.PAUSED],
        due_at__lt=midnight(days[-1] + timedelta(days=1)),
    )
    if unit is not None:
        ledger = within(ledger, unit)
    rows = list(
        ledger.order_by()
        .annotate(day=TruncDate("due_at"))
        .values_list("wave__campaign", "state", "day")
        .annotate(people=Count("pk"))
    )
    campaigns = Campaign.objects.in_bulk({pk for pk, *_rest in rows})
    counted: Counter[tuple[int, str, date]] = Counter()
    for pk, state, day, people in rows:
        counted[pk, state, max(day, timezone.localdate(at))] += people
    for (pk, state, day), people in sorted(counted.items()):
        if days[0] <= day <= days[-1]:
            yield day, Entry(campaigns[pk], state, people)


def projected(days: Sequence[date], *, at: datetime, unit: Unit | None) -> Iterator[tuple[date, Entry]]:
    """What recurring campaigns will ask on each day to come: as many as on the days of the newest round until now."""
    today = timezone.localdate(at)
    rounds = Wave.objects.filter(
        campaign__kind=Kind.RECURRING, campaign__state__in=[State.SENDING, State.PAUSED], days_planned__gt=0
    )
    newest = {wave.campaign_id: wave for wave in rounds.select_related("campaign").order_by("number")}
    asked: QuerySet[Invitation] = Invitation.objects.filter(wave__in=newest.values(), is_test=False)
    if unit is not None:
        asked = within(asked, unit)
    asked = asked.exclude(state=Invitation.State.EXCLUDED)
    people = dict(asked.order_by().values_list("wave").annotate(people=Count("pk")))
    for wave in newest.values():
        a_day = round(people.get(wave.pk, 0) / wave.days_planned)
        ends_at = wave.campaign.ends_at
        for day in days:
            if a_day and day > today and not (ends_at and day > timezone.localdate(ends_at)):
                yield day, Entry(wave.campaign, "projected", a_day)


def load_by_week(
    mondays: Sequence[date], *, at: datetime, unit: Unit | None = None
) -> dict[date, list[Load]]:
    """For this week and those to come: how many people are at or near a cap when it begins, if nothing more went out.

    One query for each kind of survey.
    """
    caps, today = list(ContactCap.objects.working()), timezone.localdate(at)
    weeks = {monday: max(midnight(monday), at) for monday in mondays if monday + timedelta(days=DAYS) > today}
    loads: dict[date, list[Load]] = {monday: [] for monday in weeks}
    for kind in Survey.Kind.values if caps and weeks else ():
        for monday, load in zip(
            weeks, loads_of(caps, kind, list(weeks.values()), at=at, unit=unit), strict=True
        ):
            loads[monday].append(load)
    return loads


def loads_of(
    caps: Sequence[ContactCap], kind: str, moments: Sequence[datetime], *, at: datetime, unit: Unit | None
) -> Iterator[Load]:
    """One for each of `moments`: who is at a cap then, and who would be with one message more."""
    narrower = [with_one_fewer(cap) for cap in caps if cap.most > 1]
    sql, params = waits([*caps, *narrower], kind=kind, at=at)
    among, more_params = among_those_of(unit)
    moment = MOMENT[connection.vendor]
    sums = [SUM.format(column=column, moment=moment) for column in ("free_at", "far_at") for _each in moments]
    statement = COUNTED.format(sums=", ".join(sums), loaded=LOADED.format(waits=sql, among=among))
    adapted = [connection.ops.adapt_datetimefield_value(each) for each in moments]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*adapted, *adapted, *params, *more_params])
        counted = cursor.fetchone()
    for at_cap, near in zip(counted[: len(moments)], counted[len(moments) :], strict=True):
        yield Load(kind, at_cap, near - at_cap)


def with_one_fewer(cap: ContactCap) -> ContactCap:
    return ContactCap(
        pk=NEAR * cap.pk,
        most=cap.most - 1,
        days=cap.days,
        survey_kind=cap.survey_kind,
        channel=cap.channel,
    )


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
