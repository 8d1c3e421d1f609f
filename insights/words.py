"""How figures read: numbers with their unit, intervals, changes."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.metrics import SHOWN_FROM, Interval, Metric

NOTHING = "–"
ONE_DECIMAL = {"score"}  # units shown with a decimal place; shares and points are not that exact


def number_words(value: float, *, unit: str = "points") -> str:
    """“−12”, “4.2”: rounded as its unit allows, with a real minus."""
    words = (
        number_format(round(value, 1), 1)
        if unit in ONE_DECIMAL
        else number_format(round(value), 0, force_grouping=True)
    )
    return words.replace("-", "−")


def value_words(value: float | None, *, unit: str) -> str:
    """“30”, “84%”, “–” when there is no value."""
    if value is None:
        return NOTHING
    number = number_words(value, unit=unit)
    return _("%(number)s%%") % {"number": number} if unit == "percent" else number


def interval_words(interval: Interval | None, *, unit: str) -> str:
    """“14 to 44”; nothing when there is no interval."""
    if interval is None:
        return ""
    low, high = (value_words(end, unit=unit) for end in interval)
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def answers_words(n: int) -> str:
    return ngettext("%(n)s answer", "%(n)s answers", n) % {"n": number_format(n, force_grouping=True)}


def hidden_words() -> str:
    return _("Hidden: fewer than %(n)s people, or fewer left out, could be recognised.") % {"n": SHOWN_FROM}


def difference_words(difference: float, *, metric: Metric) -> str:
    """“4 points up”, in the unit of the metric."""
    amount = number_words(abs(difference), unit=metric.unit)
    if difference >= 0:
        return ngettext("%(n)s point up", "%(n)s points up", round(abs(difference))) % {"n": amount}
    return ngettext("%(n)s point down", "%(n)s points down", round(abs(difference))) % {"n": amount}
