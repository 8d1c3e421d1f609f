"""The shape of a condition that a rule may name: its operators, how they read, and what narrows it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

NARROWINGS = ("touchpoint", "in_last_days")
Condition = Callable[..., Q]


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Where and since when something counts; empty where everything does."""

    touchpoint: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A condition a room lends: `condition(op, value, at)` gives a Q over customers.

    `value_kind` is "number", "text", "date", "days", "choice" or "none"; `choices` lists (value, label) lazily. One with
    `narrowings` may be narrowed by these: its condition takes a Narrowed as well. `words` are those of its operators
    that read otherwise than usual.
    """

    name: str
    label: str | Promise
    operators: tuple[str, ...]
    value_kind: str
    condition: Condition
    choices: Callable[[], list[tuple[str, str]]] | None = None
    narrowings: tuple[str, ...] = ()
    words: Mapping[str, Promise] = field(default_factory=dict)

    def operator_words(self, op: str) -> str:
        """How the operator reads after this field: “Purchased never”."""
        return str(self.words.get(op) or OPERATORS[op])


OPERATORS: Mapping[str, Promise] = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "contains": gettext_lazy("contains"),
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"),
    "is_set": gettext_lazy("is known"),
    "is_not_set": gettext_lazy("is not known"),
    "in_last_days": gettext_lazy("was in the last … days"),
    "not_in_last_days": gettext_lazy("was not in the last … days"),
    "more_than_days_ago": gettext_lazy("was more than … days ago"),
    "in_next_days_of_year": gettext_lazy("comes round in the next … days"),
    "within": gettext_lazy("is, or is part of,"),
}
OF_DEEDS: Mapping[str, Promise] = {
    "in_last_days": gettext_lazy("in the last … days"),
    "not_in_last_days": gettext_lazy("not in the last … days"),
    "is_set": gettext_lazy("at some time"),
    "is_not_set": gettext_lazy("never"),
}
OF_THINGS: Mapping[str, Promise] = {
    "is_set": gettext_lazy("there is one"),
    "is_not_set": gettext_lazy("there is none"),
}
