"""Reading the values in a rule, and saying what is wrong with one that cannot be understood."""

from typing import Any

from django.utils.translation import gettext as _

TOO_LARGE = 1e15  # below it both databases count exactly, and a number can be written out
CENTURY = 36_500  # days


class RuleError(ValueError):
    """A rule that cannot be understood; its words say where, as in “Condition 2.1: …”, and what to do."""

    def __init__(self, problem: str, *, place: tuple[int, ...] = ()) -> None:
        super().__init__(problem, place)
        self.problem, self.place = problem, place

    def __str__(self) -> str:
        if not self.place:
            return self.problem
        place = ".".join(map(str, self.place))
        return _("Condition %(place)s: %(problem)s") % {"place": place, "problem": self.problem}


def text(value: Any) -> str:
    if isinstance(value, int) and not abs(value) < TOO_LARGE:
        raise RuleError(_("a text is needed."))
    is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
    if not is_text or not str(value).strip() or "\x00" in str(value):
        raise RuleError(_("a text is needed."))
    return str(value)


def number(value: Any) -> int | float:
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise RuleError(_("a number is needed.")) from error
    if not abs(result) < TOO_LARGE:
        raise RuleError(_("a number is needed."))
    return int(result) if result.is_integer() else result


def days(value: Any) -> int:
    result = number(value)
    if not 0 <= result <= CENTURY:
        raise RuleError(_("a number of days from 0 to 36,500 is needed."))
    return int(result)
