"""What a customer's page shows of their follow-ups."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.panels import Panel
from followups.inbox import rows_of
from followups.models import FollowUp
from followups.words import COMMENTS
from staff.models import User

SHOWN = 5


def latest_follow_ups(customer: Customer, user: User, at: datetime) -> dict[str, Any]:
    """The customer's latest follow-ups, the newest first, each with its clock."""
    follow_ups = (
        FollowUp.objects.filter(customer=customer)
        .select_related("owner", "team__calendar", "survey_response", "customer")
        .prefetch_related(COMMENTS)
        .order_by("-opened_at", "-pk")
    )
    return {"rows": rows_of(follow_ups[:SHOWN], at=at)}


FOLLOW_UPS = Panel(
    title=_("Follow-ups"),
    template="followups/customer_panel.html",
    context=latest_follow_ups,
    permission="followups.view_followup",
)
