"""Who gave which score, by kind and day: from the daily counts in one query, whatever the number of answers.

A segment is not a dimension of the daily counts; with one, the single answers are counted instead.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from customers.models import Customer, Segment
from customers.segments import members
from insights.days import moments_of, zone
from insights.models import DailyInvitations, DailyScore
from insights.patience import at_most
from insights.periods import Period
from insights.privacy import Cell
from insights.rollups import SCORE_COLUMNS, asked_invitations, counted_answers
from staff.access import within
from staff.models import Unit
from surveys.metrics import SCALES
from surveys.models import Campaign, Question

PATIENCE = 10.0  # seconds
NO_SCORES = (0,) * len(SCORE_COLUMNS)
EVERYONE = sum((F(column) for column in SCORE_COLUMNS[1:]), F(SCORE_COLUMNS[0]))

Cells = dict[tuple[str, date], Cell]


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Which answers are meant; what is not given does not matter."""

    touchpoint: int | None = None
    campaign: int | None = None
    survey: int | None = None
    language: str = ""
    segment: Segment | None = None
    unit: Unit | None = None

    @property
    def dimensions(self) -> dict[str, Any]:
        """What is given, but for whose answers they are."""
        names = (field.name for field in fields(self) if field.name not in {"segment", "unit"})
        return {name: value for name in names if (value := getattr(self, name))}

    @property
    def everyone(self) -> "Slice":
        """The same without the segment."""
        return replace(self, segment=None)


@dataclass(frozen=True)
class Rate:
    """How many were asked, and how many of those answered so far."""

    asked: int
    answered: int


IN_DAILY_SCORES: Mapping[str, Callable[[Any], Q]] = {
    "touchpoint": lambda pk: Q(touchpoint_id=pk),
    "campaign": lambda pk: Q(campaign_id=pk),
    "survey": lambda pk: Q(question_id__in=Question.objects.filter(survey=pk).order_by().values("pk")),
    "language": lambda code: Q(language=code),
}
IN_ANSWERS: Mapping[str, Callable[[Any], Q]] = {
    "touchpoint": lambda pk: Q(survey_response__touchpoint=pk),
    "campaign": lambda pk: Q(survey_response__campaign=pk),
    "survey": lambda pk: Q(survey_response__survey=pk),
    "language": lambda code: Q(survey_response__language=code),
}
IN_DAILY_INVITATIONS: Mapping[str, Callable[[Any], Q]] = {
    "touchpoint": lambda pk: Q(campaign_id__in=campaigns_where(survey__touchpoint=pk)),
    "campaign": lambda pk: Q(campaign_id=pk),
    "survey": lambda pk: Q(campaign_id__in=campaigns_where(survey=pk)),
    "language": lambda code: Q(language=code),
}
IN_INVITATIONS: Mapping[str, Callable[[Any], Q]] = {
    "touchpoint": lambda pk: Q(wave__campaign__survey__touchpoint=pk),
    "campaign": lambda pk: Q(wave__campaign=pk),
    "survey": lambda pk: Q(wave__campaign__survey=pk),
    "language": lambda code: Q(language=code),
}


def campaigns_where(**condition: Any) -> QuerySet[Campaign, Any]:
    return Campaign.objects.filter(**condition).order_by().values("pk")


def conditions(words: Mapping[str, Callable[[Any], Q]], where: Slice) -> tuple[Q, dict[str, Q]]:
    """All of `where` in one Q, and for each of its dimensions the Q of all the others."""
    each = {name: words[name](value) for name, value in where.dimensions.items()}
    without = {name: Q(*(q for other, q in each.items() if other != name)) for name in each}
    return Q(*each.values()), without


def daily_cells(*, period: Period, where: Slice, at: datetime) -> Cells:
    """The scores of each kind and day that match `where`. With a segment: its members `at`; may raise TookTooLong."""
    if where.unit is None:
        everyone = count_days(period=period, where=where.everyone)
    else:
        with at_most(PATIENCE):
            everyone = count_answers(period=period, where=where, of=people(where.everyone, at=at))
    if where.segment is None:
        return everyone
    with at_most(PATIENCE):
        cells = count_answers(period=period, where=where, of=people(where, at=at))
    nobody = Cell(NO_SCORES, (0,) * len(where.dimensions))
    return {
        place: Cell(cell.counts, (*cell.wider, everyone.get(place, nobody).n))
        for place in {*everyone, *cells}
        for cell in (cells.get(place, nobody),)
    }


