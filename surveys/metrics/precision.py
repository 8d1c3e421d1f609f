"""How much so many answers can tell, before anybody is asked: arithmetic, without Django, clock or database.

Margins and changes are in points (NPS) or in percent (shares); nobody answered is None.
"""

from math import ceil, sqrt

from surveys.metrics import Histogram, sum_of
from surveys.metrics.certainty import NORMAL, Z_95
from surveys.metrics.nps import TYPICAL_NPS_VARIANCE
from surveys.metrics.scales import DETRACTORS, PROMOTERS

Z_POWER = NORMAL.inv_cdf(0.8)  # a real change of that size is then found four times out of five
WORST_SHARE = 0.5  # the share whose interval is widest


def nps_variance(histogram: Histogram) -> float | None:
    """The variance of −1 / 0 / +1 for detractors, passives and promoters, 0 to 1; None when nobody answered."""
    if not (n := histogram.total()):
        return None
    promoters, detractors = sum_of(histogram, PROMOTERS), sum_of(histogram, DETRACTORS)
    return ((promoters + detractors) * n - (promoters - detractors) ** 2) / n**2


def nps_margin(n: int, *, variance: float = TYPICAL_NPS_VARIANCE, z: float = Z_95) -> float | None:
    """± NPS points of the interval at `n` answers: z·√(s²/(n+3)), the inverse of nps_sample_size (MeasuringU)."""
    return 100 * z * sqrt(variance / (n + 3)) if n else None


def smallest_nps_change(
    n: int, *, before: int, variance: float = TYPICAL_NPS_VARIANCE, z: float = Z_95 + Z_POWER
) -> float | None:
    """The smallest change, in NPS points, that would be told from chance four times out of five.

    Two independent groups of `before` and `n` answers: (z_α + z_β)·√(s²/(n+3) + s²/(before+3)).
    """
    if not n or not before:
        return None
    return 100 * z * sqrt(variance / (n + 3) + variance / (before + 3))


def nps_sample_size_for_change(
    change: float, *, variance: float = TYPICAL_NPS_VARIANCE, z: float = Z_95 + Z_POWER
) -> int:
    """Answers each of two groups needs for a change of so many NPS points to be seen four times out of five."""
    return max(0, ceil(2 * variance * (z / (change / 100)) ** 2 - 3))


def share_margin(n: int, *, share: float = WORST_SHARE, z: float = Z_95) -> float | None:
    """Half the width, in percent, of Wilson's interval where `share` (0 to 1) of `n` answers are in the boxes."""
    if not n:
        return None
    return 100 * z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)


def smallest_share_change(
    n: int, *, before: int, share: float = WORST_SHARE, z: float = Z_95 + Z_POWER
) -> float | None:
    """The smallest change of a share, in percent points, that would be told from chance four times out of five.

    Two independent groups of `before` and `n` answers: (z_α + z_β)·√(p(1−p)·(1/n + 1/before)).
    """
    if not n or not before:
        return None
    return 100 * z * sqrt(share * (1 - share) * (1 / n + 1 / before))
