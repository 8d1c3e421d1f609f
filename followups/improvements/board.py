"""The board: a column for each state, the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

from followups.improvements.raising import count_people
from followups.models import FollowUp, Improvement
from staff.access import visible
from staff.models import User
from staff.units import units_below

COLUMNS = tuple(state for state in Improvement.State if state != Improvement.State.DECLINED)
A_COLUMN = 30  # cards; more than that nobody looks through


@dataclass(frozen=True)
class Card:
    improvement: Improvement
    people: int
    is_late: bool


@dataclass(frozen=True)
class Column:
    """`total` may be more than its cards."""

    state: Improvement.State
    cards: list[Card]
    total: int


def board_of(user: User, chosen: Mapping[str, Any], *, at: datetime, today: date) -> list[Column]:
    """What `user` may see of the improvements that `chosen` leaves, in three queries."""
    rows = chosen_improvements(user, chosen)
    totals = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    numbered = rows.annotate(
        place=Window(RowNumber(), partition_by=F("state"), order_by=F("pk").desc())
    ).filter(place__lte=A_COLUMN, state__in=COLUMNS)
    cards = [*numbered.select_related("unit", "root_cause", "touchpoint", "owner").order_by("-pk")]
    people = count_people(each.pk for each in cards)
    return [
        Column(
            state=state,
            cards=[
                Card(each, people.get(each.pk, 0), is_late(each, today=today))
                for each in cards
                if each.state == state
            ],
            total=totals.get(state, 0),
        )
        for state in COLUMNS
    ]


def chosen_improvements(user: User, chosen: Mapping[str, Any]) -> QuerySet[Improvement]:
    rows = visible(Improvement.objects.all(), user)
    if unit := chosen.get("unit"):
        rows = rows.filter(unit__in=units_below(unit).order_by())
    same = {name: chosen[name] for name in ("owner", "root_cause") if chosen.get(name)}
    return rows.filter(**same)


def is_late(improvement: Improvement, *, today: date) -> bool:
    """Its date is over and it is not done."""
    due = improvement.due_date
    return bool(due and due < today and improvement.state in Improvement.OPEN)


def of_follow_up(follow_up: FollowUp, user: User) -> QuerySet[Improvement]:
    """Those that `follow_up` stands for, the newest first."""
    return visible(Improvement.objects.filter(voices__follow_up=follow_up), user).order_by("-pk")


def open_for(user: User) -> QuerySet[Improvement]:
    """Those a follow-up or an answer can be added to."""
    return visible(Improvement.objects.exclude(state=Improvement.State.DECLINED), user).order_by("-pk")
