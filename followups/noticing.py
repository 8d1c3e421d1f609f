"""What nobody announces: customers who come into a segment of those at risk, and free places for those who wait for one."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import DecimalField, Exists, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from customers.models import Customer
from customers.segments import members
from events.lookups import Among
from followups.models import FollowUp, FollowUpRule, NotCalled, Signal
from followups.opening import lock_customers, lock_rules, open_follow_ups
from followups.rules.capacity import SPENT_WITHIN, bought, free_places, give_up_waiting
from followups.rules.occasions import Occasion

AGAIN_AFTER = timedelta(days=90)  # who was noticed under a rule is left alone by it that long
AT_ONCE = 1_000  # people whom one look opens follow-ups for


def notice_those_at_risk(*, at: datetime) -> int:
    """Open follow-ups for those who came into a segment of a rule, as many as may be called today; returns how many."""
    rules = FollowUpRule.objects.in_order().filter(signal=Signal.AT_RISK)
    return sum(call_some_at_risk(rule, at=at) for rule in rules.select_related("segment", "team__calendar"))


@transaction.atomic
def call_some_at_risk(rule: FollowUpRule, *, at: datetime) -> int:
    """As everywhere the customers are held before the rule: who waited for both would wait for each other."""
    places = free_places(rule, at=at)
    if not places:
        return 0
    chosen = list(ranked(unnoticed(rule, at=at), at=at)[: min(places, AT_ONCE)])
    lock_customers(chosen)
    (locked,) = lock_rules({rule.pk}).values()
    still = set(unnoticed(locked, at=at).filter(Among("pk", chosen)).values_list("pk", flat=True))
    waiting = [Occasion(rule=rule, customer=pk, at=at) for pk in chosen if pk in still]
    return len(open_follow_ups(waiting[: free_places(locked, at=at)]))


def ranked(customers: QuerySet[Customer], *, at: datetime) -> QuerySet[Customer, int]:
    """The numbers of `customers`, those who spent most in the year before first: the database looks at all of them."""
    theirs = bought(since=at - SPENT_WITHIN).filter(customer=OuterRef("pk"))
    total = theirs.values("customer").annotate(spent=Sum("amount")).values("spent")
    spent = Coalesce(Subquery(total), Value(Decimal()), output_field=DecimalField())
    return customers.order_by(spent.desc(), "pk").values_list("pk", flat=True)


def unnoticed(rule: FollowUpRule, *, at: datetime) -> QuerySet[Customer]:
    """Who is in the segment of `rule`, on nobody's desk, and was not noticed under it lately."""
    theirs = {"customer": OuterRef("pk")}
    lately = {"rule": rule, **theirs}
    if rule.segment is None:
        return Customer.objects.none()
    return members(segment=rule.segment, at=at).exclude(
        Exists(FollowUp.objects.open().filter(**theirs).order_by())
        | Exists(FollowUp.objects.filter(opened_at__gt=at - AGAIN_AFTER, **lately).order_by())
        | Exists(NotCalled.objects.filter(at__gt=at - AGAIN_AFTER, **lately).order_by())
    )


def call_who_waits(*, at: datetime) -> int:
    """Give free places to those who wait for one, the most unhappy first; returns how many were opened.

    Where a rule has another policy by now they follow it: all are called, or they wait for their end.
    """
    give_up_waiting(at=at)
    calling = FollowUpRule.objects.in_order().exclude(policy=FollowUpRule.Policy.CAUSE_ONLY)
    waited_for = calling.filter(not_called__reason=NotCalled.Reason.WAITING).distinct()
    return sum(call_some_waiting(rule, at=at) for rule in waited_for.select_related("team__calendar"))


@transaction.atomic
def call_some_waiting(rule: FollowUpRule, *, at: datetime) -> int:
    best = rule.not_called.filter(reason=NotCalled.Reason.WAITING).order_by("-severity", "-value", "at", "pk")
    pks, customers = numbers_of(best[: places_of(rule, at=at)])
    lock_customers(customers)
    (locked,) = lock_rules({rule.pk}).values()
    still = best.filter(Among("pk", pks))[: places_of(locked, at=at)]
    return len(call_after_all(still.select_related("survey_response", "interaction"), at=at))


def places_of(rule: FollowUpRule, *, at: datetime) -> int:
    """For those who wait under `rule`: so many at once as well where there is no limit any more."""
    return free_places(rule, at=at) if rule.policy == FollowUpRule.Policy.CAPACITY else AT_ONCE


def numbers_of(left_out: QuerySet[NotCalled]) -> tuple[list[int], set[int | None]]:
    """Which rows, and of whom."""
    rows = list(left_out.values_list("pk", "customer"))
    return [pk for pk, _customer in rows], {customer for _pk, customer in rows}


@transaction.atomic
def call_after_all(left_out: QuerySet[NotCalled], *, at: datetime) -> list[FollowUp]:
    """Open follow-ups for some who were left out, whatever the capacity; who has one by now joins it."""
    rows = list(left_out)
    lock_customers({row.customer_id for row in rows})
    lock_rules({row.rule_id for row in rows})
    NotCalled.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return open_follow_ups(
        [
            Occasion(
                rule=row.rule,
                survey_response=row.survey_response,
                interaction=row.interaction,
                customer=None if row.survey_response or row.interaction else row.customer_id,
                at=at,
            )
            for row in rows
        ],
        above_capacity=True,
    )
