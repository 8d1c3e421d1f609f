"""Live figures for places on a journey map."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from insights.days import moments_of
from insights.models import DailyScore
from insights.privacy import is_few
from insights.rollups import SCORE_COLUMNS, counted_answers
from insights.words import NOTHING, interval_words, value_words
from staff.access import within
from staff.models import Unit
from surveys.metrics import HEADLINES, SHOWN_FROM, Histogram, Interval, Metric

Histograms = dict[tuple[int, str], Histogram]  # by touchpoint and kind of question
EVEN = {"points": 0.0, "percent": 50.0}  # as many happy as unhappy people


@dataclass(frozen=True)
class Figure:
    """`tone` is good or bad when the whole interval lies on one side of the middle, else plain."""

    label: str
    value_text: str
    interval_text: str
    n: int
    tone: str


def figures(
    touchpoint_ids: Iterable[int], start: date, end: date, unit: Unit | None = None
) -> dict[int, list[Figure]]:
    """NPS, CSAT and CES of each touchpoint that was scored in these days, by customers of `unit` if given; one query."""
    ids = list(touchpoint_ids)
    histograms = (
        daily_histograms(ids, start, end) if unit is None else histograms_within(ids, start, end, unit)
    )
    found: dict[int, list[Figure]] = defaultdict(list)
    for kind, metric in HEADLINES.items():
        for (touchpoint, its_kind), histogram in histograms.items():
            if its_kind == kind:
                found[touchpoint].append(figure_of(metric, histogram))
    return dict(found)


def daily_histograms(touchpoint_ids: list[int], start: date, end: date) -> Histograms:
    """From the daily counts."""
    rows = (
        DailyScore.objects.between(start, end)
        .filter(touchpoint_id__in=touchpoint_ids, kind__in=HEADLINES)
        .values_list("touchpoint_id", "kind")
        .annotate(**{f"sum_{column}": Sum(column) for column in SCORE_COLUMNS})
        .order_by()
    )
    return {(touchpoint, kind): Histogram(dict(enumerate(counts))) for touchpoint, kind, *counts in rows}


def histograms_within(touchpoint_ids: list[int], start: date, end: date, unit: Unit) -> Histograms:
    """From the single answers: the daily counts know no units."""
    first, after = moments_of(start, end)
    answers = counted_answers().filter(
        survey_response__touchpoint__in=touchpoint_ids,
        survey_response__submitted_at__gte=first,
        survey_response__submitted_at__lt=after,
        question__kind__in=HEADLINES,
    )
    rows = (
        within(answers, unit)
        .values_list("survey_response__touchpoint", "question__kind", "score")
        .annotate(Count("pk"))
        .order_by()
    )
    counts: dict[tuple[int, str], dict[int, int]] = defaultdict(dict)
    for touchpoint, kind, score, people in rows:
        counts[touchpoint, kind][score] = people
    return {place: Histogram(people) for place, people in counts.items()}


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
