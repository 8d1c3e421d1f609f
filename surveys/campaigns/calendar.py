"""What goes out when, of all campaigns together, and how many people are near their cap meanwhile."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from time import monotonic
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import Count, F, QuerySet, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from customers.segments import RuleError, members
from staff.access import within
from staff.models import Unit
from surveys.campaigns import coming
from surveys.campaigns.load import Load, load_at
from surveys.models import Campaign, Invitation, Wave
from surveys.planning.rounds import period_of

State, Kind = Campaign.State, Campaign.Kind
WEEKS = 6
DAYS = 7
MOST_COUNTED = 5  # campaigns with a date whose people are counted, the nearest first
LONG, KEPT = 2, 300  # seconds
FORESEEN = (Kind.ONCE, Kind.RECURRING)  # who is asked is known before


class Entry(NamedTuple):
    """Something on a day: a campaign that starts, messages that wait in the ledger, reminders, or what a round will ask."""

    campaign: Campaign
    what: str  # "starts", "planned", "deferred", "reminders" or "projected"
    people: int | None  # None where it is counted only when it starts


@dataclass(frozen=True, kw_only=True)
class Week:
    monday: date
    days: Mapping[date, Sequence[Entry]]
    loads: Sequence[Load]
    counted_at: datetime | None


def weeks_of(*, start: date, at: datetime, unit: Unit | None = None, is_counted: bool = True) -> list[Week]:
    """Six weeks from `start`, a Monday; with a unit, its customers alone are counted.

    Whom campaigns with a date will ask, who is reminded and who is near a cap takes a while among many: only if `is_counted`.
    """
    days = [start + timedelta(days=n) for n in range(WEEKS * DAYS)]
    mondays = days[::DAYS]
    entries: defaultdict[date, list[Entry]] = defaultdict(list)
    scheduled = Campaign.objects.filter(
        state=State.SCHEDULED, starts_at__lt=midnight(days[-1] + timedelta(days=1))
    )
    dated = list(scheduled.select_related("survey", "segment").order_by("starts_at", "pk"))
    loaded = load_by_week(mondays, dated, at=at, unit=unit) if is_counted else None
    people = loaded.people if loaded else {}
    for day, entry in [
        *starting(days, dated, people),
        *waiting(days, at=at, unit=unit),
        *(reminding(days, at=at, unit=unit) if is_counted else ()),
        *projected(days, at=at, unit=unit),
    ]:
        entries[day].append(entry)
    return [
        Week(
            monday=monday,
            days={day: entries.get(day, []) for day in days[n * DAYS : (n + 1) * DAYS]},
            loads=loaded.by_monday.get(monday, []) if loaded else [],
            counted_at=loaded.counted_at if loaded else None,
        )
        for n, monday in enumerate(mondays)
    ]


def starting(
    days: Sequence[date], dated: Sequence[Campaign], people: Mapping[int, int]
) -> Iterator[tuple[date, Entry]]:
    """Campaigns that have a date but have not begun: whom they ask, as if they started so, and then remind."""
    for campaign in dated:
        day, asked = timezone.localdate(campaign.starts_at), people.get(campaign.pk)
        is_once = campaign.kind == Kind.ONCE
        if day >= days[0]:
            yield day, Entry(campaign, "starts", asked if is_once else None)
        later = [
            day + n * timedelta(days=campaign.remind_after_days) for n in range(1, campaign.reminders + 1)
        ]
        if is_once and asked:
            yield from (
                (each, Entry(campaign, "reminders", asked)) for each in within_time(campaign, later, days)
            )
        elif asked and (a_day := round(asked / period_of(campaign))):
            yield from (
                (each, Entry(campaign, "projected", a_day))
                for each in within_time(campaign, days, days)
                if each >= day
            )


def within_time(campaign: Campaign, moments: Iterable[date], days: Sequence[date]) -> Iterator[date]:
    """Those that are shown and do not come after its end."""
    last = min(days[-1], timezone.localdate(campaign.ends_at)) if campaign.ends_at else days[-1]
    return (day for day in moments if days[0] <= day <= last)


class Loaded(NamedTuple):
    """The loads of this week and those to come, and whom campaigns with a date will ask."""

    by_monday: Mapping[date, Sequence[Load]]
    people: Mapping[int, int]
    counted_at: datetime


def load_by_week(
    mondays: Sequence[date], dated: Sequence[Campaign], *, at: datetime, unit: Unit | None
) -> Loaded:
    """Of this week now, of those to come when they begin; what took long to count is shown for some minutes."""
    today = timezone.localdate(at)
    weeks = {monday: max(midnight(monday), at) for monday in mondays if monday + timedelta(days=DAYS) > today}
    if not weeks:
        return Loaded({}, {}, at)
    foreseen = (campaign for campaign in dated if is_foreseen(campaign, at=at))
    counted = list(islice(foreseen, MOST_COUNTED))
    starts = [(campaign.pk, campaign.starts_at) for campaign in counted]
    key = f"calendar:{digest_of(list(weeks), starts, unit and unit.pk)}"
    kept: Loaded | None = cache.get(key)
    if kept:
        return kept
    began = monotonic()
    loads, people = load_at(list(weeks.values()), scheduled=counted, at=at, unit=unit)
    loaded = Loaded(dict(zip(weeks, loads, strict=True)), people, at)
    if monotonic() - began > LONG:
        cache.set(key, loaded, KEPT)
    return loaded


def digest_of(*asked: object) -> str:
    """The same in every process, as Python's own hash is not."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()


def is_foreseen(campaign: Campaign, *, at: datetime) -> bool:
    """Whether who is asked is known before: not by what happens, nor by a rule that nobody can read any more."""
    try:
        members(segment=campaign.segment, at=at)
    except RuleError:
        return False
    return campaign.kind in FORESEEN


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


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
