"""What stands on the dashboard's tiles: a number only with its n, its interval and an honest comparison."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from insights.periods import Period, Step
from insights.privacy import Cell, shown_steps
from insights.scores import Cells, Rate, total
from insights.words import (
    NOTHING,
    answers_words,
    difference_words,
    hidden_words,
    interval_words,
    number_words,
    value_words,
)
from surveys.metrics import HEADLINES, SHOWN_FROM, TREND_FROM, Histogram, Metric, sum_of
from surveys.metrics.scales import DETRACTORS, PASSIVES, PROMOTERS
from surveys.metrics.shares import wilson_interval


@dataclass(frozen=True)
class Tile:
    """`trend` is "up" or "down" when the change is significant; `tone` says whether that is good or bad."""

    id: str
    label: str
    value: str
    answers: str = ""
    interval: str = ""
    note: str = ""
    trend: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Point:
    """One step of a trend; all but the label is None where nobody answered or the step is hidden."""

    label: str
    n: int | None
    value: float | None
    low: float | None
    high: float | None
    value_text: str
    interval_text: str
    answers_text: str


@dataclass(frozen=True)
class Trend:
    metric: Metric
    name: str
    points: list[Point]

    @property
    def is_empty(self) -> bool:
        return all(point.value is None for point in self.points)


@dataclass(frozen=True)
class Box:
    """A part of those who answered, e.g. the promoters."""

    label: str
    scores: str
    people: int
    percent: float
    tone: str


ALWAYS_SHOWN = ("nps", "csat", "ces")


def headlines_of(cells: Cells) -> list[Metric]:
    """The three that everybody asks about, and whatever else was answered."""
    answered = {kind for (kind, _day), cell in cells.items() if cell.n}
    return [metric for kind, metric in HEADLINES.items() if kind in ALWAYS_SHOWN or kind in answered]


def metric_tile(metric: Metric, cells: Cells, period: Period) -> Tile:
    now = total(cells, kind=metric.question_kind, period=period)
    before = total(cells, kind=metric.question_kind, period=period.before)
    name = _(metric.name)
    estimate = metric.estimate(now.histogram)
    if estimate is None:
        return Tile(metric.id, name, NOTHING, note=_("Nobody answered"))
    if not now.is_shown:
        return Tile(metric.id, name, NOTHING, note=hidden_words())
    return Tile(
        id=metric.id,
        label=name,
        value=value_words(estimate.value, unit=metric.unit),
        answers=answers_words(estimate.n),
        interval=interval_words(estimate.interval, unit=metric.unit),
        **compare(metric, before, now, days=period.days),
    )


def compare(metric: Metric, before: Cell, now: Cell, *, days: int) -> dict[str, str]:
    """What the tile says about the period before: an arrow only for a change that chance does not explain."""
    if not before.n:
        return {"note": _("Nothing before to compare with")}
    if not before.is_shown or min(before.n, now.n) < TREND_FROM:
        return {"note": _("Too few answers to compare: %(n)s are needed each time") % {"n": TREND_FROM}}
    change = metric.change(before.histogram, now.histogram)
    old, new = metric.value(before.histogram), metric.value(now.histogram)
    if change is None or old is None or new is None or not change.is_significant:
        return {
            "note": ngettext(
                "No clear change from the day before", "No clear change from the %(n)s days before", days
            )
            % {"n": days}
        }
    is_up = new > old
    words = {"change": difference_words(new - old, metric=metric), "n": days}
    return {
        "trend": "up" if is_up else "down",
        "tone": "good" if is_up == metric.higher_is_better else "bad",
        "note": ngettext("%(change)s from the day before", "%(change)s from the %(n)s days before", days)
        % words,
    }


def rate_tile(now: Rate, before: Rate) -> Tile:
    """The response rate. No arrow: those asked last had the least time to answer."""
    label = _("Response rate")
    if not now.asked:
        return Tile("response_rate", label, NOTHING, note=_("Nobody was asked"))
    if now.asked < SHOWN_FROM:
        return Tile("response_rate", label, NOTHING, note=hidden_words())
    answered = min(now.answered, now.asked)  # an answer may be counted moments before its invitation
    rate = 100 * answered / now.asked
    was = ""
    if before.asked >= SHOWN_FROM:
        rate_before = 100 * min(before.answered, before.asked) / before.asked
        was = _("Before: %(rate)s") % {"rate": value_words(rate_before, unit="percent")}
    return Tile(
        "response_rate",
        label,
        value_words(rate, unit="percent"),
        answers=_("%(answered)s of %(asked)s asked")
        % {"answered": number_words(answered), "asked": number_words(now.asked)},
        interval=interval_words(wilson_interval(answered, now.asked), unit="percent"),
        note=was,
    )


def trend_of(metric: Metric, cells: Cells, period: Period) -> Trend:
    steps = period.steps()
    groups = [total(cells, kind=metric.question_kind, period=Period(step.start, step.end)) for step in steps]
    points = [
        point_of(metric, step, group, is_shown=is_shown)
        for step, group, is_shown in zip(steps, groups, shown_steps(groups), strict=True)
    ]
    return Trend(metric, _(metric.name), points)


def point_of(metric: Metric, step: Step, group: Cell, *, is_shown: bool) -> Point:
    estimate = metric.estimate(group.histogram) if is_shown else None
    if estimate is None:
        words = _("nobody") if not group.n else _("hidden, for privacy")
        return Point(step.label, None, None, None, None, NOTHING, "", words)
    interval = estimate.interval
    return Point(
        step.label,
        estimate.n,
        round(estimate.value, 1),
        round(interval.low, 1) if interval else None,
        round(interval.high, 1) if interval else None,
        value_words(estimate.value, unit=metric.unit),
        interval_words(interval, unit=metric.unit),
        number_words(estimate.n),
    )


def boxes_of(cells: Cells, period: Period) -> list[Box]:
    """Promoters, passives and detractors; nothing when nobody answered or the group is hidden."""
    group = total(cells, kind=HEADLINES["nps"].question_kind, period=period)
    if not group.n or not group.is_shown:
        return []
    return [
        box(_("Promoters"), "9–10", group.histogram, PROMOTERS, "good"),
        box(_("Passives"), "7–8", group.histogram, PASSIVES, "warn"),
        box(_("Detractors"), "0–6", group.histogram, DETRACTORS, "bad"),
    ]


def box(label: str, words: str, histogram: Histogram, scores: range, tone: str) -> Box:
    people = sum_of(histogram, scores)
    return Box(label, words, people, 100 * people / histogram.total(), tone)


def chart_of(trend: Trend) -> dict[str, Any]:
    """What the script draws."""
    return {
        "labels": [point.label for point in trend.points],
        "values": [point.value for point in trend.points],
        "low": [point.low for point in trend.points],
        "high": [point.high for point in trend.points],
        "n": [point.n for point in trend.points],
        "unit": trend.metric.unit,
        "name": trend.name,
    }
