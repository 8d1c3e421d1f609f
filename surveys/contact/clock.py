"""When somebody may be written to, by their own clock: quiet hours, holidays, and a campaign's time of day.

Pure: wall-clock rules and a moment in, a moment out. Nothing here reads a clock or the database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LOOKED_AHEAD = 366  # days; who is never allowed within a year is allowed at once, rather than never


@dataclass(frozen=True)
class Hours:
    """When nobody is written to. Quiet hours may go over midnight; `send_at` is the time of day a campaign wants."""

    quiet_from: time | None = None
    quiet_until: time | None = None
    holidays: frozenset[date] = frozenset()
    send_at: time | None = None

    @property
    def is_always(self) -> bool:
        return self.quiet_from is None and not self.holidays and self.send_at is None


@lru_cache(maxsize=4096)
def next_allowed(at: datetime, zone: str, hours: Hours) -> datetime:
    """The first moment, in UTC and not before `at`, at which somebody in `zone` may be written to."""
    if hours.is_always or is_allowed(at, zone, hours):
        return at
    local = at.astimezone(ZoneInfo(zone))
    days = (local.date() + timedelta(days=n) for n in range(LOOKED_AHEAD))
    openings = (moment for day in days for moment in openings_of(day, zone, hours))
    return next((moment for moment in openings if moment >= at and is_allowed(moment, zone, hours)), at)


def is_allowed(at: datetime, zone: str, hours: Hours) -> bool:
    local = at.astimezone(ZoneInfo(zone))
    if local.date() in hours.holidays or is_quiet(local.time(), hours):
        return False
    return hours.send_at is None or local.time() >= hours.send_at


def is_quiet(clock: time, hours: Hours) -> bool:
    start, end = hours.quiet_from, hours.quiet_until
    if start is None or end is None:
        return False
    return start <= clock < end if start < end else clock >= start or clock < end


def openings_of(day: date, zone: str, hours: Hours) -> Iterator[datetime]:
    """When on `day` something may begin to be allowed, in order."""
    clocks = {time(0), *(each for each in (hours.quiet_until, hours.send_at) if each is not None)}
    yield from sorted(first_instant(day, clock, zone) for clock in clocks)


def first_instant(day: date, clock: time, zone: str) -> datetime:
    """`clock` on `day` in `zone`: of an hour that comes twice the first, of one that never comes the next that does."""
    wanted = datetime.combine(day, clock)
    moment = wanted.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    if wall_clock(moment, zone) == wanted:
        return moment
    return next(each for each in minutes_around(moment) if wall_clock(each, zone) >= wanted)


def wall_clock(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def minutes_around(moment: datetime) -> Iterator[datetime]:
    """Every minute around a change of the clocks; no clock was ever changed by more than a day."""
    yield from (moment + timedelta(minutes=n) for n in range(-26 * 60, 26 * 60))
