"""What came of an improvement: the score at its touchpoint before it was done and after."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from followups.models import Improvement


class Side(Protocol):
    """The score of the days on one side of the day it was done, ready to be shown."""

    @property
    def days(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def interval(self) -> str: ...
    @property
    def people(self) -> str: ...


class Effect(Protocol):
    """`tone` is good, bad or plain; `summary` says everything in one line."""

    @property
    def metric(self) -> str: ...
    @property
    def before(self) -> Side: ...
    @property
    def after(self) -> Side: ...
    @property
    def difference(self) -> str: ...
    @property
    def interval(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def tone(self) -> str: ...
    @property
    def problem(self) -> str: ...
    @property
    def summary(self) -> str: ...


Effects = Callable[[Improvement, datetime], Effect | None]


def effect_of(improvement: Improvement, *, at: datetime) -> Effect | None:
    """None before it is done. The scores come from a room above: settings.IMPROVEMENT_EFFECT names who knows them."""
    effect: Effects = import_string(settings.IMPROVEMENT_EFFECT)
    return effect(improvement, at)
