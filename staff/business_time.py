"""Business time: how long people were, or will be, at work between two moments.

Hours are local wall-clock times and are placed on the time line day by day, so the day the clocks change is as long
as it really was. An hour that does not exist on that day is read as the one after it.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import accumulate

Span = tuple[datetime, datetime]
Hours = tuple[time, time]
LOOK_AHEAD = timedelta(days=3660)


class NeverOpen(Exception):
    """The calendar has too few open hours to hold the asked time within ten years."""


@dataclass(frozen=True)
class Week:
    """When people work: opening hours per weekday (0 is Monday), in a time zone.

    On `holidays` they do not; on `half_days` they work in these hours instead.
    """

    hours: Mapping[int, Collection[Hours]]
    zone: tzinfo
    holidays: frozenset[date] = frozenset()
    half_days: Mapping[date, Hours] = field(default_factory=dict)


def add_business_time(week: Week, start: datetime, duration: timedelta) -> datetime:
    """The moment, in UTC, when `duration` of open time has passed since `start`; raises NeverOpen."""
    left = duration
    for opens, closes in open_spans(week, start, start + LOOK_AHEAD):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise NeverOpen


def business_time_between(week: Week, start: datetime, end: datetime) -> timedelta:
    """Open time from `start` to `end`; zero when `end` is not after `start`."""
    return sum((closes - opens for opens, closes in open_spans(week, start, end)), timedelta())


class OpenTime:
    """business_time_between() for many pairs of moments, of the open spans of a stretch, in order."""

    def __init__(self, spans: Iterable[Span]) -> None:
        spans = list(spans)
        self.opens = [opens for opens, _closes in spans]
        self.lengths = [closes - opens for opens, closes in spans]
        self.before = list(accumulate(self.lengths, initial=timedelta()))

    def between(self, start: datetime, end: datetime) -> timedelta:
        return max(self.until(end) - self.until(start), timedelta())

    def until(self, moment: datetime) -> timedelta:
        """Open time from the beginning of the stretch."""
        last = bisect_right(self.opens, moment) - 1
        if last < 0:
            return timedelta()
        return self.before[last] + min(moment - self.opens[last], self.lengths[last])


def open_spans(week: Week, start: datetime, end: datetime) -> Iterator[Span]:
    """The open spans between `start` and `end`, in UTC and in order."""
    if not any(week.hours.values()) and not week.half_days:
        return
    day = start.astimezone(week.zone).date()
    last_day = end.astimezone(week.zone).date()
    while day <= last_day:
        for opens, closes in spans_of_day(week, day):
            span = max(opens, start.astimezone(UTC)), min(closes, end.astimezone(UTC))
            if span[0] < span[1]:
                yield span
        day += timedelta(days=1)


def spans_of_day(week: Week, day: date) -> Iterator[Span]:
    if day in week.holidays:
        return
    half = week.half_days.get(day)
    for opens, closes in [half] if half else merged(week.hours.get(day.weekday(), ())):
        yield moment(week, day, opens), moment(week, day, closes)


def moment(week: Week, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, tzinfo=week.zone).astimezone(UTC)


def merged(hours: Iterable[Hours]) -> list[Hours]:
    """Hours in order, overlapping ones as one, so that no minute counts twice."""
    whole: list[Hours] = []
    for opens, closes in sorted(hours):
        if whole and opens <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(whole[-1][1], closes)
        else:
            whole.append((opens, closes))
    return whole
