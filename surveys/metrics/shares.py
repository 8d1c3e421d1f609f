"""Shares of those who answered, such as CSAT and CES, with their intervals and differences."""

from collections.abc import Iterable
from math import sqrt

from surveys.metrics.certainty import Z_95, Change, Interval, change_of
from surveys.metrics.histograms import Histogram, sum_of
from surveys.metrics.scales import EASY, SATISFIED


def share_of(histogram: Histogram, scores: Iterable[int]) -> float | None:
    """People who gave one of `scores`, in percent of those who answered; None when nobody answered."""
    if not (n := histogram.total()):
        return None
    return 100 * sum_of(histogram, scores) / n


def satisfaction_share(histogram: Histogram) -> float | None:
    """CSAT: ratings of 4 and 5 in percent of all on 1–5 (top two boxes); None when nobody answered."""
    return share_of(histogram, SATISFIED)


def ease_share(histogram: Histogram) -> float | None:
    """CES: those who at least somewhat agree that it was easy, 5–7 on 1–7, in percent (Gartner, CES 2.0)."""
    return share_of(histogram, EASY)


def wilson_interval(hits: int, n: int, *, z: float = Z_95) -> Interval | None:
    """Wilson's score interval of `hits` out of `n`, in percent; None when n is 0."""
    if not n:
        return None
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    width = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if hits == 0 else max(0.0, 100 * (centre - width))
    high = 100.0 if hits == n else min(100.0, 100 * (centre + width))
    return Interval(low, high)


def share_interval(histogram: Histogram, scores: Iterable[int], *, z: float = Z_95) -> Interval | None:
    return wilson_interval(sum_of(histogram, scores), histogram.total(), z=z)


def share_change(before: Histogram, after: Histogram, scores: Iterable[int]) -> Change | None:
    """Whether two independent shares differ (see proportions_change); None when one is empty."""
    boxes = tuple(scores)
    return proportions_change((sum_of(before, boxes), before.total()), (sum_of(after, boxes), after.total()))


def proportions_change(before: tuple[int, int], after: tuple[int, int]) -> Change | None:
    """Whether two independent shares, each (hits, n), differ: the N−1 two-proportion z test (Campbell 2007).

    None when one is empty.
    """
    (old_hits, old_n), (new_hits, new_n) = before, after
    if not old_n or not new_n:
        return None
    n, hits = old_n + new_n, old_hits + new_hits
    if hits in (0, n):
        return Change(0.0, 1.0)
    difference = new_hits / new_n - old_hits / old_n
    pooled = hits * (n - hits) / n**2 * (1 / old_n + 1 / new_n)
    return change_of(difference * sqrt((n - 1) / n) / sqrt(pooled))


def difference_interval(
    before: tuple[int, int], after: tuple[int, int], *, z: float = Z_95
) -> Interval | None:
    """Newcombe's interval of the second share less the first, each (hits, n), in percentage points (1998, method 10).

    None when one is empty.
    """
    old, new = wilson_interval(*before, z=z), wilson_interval(*after, z=z)
    if old is None or new is None:
        return None
    old_share, new_share = 100 * before[0] / before[1], 100 * after[0] / after[1]
    below = sqrt((new_share - new.low) ** 2 + (old.high - old_share) ** 2)
    above = sqrt((new.high - new_share) ** 2 + (old_share - old.low) ** 2)
    return Interval(new_share - old_share - below, new_share - old_share + above)
