"""What came of an improvement: the score of as many days before it was done as after, and whether chance explains it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from events.dates import say_date
from followups.models import Improvement
from insights.days import ONE_DAY, day_of
from insights.patience import TookTooLong
from insights.periods import Period
from insights.privacy import Cell
from insights.scores import Slice, daily_cells, total
from insights.words import NOTHING, answers_words, hidden_words, interval_words, number_words, value_words
from surveys.metrics import HEADLINES, TREND_FROM, Estimate, Metric
from surveys.metrics.differences import Difference, difference_of


@dataclass(frozen=True)
class Side:
    """The days on one side of the day it was done."""

    days: str
    value: str
    interval: str
    people: str


@dataclass(frozen=True)
class Effect:
    """`tone` is good or bad when the change is more than chance; `problem` says why there are no figures."""

    metric: str
    before: Side
    after: Side
    difference: str = NOTHING
    interval: str = ""
    verdict: str = ""
    tone: str = "plain"
    problem: str = ""

    @property
    def summary(self) -> str:
        """“CSAT: 62% → 78%, 16 points up (4 to 27): more than chance.”"""
        if self.problem:
            return self.problem
        return _("%(metric)s: %(before)s → %(after)s, %(difference)s (%(interval)s): %(verdict)s") % {
            "metric": self.metric,
            "before": self.before.value,
            "after": self.after.value,
            "difference": self.difference,
            "interval": self.interval or NOTHING,
            "verdict": self.verdict,
        }


def effect_of(improvement: Improvement, at: datetime) -> Effect | None:
    """Of the answers at its touchpoint, to its survey, of its unit's customers; None before it is done."""
    metric = HEADLINES.get(improvement.metric)
    if metric is None or improvement.done_at is None:
        return None
    before, after = sides_of(improvement.done_at, improvement.measured_days, at=at)
    where = Slice(touchpoint=improvement.touchpoint_id, survey=improvement.survey_id, unit=improvement.unit)
    try:
        cells = daily_cells(period=Period(before.start, after.end), where=where, at=at)
    except TookTooLong:
        took = _("Looking this up took too long. Compare fewer days.")
        return Effect(_(metric.name), empty_side(before), empty_side(after), problem=took)
    kind = metric.question_kind
    return effect_between(
        metric,
        (before, total(cells, kind=kind, period=before)),
        (after, total(cells, kind=kind, period=after)),
    )


def sides_of(done_at: datetime, days: int, *, at: datetime) -> tuple[Period, Period]:
    """The day it was done is the first of those after; what lies ahead is left out."""
    done = day_of(done_at)
    end = min(done + timedelta(days=days - 1), max(day_of(at), done))
    return Period(done - timedelta(days=days), done - ONE_DAY), Period(done, end)


def effect_between(metric: Metric, before: tuple[Period, Cell], after: tuple[Period, Cell]) -> Effect:
    """In words; a side that is hidden hides the difference, too."""
    (then, old), (now, new) = before, after
    found = difference_of(metric, old.histogram, new.histogram)
    sides = side_of(metric, then, old, found.before), side_of(metric, now, new, found.after)
    if not (old.n and new.n):
        nobody = _("Nobody was scored on one of the two sides, so there is nothing to compare.")
        return Effect(_(metric.name), *sides, problem=nobody)
    if found.is_hidden or not (is_shown(old) and is_shown(new)):
        return Effect(_(metric.name), *sides, problem=hidden_words())
    return Effect(
        _(metric.name),
        *sides,
        difference=change_words(found.value or 0.0, metric=metric),
        interval=interval_of(found, metric),
        verdict=verdict_words(found),
        tone=tone_of(found, metric),
    )


def is_shown(cell: Cell) -> bool:
    return not cell.n or cell.is_shown


def side_of(metric: Metric, period: Period, cell: Cell, estimate: Estimate | None) -> Side:
    days = _("%(start)s to %(end)s") % {"start": say_date(period.start), "end": say_date(period.end)}
    if estimate is None or not is_shown(cell):
        return Side(days, NOTHING, "", hidden_words() if cell.n else answers_words(0))
    return Side(
        days,
        value_words(estimate.value, unit=metric.unit),
        interval_words(estimate.interval, unit=metric.unit),
        answers_words(estimate.n),
    )


def empty_side(period: Period) -> Side:
    days = _("%(start)s to %(end)s") % {"start": say_date(period.start), "end": say_date(period.end)}
    return Side(days, NOTHING, "", "")


def change_words(difference: float, *, metric: Metric) -> str:
    """“+12”: points of the metric, or percentage points."""
    number = number_words(difference, unit=metric.unit)
    return number if number.startswith("−") else f"+{number}"


def interval_of(found: Difference, metric: Metric) -> str:
    if found.interval is None:
        return ""
    low, high = (change_words(end, metric=metric) for end in found.interval)
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def verdict_words(found: Difference) -> str:
    if found.is_more_than_chance is None:
        return _("fewer than %(n)s answers on one side: too few to tell it from chance") % {"n": TREND_FROM}
    return _("more than chance") if found.is_more_than_chance else _("not more than chance")


def tone_of(found: Difference, metric: Metric) -> str:
    if not found.is_more_than_chance:
        return "plain"
    return "good" if ((found.value or 0.0) > 0) == metric.higher_is_better else "bad"
