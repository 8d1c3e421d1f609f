"""How long legs took, in business hours of their team: of all of them, by team, by owner and by root cause.

PostgreSQL measures them itself, however many they are: the open hours of each team travel there once. SQLite knows
neither arrays nor percentiles, so there they are measured here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from events.lookups import written_out
from insights.loop.legs import ENDS, Scope, Window, ended_legs
from staff.business_time import OpenTime, Week
from staff.calendars import open_time

HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROWS = 2_000  # of SQLite, read at a time

Group = tuple[str, int | None]  # one of KINDS with a number, or ALL
ALL: Group = ("all", None)
KINDS = ("team", "owner", "cause")


@dataclass(frozen=True)
class Hours:
    """Some durations: their median, and the shortest that nine of ten did not exceed (nearest rank); of none neither."""

    n: int = 0
    median: float | None = None
    p90: float | None = None


HoursOf = Mapping[Group, Hours]
Measured = tuple[str, Group, int, float, float]  # to which end, whose, how many, both figures in microseconds


def hours_taken(
    scope: Scope, window: Window, *, since: datetime | None, weeks: Mapping[int, Week]
) -> Mapping[str, HoursOf]:
    """From the opening to each of `ENDS` that legs came to in the period, by the week of their team; what was waited for
    the customer does not count to the last of them. One query.

    The first of these legs was opened at `since`; None when there are none.
    """
    found: dict[str, dict[Group, Hours]] = {end: defaultdict(Hours) for end in ENDS}
    if since:
        clocks = {team: open_time(week, since, window.end) for team, week in weeks.items()}
        measure = measured_there if connection.vendor == "postgresql" else measured_here
        for end, group, n, middle, ninth in measure(ended_legs(scope, window), window, clocks):
            found[end][group] = Hours(n, hours_in(middle), hours_in(ninth))
    return found


def hours_in(microseconds: float) -> float:
    return microseconds * MICROSECOND / HOUR


def measured_here(legs: QuerySet[Any], window: Window, clocks: Mapping[int, OpenTime]) -> Iterator[Measured]:
    spent: dict[tuple[str, Group], list[int]] = defaultdict(list)
    for team, owner, cause, opened_at, *ended, paused in legs.iterator(chunk_size=ROWS):
        for end, at, waited in zip(ENDS, ended, (timedelta(), timedelta(), paused), strict=True):
            if at and window.start <= at < window.end:
                time = max(clocks[team].between(opened_at, at) - waited, timedelta()) // MICROSECOND
                for group in (ALL, *zip(KINDS, (team, owner, cause), strict=True)):
                    spent[end, group].append(time)
    for (end, group), each in spent.items():
        yield end, group, len(each), median(each), sorted(each)[ceil(9 * len(each) / 10) - 1]


def measured_there(legs: QuerySet[Any], window: Window, clocks: Mapping[int, OpenTime]) -> Iterator[Measured]:
    sql, params = legs.query.sql_with_params()
    statement = MEASURED.format(legs=sql, calendars=", ".join([CALENDAR] * len(clocks)))
    calendars = [each for team, clock in clocks.items() for each in (team, *arrays_of(clock))]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, *calendars, *(window.start, window.end) * len(ENDS)])
        for kind, number, *found in cursor.fetchall():
            group = (kind, number) if kind else ALL
            for end, n, *both in zip(ENDS, found[::3], found[1::3], found[2::3], strict=True):
                if n:
                    yield end, group, n, *both


def arrays_of(clock: OpenTime) -> tuple[str, str, str]:
    """When spans open, how long they are, and how much was open before each, as PostgreSQL reads arrays."""
    opens = (each - EPOCH for each in clock.opens)
    return in_microseconds(opens), in_microseconds(clock.lengths), in_microseconds(clock.before)


def in_microseconds(durations: Iterable[timedelta]) -> str:
    return written_out(each // MICROSECOND for each in durations)


def moment(column: str) -> str:
    return f"round(date_part('epoch', {column}) * 1000000)"


def until(column: str) -> str:
    """As OpenTime.until(); before the first span nothing was open."""
    place = f"width_bucket({moment(column)}, opens)"
    return f"COALESCE(before[{place}] + LEAST({moment(column)} - opens[{place}], lengths[{place}]), 0)"


def taken(end: str) -> str:
    """From the opening to `end`, where that lies in the period."""
    waited = moment("paused") if end == "resolved_at" else "0"
    return f"CASE WHEN {end} >= %s AND {end} < %s THEN GREATEST({until(end)} - opened - {waited}, 0) END AS {end}"


def figures(end: str) -> str:
    middle = f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {end})"
    return f"COUNT({end}), {middle}, percentile_disc(0.9) WITHIN GROUP (ORDER BY {end})"


CALENDAR = "(%s::bigint, %s::float8[], %s::float8[], %s::float8[])"
MEASURED = f"""
    WITH leg (team, owner, cause, opened_at, {", ".join(ENDS)}, paused) AS ({{legs}}),
    calendar (team, opens, lengths, before) AS (VALUES {{calendars}}),
    measured AS MATERIALIZED (
        SELECT leg.team, owner, cause, {", ".join(taken(end) for end in ENDS)}
        FROM leg JOIN calendar USING (team) CROSS JOIN LATERAL (SELECT {until("opened_at")} AS opened OFFSET 0) AS first
    )
    SELECT CASE 0 WHEN GROUPING(team) THEN 'team' WHEN GROUPING(owner) THEN 'owner' WHEN GROUPING(cause) THEN 'cause' END,
        COALESCE(team, owner, cause), {", ".join(figures(end) for end in ENDS)}
    FROM measured GROUP BY GROUPING SETS ((), (team), (owner), (cause))
"""  # noqa: S608  our own columns
