"""When somebody may be written to, by their own clock: quiet hours, holidays, and a campaign's time of day.

Pure: wall-clock rules and a moment in, a moment out. Nothing here reads a clock or the database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

LOOKED_AHEAD = 366  # days; who is never allowed within a year is allowed at once, rather than never
GRACE = timedelta(hours=1)  # whose time of day has come so lately is written to at once, not tomorrow


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

    @property
    def not_before(self) -> time | None:
        """The campaign's time of day; where quiet hours were laid over it since, their end."""
        return self.quiet_until if self.send_at is not None and is_quiet(self.send_at, self) else self.send_at


@lru_cache(maxsize=4096)
def next_turn(at: datetime, zone: str, hours: Hours) -> datetime:
    """When it is the turn of somebody in `zone` who is to be asked from `at` on: when the time of day comes next there.

    In UTC. Without a time of day it is the first moment that is allowed.
    """
    first = next_allowed(at, zone, hours)
    if hours.not_before is None:
        return first
    turns = (moment for day in days_from(first, zone) for moment in instants(day, hours.not_before, zone))
    return max(first, next_allowed(next(turn for turn in turns if turn + GRACE > first), zone, hours))


@lru_cache(maxsize=4096)
def next_allowed(at: datetime, zone: str, hours: Hours) -> datetime:
    """The first moment, in UTC and not before `at`, at which somebody in `zone` whose turn has come may be written to.

    That is the rest of their day from the time of day on: a list that takes hours is sent to its end.
    """
    if hours.is_always or is_allowed(at, zone, hours):
        return at
    openings = (moment for day in days_from(at, zone) for moment in openings_of(day, zone, hours))
    return next((moment for moment in openings if moment >= at and is_allowed(moment, zone, hours)), at)


def is_allowed(at: datetime, zone: str, hours: Hours) -> bool:
    local = at.astimezone(ZoneInfo(zone))
    if local.date() in hours.holidays or is_quiet(local.time(), hours):
        return False
    return hours.not_before is None or local.time() >= hours.not_before


def is_quiet(clock: time, hours: Hours) -> bool:
    start, end = hours.quiet_from, hours.quiet_until
    if start is None or end is None:
        return False
    return start <= clock < end if start < end else clock >= start or clock < end


def days_from(at: datetime, zone: str) -> Iterator[date]:
    """The days of a year by the clocks of `zone`, from that of `at` on."""
    today = at.astimezone(ZoneInfo(zone)).date()
    return (today + timedelta(days=n) for n in range(LOOKED_AHEAD))


def openings_of(day: date, zone: str, hours: Hours) -> Iterator[datetime]:
    """When on `day` something may begin to be allowed, in order."""
    clocks = {time(0), *(each for each in (hours.quiet_until, hours.not_before) if each is not None)}
    yield from sorted(moment for clock in clocks for moment in instants(day, clock, zone))


def instants(day: date, clock: time, zone: str) -> list[datetime]:
    """When it is `clock` on `day` in `zone`: twice in an hour that comes twice; else, if never, at the next that does."""
    wanted = datetime.combine(day, clock)
    both = {wanted.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)}
    found = sorted(moment for moment in both if wall_clock(moment, zone) == wanted)
    return found or [next(each for each in minutes_around(min(both)) if wall_clock(each, zone) >= wanted)]


def wall_clock(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def minutes_around(moment: datetime) -> Iterator[datetime]:
    """Every minute around a change of the clocks; no clock was ever changed by more than a day."""
    yield from (moment + timedelta(minutes=n) for n in range(-26 * 60, 26 * 60))
