"""What a careful organisation does with its customers' data: lists for an evening, an erasure asked for, rules for what is old."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from customers.models import Customer, Erasure, RetentionRule, Segment
from customers.privacy.erasing import erase_customer
from customers.privacy.retention import apply_retention
from customers.segments import members
from customers.segments.lists import add_to_list
from staff.models import User

GUESTS = 24
KEPT_FOR = {"mails": 12, "files": 3}  # months


def invite_guests(segments: Mapping[str, Segment], *, at: datetime) -> None:
    """A list of guests for an evening with unhappy customers, and who of them is worth a call first."""
    maja = User.objects.get(username="maja")
    guests = Segment.objects.create(
        name="Guests of the listening evening",
        description="Unhappy customers who were asked to come and tell us more.",
        kind=Segment.Kind.LIST,
    )
    unhappy = members(segment=segments["Unhappy and not called back"], at=at).order_by("-pk")[:GUESTS]
    chosen = Customer.objects.filter(pk__in=list(unhappy.values_list("pk", flat=True)))
    add_to_list(segment=guests, customers=chosen, by=maja, at=at)
    Segment.objects.create(
        name="Unhappy this quarter, not invited yet",
        rule={
            "all": [
                {"field": "surveys.scored", "op": "at_most", "value": 4, "in_last_days": 90},
                {"field": "segment", "op": "is_not", "value": str(guests.pk)},
            ]
        },
    )


def erase_one(*, at: datetime) -> None:
    """Somebody who left long ago asked to be forgotten."""
    leaver = Customer.objects.filter(attributes__churned="yes").order_by("pk")[40]
    by = User.objects.get(username="admin")
    erase_customer(customer=leaver, by=by, at=at - timedelta(days=9), reason=Erasure.Reason.REQUESTED)


def forget_what_is_old(*, at: datetime) -> None:
    for kind, months in KEPT_FOR.items():
        RetentionRule.objects.filter(kind=kind).update(is_active=True, months=months)
    apply_retention(at=at - timedelta(hours=8))
