"""What stands in the inbox: six lists of follow-ups, the most urgent first, a page at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Model, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _

from followups.models import FollowUp
from followups.words import COMMENTS, Clock, clock_of, customer_words, said_in, score_words
from staff.access import visible
from staff.calendars import load_weeks
from staff.models import Team, User

PAGE = 25
ALL = Q()
COUNTED_AT_MOST = 10_000
NO_TEAM = 0  # an empty list of teams would make Django skip the whole query, and every tab count nothing


class Tab(TextChoices):
    MINE = "mine", _("Mine")
    TEAM = "team", _("My team’s")
    UNASSIGNED = "unassigned", _("Unassigned")
    OVERDUE = "overdue", _("Overdue")
    WAITING = "waiting", _("Waiting")
    RESOLVED = "resolved", _("Resolved")


BY_TIME_LEFT: tuple[str, ...] = ("due_at", "pk")
ORDER: dict[Tab, tuple[str, ...]] = dict.fromkeys(Tab, BY_TIME_LEFT) | {Tab.RESOLVED: ("-resolved_at", "-pk")}


@dataclass(frozen=True)
class Row:
    """One line of the inbox."""

    follow_up: FollowUp
    customer: str
    score: str
    comment: str
    survey: str
    touchpoint: str
    clock: Clock


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    next_after: int | None


def teams_of(user: User) -> list[int]:
    """The teams `user` is a member or the lead of."""
    return list(Team.objects.filter(Q(lead=user) | Q(members=user)).values_list("pk", flat=True).distinct())


def belongs_to(tab: Tab, *, user: User, teams: Sequence[int], at: datetime) -> Q:
    is_open = ~Q(state=FollowUp.State.RESOLVED)  # in the words of the partial indexes
    is_running = is_open & Q(state__in=FollowUp.RUNNING)
    match tab:
        case Tab.MINE:
            return is_running & Q(owner=user)
        case Tab.TEAM:
            return is_running & Q(team__in=[*teams, NO_TEAM])
        case Tab.UNASSIGNED:
            return is_running & Q(owner=None)
        case Tab.OVERDUE:
            return is_running & Q(due_at__lt=at)
        case Tab.WAITING:
            return is_open & Q(state=FollowUp.State.WAITING) & (Q(owner=user) | Q(team__in=[*teams, NO_TEAM]))
        case Tab.RESOLVED:
            return Q(state=FollowUp.State.RESOLVED)


def follow_ups_in(
    tab: Tab, *, user: User, teams: Sequence[int], at: datetime, narrow: Q = ALL
) -> QuerySet[FollowUp]:
    """The follow-ups of a tab in its order; those that `narrow` leaves."""
    there = FollowUp.objects.filter(belongs_to(tab, user=user, teams=teams, at=at) & narrow)
    return visible(there, user).order_by(*ORDER[tab])


def count_tabs(*, user: User, teams: Sequence[int], at: datetime) -> dict[str, int]:
    """How many wait in each tab and in all, among the 10,000 most urgent ones; resolved ones are not counted."""
    urgent = visible(FollowUp.objects.open(), user).order_by("due_at", "pk")[:COUNTED_AT_MOST]
    counts: dict[str, int] = urgent.aggregate(
        all=Count("pk"),
        **{
            f"in_{tab}": Count("pk", filter=belongs_to(tab, user=user, teams=teams, at=at))
            for tab in Tab
            if tab is not Tab.RESOLVED
        },
    )
    return {name.removeprefix("in_"): number for name, number in counts.items()}


def page_of(
    tab: Tab,
    *,
    user: User,
    teams: Sequence[int],
    at: datetime,
    after: int = 0,
    narrow: Q = ALL,
) -> Page:
    """The page of a tab that starts below the follow-up `after`; a fixed number of queries."""
    follow_ups = follow_ups_in(tab, user=user, teams=teams, at=at, narrow=narrow)
    last = visible(FollowUp.objects.filter(pk=after), user).first() if after else None
    if last:
        follow_ups = follow_ups.filter(beyond(last, ORDER[tab]))
    shown = list(
        FollowUp.objects.filter(
            pk__in=follow_ups.values("pk")[: PAGE + 1]
        )  # ids sort faster than joined rows
        .order_by(*ORDER[tab])
        .select_related(
            "customer",
            "owner",
            "team__calendar",
            "survey_response",
            "interaction",
        )
        .prefetch_related(COMMENTS)
        .with_names()
    )
    rows = rows_of(shown[:PAGE], at=at)
    return Page(rows=rows, next_after=shown[PAGE - 1].pk if len(shown) > PAGE else None)


def rows_of(follow_ups: Iterable[FollowUp], *, at: datetime) -> list[Row]:
    """How they stand in a list; they come `with_names`."""
    follow_ups = list(follow_ups)
    weeks = load_weeks({follow_up.team.calendar for follow_up in follow_ups})
    return [
        Row(
            follow_up=follow_up,
            customer=customer_words(follow_up),
            score=score_words(follow_up),
            comment=said_in(follow_up),
            survey=follow_up.survey_name or "",  # type: ignore[attr-defined]  # annotated
            touchpoint=follow_up.touchpoint_name or "",  # type: ignore[attr-defined]  # annotated
            clock=clock_of(follow_up, week=weeks[follow_up.team.calendar_id], at=at),
        )
        for follow_up in follow_ups
    ]


def neighbours(
    follow_up: FollowUp,
    *,
    tab: Tab,
    user: User,
    teams: Sequence[int],
    at: datetime,
    narrow: Q = ALL,
) -> tuple[int | None, int | None]:
    """The ids before and after `follow_up` in a tab."""
    shown = follow_ups_in(tab, user=user, teams=teams, at=at, narrow=narrow)
    pks = shown.values_list("pk", flat=True)
    order = ORDER[tab]
    backwards = tuple(name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order)
    before = pks.filter(beyond(follow_up, backwards)).order_by(*backwards).first()
    return before, pks.filter(beyond(follow_up, order)).first()


def beyond(row: Model, order: Sequence[str]) -> Q:
    """What stands after `row` in `order`; nothing does when one of its fields is empty."""
    after, equal, bound = Q(pk__in=[]), Q(), Q()
    for name in order:
        field, side = name.removeprefix("-"), "lt" if name.startswith("-") else "gt"
        value: Any = getattr(row, field)
        if value is None:
            break
        bound = bound or Q(**{f"{field}__{side}e": value})  # lets the index start there
        after |= equal & Q(**{f"{field}__{side}": value})
        equal &= Q(**{field: value})
    return bound & after
