"""The timeline on a customer's page."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.panels import Panel
from journeys.timeline import timeline_of
from journeys.views import timeline_context
from staff.models import User


def timeline(customer: Customer, user: User, at: datetime) -> dict[str, Any]:
    """The newest page of the timeline."""
    return timeline_context(customer, user, timeline_of(customer))


TIMELINE = Panel(
    title=_("Timeline"),
    template="journeys/timeline_list.html",
    context=timeline,
    permission="journeys.view_interaction",
    place="main",
)
