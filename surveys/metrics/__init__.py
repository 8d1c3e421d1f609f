"""What scores mean: arithmetic on histograms, without Django, clock or database.

Counts are integers and each number is one last division. Nobody answered is None, never 0.
Shares and scores are in percent; an interval is at 95 % unless another z is given.
"""

from surveys.metrics.certainty import SHOWN_FROM, TREND_FROM, Change, Estimate, Interval
from surveys.metrics.definitions import HEADLINES, METRICS, Metric
from surveys.metrics.histograms import Histogram, sum_of
from surveys.metrics.scales import BAD, GOOD, SCALES, band_of, goodness

__all__ = [
    "BAD",
    "GOOD",
    "HEADLINES",
    "METRICS",
    "SCALES",
    "SHOWN_FROM",
    "TREND_FROM",
    "Change",
    "Estimate",
    "Histogram",
    "Interval",
    "Metric",
    "band_of",
    "goodness",
    "sum_of",
]
