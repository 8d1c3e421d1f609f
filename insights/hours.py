"""How long legs took, in business hours of their team."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from statistics import median

from insights.legs import Desk, TimedLeg
from staff.business_time import Week
from staff.calendars import counted_within

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Hours:
    """Some durations; of none there is neither a median nor a 90th percentile."""

    each: tuple[float, ...] = ()

    @property
    def n(self) -> int:
        return len(self.each)

    @property
    def median(self) -> float | None:
        return median(self.each) if self.each else None

    @property
    def p90(self) -> float | None:
        """The shortest of them that nine of ten did not exceed (nearest rank)."""
        return sorted(self.each)[ceil(9 * self.n / 10) - 1] if self.each else None


HoursOf = Mapping[Desk, list[float]]


def hours_by_desk(
    legs: Collection[TimedLeg], weeks: Mapping[int, Week], *, without_waiting: bool = False
) -> HoursOf:
    """From opening to end in the weeks of their teams; `without_waiting` leaves out what was waited for the customer."""
    found: dict[Desk, list[float]] = defaultdict(list)
    if not legs:
        return found
    start, end = min(leg.opened_at for leg in legs), max(leg.ended_at for leg in legs)
    counted = {team: counted_within(weeks[team], start, end) for team in {leg.team for leg in legs}}
    for leg in legs:
        taken = counted[leg.team](leg.opened_at, leg.ended_at)
        waited = leg.paused if without_waiting else timedelta()
        found[Desk(leg.team, leg.owner)].append(max(taken - waited, timedelta()) / HOUR)
    return found
