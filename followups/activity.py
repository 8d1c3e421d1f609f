"""Open follow-ups, as a segment condition."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from customers.segments.activities import OF_THINGS, Activity
from followups.models import FollowUp


def has_open_follow_up(op: str, value: Any, at: datetime) -> Q:
    """Somebody still owes the customer an end to their follow-up."""
    holds = Q(Exists(FollowUp.objects.open().filter(customer=OuterRef("pk")).order_by()))
    return holds if op == "is_set" else ~holds


OPEN_FOLLOW_UP = Activity(
    name="followups.open",
    label=_("Open follow-up"),
    operators=tuple(OF_THINGS),
    words=OF_THINGS,
    value_kind="none",
    condition=has_open_follow_up,
)
