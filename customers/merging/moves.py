"""What follows a customer into a merge: each room lends its belongings through settings.CUSTOMER_MOVES."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from events.lookups import Among


class CannotMove(Exception):
    """A merge or its undoing stops here; its words say why, and nothing has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A merge under way: from whom, to whom, as which number."""

    kept: int
    merged: int
    number: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What of a room points at a customer. `move` tells, as JSON, what `give_back` needs to restore it exactly."""

    name: str
    title: str | Promise
    count: Callable[[int], int]
    move: Callable[[Handover], Any]
    give_back: Callable[[Handover, Any], None]


def rows_of_customer(model: type[Model], *, name: str, title: str | Promise) -> Belongings:
    """The rows of `model`, whose `customer` nothing keeps from changing."""
    rows = model._default_manager

    def move(handover: Handover) -> list[int]:
        theirs = list(rows.filter(customer=handover.merged).order_by("pk").values_list("pk", flat=True))
        rows.filter(Among("pk", theirs)).update(customer=handover.kept)
        return theirs

    def give_back(handover: Handover, moved: list[int]) -> None:
        rows.filter(Among("pk", moved), customer=handover.kept).update(customer=handover.merged)

    def count(customer: int) -> int:
        return rows.filter(customer=customer).count()

    return Belongings(name=name, title=title, count=count, move=move, give_back=give_back)


@cache
def lent_belongings() -> tuple[Belongings, ...]:
    belongings: tuple[Belongings, ...] = import_string(settings.CUSTOMER_MOVES)
    return belongings
