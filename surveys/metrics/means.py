"""The mean score with its interval and its changes."""

from math import sqrt

from surveys.metrics.certainty import Z_95, Change, Interval, change_of
from surveys.metrics.histograms import Histogram

FEWEST_WITH_SPREAD = 2


def mean_score(histogram: Histogram) -> float | None:
    """The arithmetic mean of the scores; None when nobody answered."""
    if not (n := histogram.total()):
        return None
    return sum(score * people for score, people in histogram.items()) / n


def mean_variance(histogram: Histogram) -> float | None:
    """The variance of the mean (sample variance ÷ n); None below two answers."""
    n = histogram.total()
    if n < FEWEST_WITH_SPREAD:
        return None
    total = sum(score * people for score, people in histogram.items())
    squares = sum(score * score * people for score, people in histogram.items())
    return (n * squares - total * total) / (n * n * (n - 1))


def mean_interval(histogram: Histogram, scale: range, *, z: float = Z_95) -> Interval | None:
    """The normal interval of the mean, kept on its scale; None below two answers."""
    mean, variance = mean_score(histogram), mean_variance(histogram)
    if mean is None or variance is None:
        return None
    width = z * sqrt(variance)
    return Interval(max(float(scale[0]), mean - width), min(float(scale[-1]), mean + width))


def mean_change(before: Histogram, after: Histogram) -> Change | None:
    """Whether two independent means differ (Welch's statistic, normal p); None when either has no spread to judge by."""
    old, new = mean_score(before), mean_score(after)
    variance = (mean_variance(before) or 0.0) + (mean_variance(after) or 0.0)
    if old is None or new is None or not variance:
        return None
    return change_of((new - old) / sqrt(variance))
