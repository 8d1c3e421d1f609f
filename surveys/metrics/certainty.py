"""How sure a number is, whether a difference is more than chance, and from how many answers on it is shown."""

from statistics import NormalDist
from typing import NamedTuple

NORMAL = NormalDist()
Z_95 = NORMAL.inv_cdf(0.975)
SIGNIFICANT_BELOW = 0.05
SHOWN_FROM = 5  # people; fewer could be recognised
TREND_FROM = 30  # people; below, an interval but no arrow


class Interval(NamedTuple):
    low: float
    high: float


class Change(NamedTuple):
    """The difference of two independent groups: z, and p of a difference at least as large by chance alone."""

    z: float
    p: float

    @property
    def is_significant(self) -> bool:
        return self.p < SIGNIFICANT_BELOW


class Estimate(NamedTuple):
    """A number as it is shown: with how sure it is and how many people stand behind it."""

    value: float
    interval: Interval | None
    n: int


def change_of(z: float) -> Change:
    return Change(z, 2 * NORMAL.cdf(-abs(z)))
