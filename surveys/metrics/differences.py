"""How much a metric changed between two groups, and how sure that is: arithmetic, without Django, clock or database."""

from dataclasses import dataclass
from math import sqrt

from surveys.metrics import SHOWN_FROM, TREND_FROM, Estimate, Histogram, Interval, Metric


@dataclass(frozen=True)
class Difference:
    """Two groups of people and the second's value less the first's; None where a group is empty or too small to show."""

    before: Estimate | None
    after: Estimate | None
    value: float | None
    interval: Interval | None
    is_more_than_chance: bool | None  # None: of so few people nobody can say

    @property
    def is_hidden(self) -> bool:
        return self.value is None


def difference_of(metric: Metric, before: Histogram, after: Histogram) -> Difference:
    """The change of `metric` with its 95 % interval (MOVER: Newcombe's square-and-add of the two intervals, Zou and
    Donner 2008). More than chance: the metric's own test says so and the interval leaves out zero.
    """
    old, new = shown(metric, before), shown(metric, after)
    if old is None or new is None:
        return Difference(old, new, None, None, None)
    interval = interval_between(old, new)
    return Difference(
        old, new, new.value - old.value, interval, beyond_chance(metric, before, after, interval)
    )


def shown(metric: Metric, histogram: Histogram) -> Estimate | None:
    """Nothing of fewer than five people."""
    return metric.estimate(histogram) if histogram.total() >= SHOWN_FROM else None


def interval_between(old: Estimate, new: Estimate) -> Interval | None:
    if old.interval is None or new.interval is None:
        return None
    difference = new.value - old.value
    below = sqrt((new.value - new.interval.low) ** 2 + (old.interval.high - old.value) ** 2)
    above = sqrt((new.interval.high - new.value) ** 2 + (old.value - old.interval.low) ** 2)
    return Interval(difference - below, difference + above)


def beyond_chance(
    metric: Metric, before: Histogram, after: Histogram, interval: Interval | None
) -> bool | None:
    if min(before.total(), after.total()) < TREND_FROM or interval is None:
        return None
    change = metric.change(before, after)
    leaves_out_zero = interval.low > 0 or interval.high < 0
    return bool(change and change.is_significant and leaves_out_zero)
