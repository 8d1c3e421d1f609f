"""What customers did, as segment conditions."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, DecimalField, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from customers.segments.activities import OF_DEEDS, Activity, Condition, Narrowed
from customers.segments.values import days, number, text
from journeys.models import Interaction, Touchpoint


def interactions_of_customer(at: datetime) -> QuerySet[Interaction]:
    return Interaction.objects.filter(customer=OuterRef("pk"), at__lte=at).order_by()


def had(kind: str) -> Condition:
    """Had an interaction of `kind`: ever, or in the last `value` days."""

    def condition(op: str, value: Any, at: datetime) -> Q:
        interactions = interactions_of_customer(at).filter(kind=kind)
        if op in {"in_last_days", "not_in_last_days"}:
            interactions = interactions.filter(at__gte=at - timedelta(days=days(value)))
        holds = Q(Exists(interactions))
        return holds if op in {"in_last_days", "is_set"} else ~holds

    return condition


def met_us(op: str, value: Any, at: datetime) -> Q:
    """Had an interaction at the touchpoint with the short name `value`, at any time before `at`."""
    holds = Q(Exists(interactions_of_customer(at).filter(touchpoint__slug=text(value))))
    return holds if op == "is" else ~holds


def purchases_of_customer(at: datetime, narrowed: Narrowed) -> QuerySet[Interaction]:
    purchases = interactions_of_customer(at).filter(kind=Interaction.Kind.PURCHASE)
    if narrowed.since:
        purchases = purchases.filter(at__gte=narrowed.since)
    if narrowed.touchpoint:
        purchases = purchases.filter(touchpoint__slug=narrowed.touchpoint)
    return purchases


def times_bought(op: str, value: Any, at: datetime, narrowed: Narrowed) -> Q:
    """How many purchases they made; 0 for whoever bought nothing."""
    counted = purchases_of_customer(at, narrowed).values("customer").annotate(n=Count("pk")).values("n")
    compared = GreaterThanOrEqual if op == "at_least" else LessThanOrEqual
    return Q(compared(Coalesce(Subquery(counted), Value(0)), number(value)))


def spent(op: str, value: Any, at: datetime, narrowed: Narrowed) -> Q:
    """What their purchases come to, of the last year if nothing else is said; 0 for whoever bought nothing."""
    since = narrowed.since or at - timedelta(days=DAYS_OF_SPENDING)
    sums = (
        purchases_of_customer(at, replace(narrowed, since=since))
        .values("customer")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    total = Coalesce(Subquery(sums), Value(Decimal(0)), output_field=DecimalField())
    compared = GreaterThanOrEqual if op == "at_least" else LessThanOrEqual
    return Q(compared(total, Value(Decimal(str(number(value))), output_field=DecimalField())))


def touchpoint_choices() -> list[tuple[str, str]]:
    return list(Touchpoint.objects.values_list("slug", "name"))


DAYS_OF_SPENDING = 365
IN_TIME = ("in_last_days", "not_in_last_days", "is_set", "is_not_set")
SPENT = Activity(
    name="spent",
    label=_("Spent in the last 365 days"),
    operators=("at_least", "at_most"),
    value_kind="number",
    narrowings=("touchpoint", "in_last_days"),
    condition=spent,
)
TIMES_BOUGHT = Activity(
    name="times_bought",
    label=_("Number of purchases"),
    operators=("at_least", "at_most"),
    value_kind="number",
    narrowings=("touchpoint", "in_last_days"),
    condition=times_bought,
)
PURCHASED = Activity(
    name="purchased",
    label=_("Purchased"),
    operators=IN_TIME,
    words=OF_DEEDS,
    value_kind="days",
    condition=had(Interaction.Kind.PURCHASE),
)
CALLED = Activity(
    name="called",
    label=_("Called us"),
    operators=IN_TIME,
    words=OF_DEEDS,
    value_kind="days",
    condition=had(Interaction.Kind.CALL),
)
MET_AT = Activity(
    name="met_at",
    label=_("Had an interaction at touchpoint"),
    operators=("is", "is_not"),
    value_kind="choice",
    condition=met_us,
    choices=touchpoint_choices,
)
