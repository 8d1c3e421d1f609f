"""What customers answered, as segment conditions."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from customers.segments.activities import OF_DEEDS, Activity, Narrowed
from customers.segments.values import days, number, text
from journeys.activity import touchpoint_choices
from surveys.models import Invitation, Question, SurveyResponse

BELOW_EVERY_SCORE, ABOVE_EVERY_SCORE = -1, 99  # of those who gave none: never NULL, so that “not” stays exact


def responses_of_customer() -> QuerySet[SurveyResponse]:
    return SurveyResponse.objects.counted().filter(customer=OuterRef("pk"))


def answered(op: str, value: Any, at: datetime) -> Q:
    """Answered any survey: ever, or in the last `value` days before `at`."""
    responses = responses_of_customer().filter(submitted_at__lte=at)
    if op in {"in_last_days", "not_in_last_days"}:
        responses = responses.filter(submitted_at__gte=at - timedelta(days=days(value)))
    holds = Q(Exists(responses))
    return holds if op in {"in_last_days", "is_set"} else ~holds


def last_nps(op: str, value: Any, at: datetime) -> Q:
    """The newest NPS score before `at`; it holds for nobody who never gave one."""
    newest = (
        responses_of_customer()
        .filter(score_kind=Question.Kind.NPS, score__isnull=False, submitted_at__lte=at)
        .order_by("-submitted_at", "-pk")
        .values("score")[:1]
    )
    if op == "at_least":
        return Q(GreaterThanOrEqual(Coalesce(Subquery(newest), Value(BELOW_EVERY_SCORE)), number(value)))
    return Q(LessThanOrEqual(Coalesce(Subquery(newest), Value(ABOVE_EVERY_SCORE)), number(value)))


def asked(op: str, value: Any, at: datetime) -> Q:
    """Was sent an invitation: ever, or in the last `value` days before `at`."""
    sent = Invitation.objects.filter(customer=OuterRef("pk"), is_test=False, sent_at__lte=at).order_by()
    if op in {"in_last_days", "not_in_last_days"}:
        sent = sent.filter(sent_at__gte=at - timedelta(days=days(value)))
    holds = Q(Exists(sent))
    return holds if op in {"in_last_days", "is_set"} else ~holds


def narrowed_responses(at: datetime, narrowed: Narrowed) -> QuerySet[SurveyResponse]:
    responses = responses_of_customer().filter(submitted_at__lte=at)
    if narrowed.since:
        responses = responses.filter(submitted_at__gte=narrowed.since)
    if narrowed.touchpoint:
        responses = responses.filter(touchpoint__slug=narrowed.touchpoint)
    return responses


def scored(op: str, value: Any, at: datetime, narrowed: Narrowed) -> Q:
    """Gave an NPS score of at least, or at most, `value`, once or more."""
    compared = {"score__gte" if op == "at_least" else "score__lte": number(value)}
    return Q(Exists(narrowed_responses(at, narrowed).filter(score_kind=Question.Kind.NPS, **compared)))


def times_answered(op: str, value: Any, at: datetime, narrowed: Narrowed) -> Q:
    """How many answers count until `at`; nobody's is NULL."""
    counted = (
        narrowed_responses(at, narrowed).order_by().values("customer").annotate(n=Count("pk")).values("n")
    )
    times = Coalesce(Subquery(counted), Value(0))
    compared = GreaterThanOrEqual if op == "at_least" else LessThanOrEqual
    return Q(compared(times, number(value)))


def unhappy_at(op: str, value: Any, at: datetime, narrowed: Narrowed) -> Q:
    """Scored 6 or less on the NPS question at the touchpoint with the short name `value`."""
    scores = narrowed_responses(at, replace(narrowed, touchpoint=text(value))).filter(
        score_kind=Question.Kind.NPS, score__lte=6
    )
    return Q(Exists(scores)) if op == "is" else ~Q(Exists(scores))


ASKED = Activity(
    name="surveys.asked",
    label=_("Was asked"),
    operators=tuple(OF_DEEDS),
    words=OF_DEEDS,
    value_kind="days",
    condition=asked,
)
SCORED = Activity(
    name="surveys.scored",
    label=_("Gave an NPS score that"),
    operators=("at_least", "at_most"),
    value_kind="number",
    narrowings=("touchpoint", "in_last_days"),
    condition=scored,
)
TIMES_ANSWERED = Activity(
    name="surveys.times_answered",
    label=_("Number of answers"),
    operators=("at_least", "at_most"),
    value_kind="number",
    narrowings=("touchpoint", "in_last_days"),
    condition=times_answered,
)
UNHAPPY_AT = Activity(
    name="surveys.unhappy_at",
    label=_("Scored 6 or less at touchpoint"),
    operators=("is", "is_not"),
    value_kind="choice",
    narrowings=("in_last_days",),
    condition=unhappy_at,
    choices=touchpoint_choices,
)
ANSWERED = Activity(
    name="surveys.answered",
    label=_("Answered a survey"),
    operators=tuple(OF_DEEDS),
    words=OF_DEEDS,
    value_kind="days",
    condition=answered,
)
LAST_NPS = Activity(
    name="surveys.last_nps",
    label=_("Last NPS score"),
    operators=("at_least", "at_most"),
    value_kind="number",
    condition=last_nps,
)
