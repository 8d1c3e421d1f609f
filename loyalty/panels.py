"""Memberships on a customer's page."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.panels import Panel
from staff.models import User


def memberships(customer: Customer, user: User, at: datetime) -> dict[str, Any]:
    """The customer's accounts, in one query."""
    return {"accounts": list(customer.accounts.select_related("program").order_by("joined_at", "pk"))}


LOYALTY = Panel(
    title=_("Loyalty"),
    template="loyalty/customer_panel.html",
    context=memberships,
    permission="loyalty.view_account",
)
