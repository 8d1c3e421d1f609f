"""Who is in a segment, and in which segments somebody is."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db.models import Case, Q, QuerySet, Value, When

from customers.models import Customer, Segment
from customers.segments.rules import compile_rule, membership
from customers.segments.values import RuleError

MOST_SHOWN = 100  # segments on a customer's page


def members(*, segment: Segment | None, at: datetime) -> QuerySet[Customer]:
    """The customers of `segment` at the moment `at`; everybody when there is no segment. One query."""
    return Customer.objects.filter(membership(segment, at=at) if segment else Q())


def customers_matching(rule: Any, *, at: datetime) -> QuerySet[Customer]:
    """The customers for whom `rule` holds at `at`. Raises RuleError."""
    return Customer.objects.filter(compile_rule(rule, at=at))


def segments_of(*, customer: Customer, at: datetime) -> list[Segment]:
    """The segments `customer` is in at `at`, in one query for all; those that cannot be understood are left out."""
    conditions: dict[str, Q] = {}
    segments = list(Segment.objects.order_by("name")[:MOST_SHOWN])
    for segment in segments:
        with suppress(RuleError):
            conditions[f"in_{segment.pk}"] = membership(segment, at=at)
    matches = Customer.objects.filter(pk=customer.pk).values_list(
        *(Case(When(condition, then=Value(1)), default=Value(0)) for condition in conditions.values())
    )
    found = dict(zip(conditions, matches.first() or (), strict=False)) if conditions else {}
    return [segment for segment in segments if found.get(f"in_{segment.pk}")]