def people(where: Slice, *, at: datetime) -> QuerySet[Customer]:
    """The members of the segment within the unit, of those that are given."""
    chosen = Customer.everybody.all() if where.segment is None else members(segment=where.segment, at=at)
    return chosen if where.unit is None else within(chosen, where.unit)


def total(cells: Cells, *, kind: str, period: Period) -> Cell:
    """All days of `period` taken together."""
    return Cell.of(cells[kind, day] for day in period.each_day() if (kind, day) in cells)


def count_days(*, period: Period, where: Slice) -> Cells:
    """From the daily counts, in one query."""
    matching, without = conditions(IN_DAILY_SCORES, where)
    rows = (
        DailyScore.objects.between(period.start, period.end)
        .filter(kind__in=SCALES)
        .values_list("kind", "day")
        .annotate(
            **{f"sum_{column}": Sum(column, filter=matching) for column in SCORE_COLUMNS},
            **{f"without_{name}": Sum(EVERYONE, filter=others) for name, others in without.items()},
        )
        .order_by()
    )
    return {
        (kind, day): Cell(
            tuple(n or 0 for n in sums[: len(SCORE_COLUMNS)]),
            tuple(n or 0 for n in sums[len(SCORE_COLUMNS) :]),
        )
        for kind, day, *sums in rows
    }


def count_answers(*, period: Period, where: Slice, of: QuerySet[Customer]) -> Cells:
    """From the single answers of these customers, in one query."""
    matching, without = conditions(IN_ANSWERS, where)
    first, after = moments_of(period.start, period.end)
    rows = (
        counted_answers()
        .filter(
            survey_response__submitted_at__gte=first,
            survey_response__submitted_at__lt=after,
            survey_response__customer__in=of.order_by().values("pk"),
        )
        .values_list("question__kind", TruncDate("survey_response__submitted_at", tzinfo=zone()), "score")
        .annotate(
            people=Count("pk", filter=matching),
            **{f"without_{name}": Count("pk", filter=others) for name, others in without.items()},
        )
        .order_by()
    )
    cells: dict[tuple[str, date], list[Cell]] = defaultdict(list)
    for kind, day, score, people, *wider in rows:
        cells[kind, day].append(Cell(only(score, people), tuple(wider)))
    return {place: Cell.of(parts) for place, parts in cells.items()}


def only(score: int, people: int) -> tuple[int, ...]:
    """The counts of people who all gave `score`."""
    return (*NO_SCORES[:score], people, *NO_SCORES[score + 1 :])


def response_rates(*, period: Period, where: Slice, at: datetime) -> tuple[Rate, Rate]:
    """Of those asked in the period and in the one before, how many answered so far. May raise TookTooLong."""
    if where.segment is None and where.unit is None:
        return count_daily_invitations(period=period, where=where)
    with at_most(PATIENCE):
        return count_invitations(period=period, where=where, of=people(where, at=at))


def count_daily_invitations(*, period: Period, where: Slice) -> tuple[Rate, Rate]:
    matching, _ = conditions(IN_DAILY_INVITATIONS, where)
    is_now = Q(day__gte=period.start)
    rows = DailyInvitations.objects.between(period.before.start, period.end).filter(matching)
    sums = rows.aggregate(
        asked_now=Sum("asked", filter=is_now, default=0),
        answered_now=Sum("answered", filter=is_now, default=0),
        asked_before=Sum("asked", filter=~is_now, default=0),
        answered_before=Sum("answered", filter=~is_now, default=0),
    )
    return rates_of(sums)


def count_invitations(*, period: Period, where: Slice, of: QuerySet[Customer]) -> tuple[Rate, Rate]:
    matching, _ = conditions(IN_INVITATIONS, where)
    first, after = moments_of(period.before.start, period.end)
    is_now = Q(sent_at__gte=moments_of(period.start, period.end)[0])
    is_answered = Q(survey_response__is_test=False)
    asked = asked_invitations().filter(
        matching, sent_at__gte=first, sent_at__lt=after, customer__in=of.order_by().values("pk")
    )
    sums = asked.aggregate(
        asked_now=Count("pk", filter=is_now),
        answered_now=Count("pk", filter=is_now & is_answered),
        asked_before=Count("pk", filter=~is_now),
        answered_before=Count("pk", filter=~is_now & is_answered),
    )
    return rates_of(sums)


def rates_of(sums: Mapping[str, int]) -> tuple[Rate, Rate]:
    return Rate(sums["asked_now"], sums["answered_now"]), Rate(sums["asked_before"], sums["answered_before"])
