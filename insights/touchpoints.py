"""Live figures for places on a journey map."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum
from django.utils.translation import gettext as _

from insights.models import DailyScore
from insights.privacy import is_few
from insights.rollups import SCORE_COLUMNS
from insights.words import NOTHING, interval_words, value_words
from surveys.metrics import HEADLINES, SHOWN_FROM, Histogram, Interval, Metric

EVEN = {"points": 0.0, "percent": 50.0}  # as many happy as unhappy people


@dataclass(frozen=True)
class Figure:
    """`tone` is good or bad when the whole interval lies on one side of the middle, else plain."""

    label: str
    value_text: str
    interval_text: str
    n: int
    tone: str


def figures(touchpoint_ids: Iterable[int], start: date, end: date) -> dict[int, list[Figure]]:
    """NPS, CSAT and CES of each touchpoint that was scored in these days; one query."""
    rows = (
        DailyScore.objects.between(start, end)
        .filter(touchpoint_id__in=list(touchpoint_ids), kind__in=HEADLINES)
        .values_list("touchpoint_id", "kind")
        .annotate(**{f"sum_{column}": Sum(column) for column in SCORE_COLUMNS})
        .order_by()
    )
    histograms = {
        (touchpoint, kind): Histogram(dict(enumerate(counts))) for touchpoint, kind, *counts in rows
    }
    found: dict[int, list[Figure]] = defaultdict(list)
    for kind, metric in HEADLINES.items():
        for (touchpoint, its_kind), histogram in histograms.items():
            if its_kind == kind:
                found[touchpoint].append(figure_of(metric, histogram))
    return dict(found)


def figure_of(metric: Metric, histogram: Histogram) -> Figure:
    estimate, name = metric.estimate(histogram), _(metric.name)
    if estimate is None or is_few(estimate.n):
        few = _("fewer than %(n)s answers") % {"n": SHOWN_FROM}
        return Figure(name, NOTHING, few, histogram.total(), "plain")
    return Figure(
        label=name,
        value_text=value_words(estimate.value, unit=metric.unit),
        interval_text=interval_words(estimate.interval, unit=metric.unit),
        n=estimate.n,
        tone=tone_of(metric, estimate.interval),
    )


def tone_of(metric: Metric, interval: Interval | None) -> str:
    middle = EVEN.get(metric.unit)
    if interval is None or middle is None or interval.low <= middle <= interval.high:
        return "plain"
    return "good" if (interval.low > middle) == metric.higher_is_better else "bad"
