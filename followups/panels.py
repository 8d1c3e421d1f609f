"""What a customer's page shows of their follow-ups."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.panels import Panel
from followups.models import FollowUp
from followups.words import clock_of, score_words
from staff.models import User

SHOWN = 5


def latest_follow_ups(customer: Customer, user: User, at: datetime) -> dict[str, Any]:
    """The customer's latest follow-ups, the newest first, each with its clock; in one query."""
    follow_ups = (
        FollowUp.objects.filter(customer=customer)
        .select_related("owner", "survey_response", "interaction")
        .order_by("-opened_at", "-pk")
    )
    return {
        "rows": [
            {"follow_up": each, "score": score_words(each), "clock": clock_of(each, week=None, at=at)}
            for each in follow_ups[:SHOWN]
        ]
    }


FOLLOW_UPS = Panel(
    title=_("Follow-ups"),
    template="followups/customer_panel.html",
    context=latest_follow_ups,
    permission="followups.view_followup",
    is_company=False,
)
