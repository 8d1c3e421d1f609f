"""What customers answered, as segment conditions."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from customers.segments import Activity, days, number
from surveys.models import Question, SurveyResponse

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


ANSWERED = Activity(
    name="surveys.answered",
    label=_("Answered a survey"),
    operators=("in_last_days", "not_in_last_days", "is_set", "is_not_set"),
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
