"""What goes out when, of all campaigns together, and how many people are near their cap meanwhile."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, F, QuerySet, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from staff.access import within
from staff.models import Unit
from surveys.campaigns import coming
from surveys.contact.caps import MOMENT, waits
from surveys.models import Campaign, ContactCap, Invitation, Survey, Wave
from surveys.planning.waves import among_those_of

State, Kind = Campaign.State, Campaign.Kind
WEEKS = 6
DAYS = 7
NEAR = -1  # times the number of a cap: the cap of one message fewer
LOADED = """
    SELECT customer, MAX(CASE WHEN cap > 0 THEN until END) AS capped, MAX(CASE WHEN cap < 0 THEN until END) AS nearly,
        MAX(CASE WHEN cap IS NULL THEN until END) AS resting
    FROM ({waits}) AS waiting {among} GROUP BY customer
"""
COUNTED = "SELECT {counts} FROM ({loaded}) AS loaded"
COUNTS = (  # of a moment; who is two of these is counted as the first
    "COUNT(CASE WHEN capped > {moment} THEN 1 END)",
    "COUNT(CASE WHEN capped > {moment} THEN NULL WHEN resting > {moment} THEN 1 END)",
    "COUNT(CASE WHEN capped > {moment} OR resting > {moment} THEN NULL WHEN nearly > {moment} THEN 1 END)",
)


class Entry(NamedTuple):
    """Something on a day: a campaign that starts, messages that wait in the ledger, reminders, or what a round will ask."""

    campaign: Campaign
    what: str  # "starts", "planned", "deferred", "reminders" or "projected"
    people: int | None  # None where it is counted only when it starts


class Load(NamedTuple):
    """Of one kind of survey: how many people cannot be asked when a week begins, for a cap or for the rest they asked for.

    `near` could be asked only once more; None where the caps let nobody be asked twice.
    """

    kind: str
    at_cap: int
    resting: int
    near: int | None


@dataclass(frozen=True, kw_only=True)
class Week:
    monday: date
    days: Mapping[date, Sequence[Entry]]
    loads: Sequence[Load]


def weeks_of(*, start: date, at: datetime, unit: Unit | None = None) -> list[Week]:
    """Six weeks from `start`, a Monday; with a unit, its customers alone are counted."""
    days = [start + timedelta(days=n) for n in range(WEEKS * DAYS)]
    entries: defaultdict[date, list[Entry]] = defaultdict(list)
    for day, entry in starting(days):
        entries[day].append(entry)
    for kind in (waiting, reminding, projected):
        for day, entry in kind(days, at=at, unit=unit):
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
    yield from by_day([coming.waiting(at=at)], F("state"), days, unit=unit)


def reminding(days: Sequence[date], *, at: datetime, unit: Unit | None) -> Iterator[tuple[date, Entry]]:
    """The reminders of what is out or waits, as if nobody answered any more."""
    yield from by_day(coming.reminders(at=at), Value("reminders"), days, unit=unit)


def by_day(
    ledgers: Iterable[QuerySet[Any]], what: F | Value, days: Sequence[date], *, unit: Unit | None
) -> Iterator[tuple[date, Entry]]:
    """One query for each of `ledgers`, whose rows say when a message comes."""
    counted: Counter[tuple[int, str, date]] = Counter()
    until = midnight(days[-1] + timedelta(days=1))
    for ledger in ledgers:
        rows = (ledger if unit is None else within(ledger, unit)).filter(comes_at__lt=until).order_by()
        found = rows.annotate(what=what, day=TruncDate("comes_at")).values_list(
            "wave__campaign", "what", "day"
        )
        for campaign, entry, day, people in found.annotate(people=Count("pk")):
            counted[campaign, entry, day] += people
    campaigns = Campaign.objects.in_bulk({pk for pk, *_rest in counted})
    for (pk, entry, day), people in sorted(counted.items()):
        if days[0] <= day <= days[-1]:
            yield day, Entry(campaigns[pk], entry, people)


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
    """One for each of `moments`: who is at a cap then, who rests, and who would be at a cap with one message more."""
    narrower = [with_one_fewer(cap) for cap in caps if cap.most > 1 and cap.survey_kind in {"", kind}]
    sql, params = waits([*caps, *narrower], kind=kind, at=at)
    among, more_params = among_those_of(unit)
    moment = f"CAST(%s AS {MOMENT[connection.vendor]})"
    counts = [count.format(moment=moment) for _each in moments for count in COUNTS]
    statement = COUNTED.format(counts=", ".join(counts), loaded=LOADED.format(waits=sql, among=among))
    asked = sum(count.count("{moment}") for count in COUNTS)
    adapted = [connection.ops.adapt_datetimefield_value(each) for each in moments for _n in range(asked)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*adapted, *params, *more_params])
        counted = cursor.fetchone()
    for n in range(0, len(counted), len(COUNTS)):
        at_cap, resting, near = counted[n : n + len(COUNTS)]
        yield Load(kind, at_cap, resting, near if narrower else None)


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
