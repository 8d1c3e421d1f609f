"""The Net Promoter Score with its interval, its changes, and the answers it takes."""

from math import ceil, sqrt

from surveys.metrics.certainty import Z_95, Change, Interval, change_of
from surveys.metrics.histograms import Histogram, sum_of
from surveys.metrics.scales import DETRACTORS, PROMOTERS

TYPICAL_NPS_VARIANCE = 0.61  # of the promoter/detractor difference, MeasuringU
WORST_NPS_VARIANCE = 1.0


def net_promoter_score(histogram: Histogram) -> float | None:
    """Promoters minus detractors in percent, −100 to 100; None when nobody answered (Reichheld 2003)."""
    if not (n := histogram.total()):
        return None
    return 100 * (sum_of(histogram, PROMOTERS) - sum_of(histogram, DETRACTORS)) / n


def nps_standard_error(histogram: Histogram) -> float | None:
    """Wald's standard error of the NPS in points; None when nobody answered. 0 when all agree: see nps_interval."""
    if not (n := histogram.total()):
        return None
    promoters, detractors = sum_of(histogram, PROMOTERS), sum_of(histogram, DETRACTORS)
    return 100 * sqrt((promoters + detractors) * n - (promoters - detractors) ** 2) / n / sqrt(n)


def nps_interval(histogram: Histogram, *, z: float = Z_95) -> Interval | None:
    """Adjusted Wald interval of the NPS (Rocks 2016): ¾ promoter, 1½ passives and ¾ detractor more."""
    if not histogram.total():
        return None
    centre, variance = adjusted_nps(histogram)
    width = z * sqrt(variance)
    return Interval(max(-100.0, 100 * (centre - width)), min(100.0, 100 * (centre + width)))


def adjusted_nps(histogram: Histogram) -> tuple[float, float]:
    """The NPS as a proportion and the variance of that mean, both after Rocks's adjustment."""
    n = histogram.total() + 3
    promoters = (sum_of(histogram, PROMOTERS) + 0.75) / n
    detractors = (sum_of(histogram, DETRACTORS) + 0.75) / n
    centre = promoters - detractors
    return centre, (promoters + detractors - centre**2) / n


def nps_change(before: Histogram, after: Histogram) -> Change | None:
    """Whether the NPS of two independent groups differs (adjusted Wald z test, MeasuringU); None when one is empty."""
    if not before.total() or not after.total():
        return None
    old, old_variance = adjusted_nps(before)
    new, new_variance = adjusted_nps(after)
    return change_of((new - old) / sqrt(old_variance + new_variance))


def nps_sample_size(margin: float, *, variance: float = TYPICAL_NPS_VARIANCE, z: float = Z_95) -> int:
    """Answers needed for ± `margin` NPS points (MeasuringU); use WORST_NPS_VARIANCE to be safe."""
    return max(0, ceil(variance * (z / (margin / 100)) ** 2 - 3))
