"""What other rooms show on a customer's page: each lends its panels through settings.CUSTOMER_PANELS."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from customers.models import Customer
from staff.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A box on the customer's page.

    `context(customer, user, at)` gives what `template` shows; `permission` decides who sees the box at all;
    `place` is "main" for what is read, such as a timeline, and "side" for facts at a glance. `is_company` says that it
    also stands beside work on the customer elsewhere, such as a follow-up.
    """

    title: str | Promise
    template: str
    context: Callable[[Customer, User, datetime], dict[str, Any]]
    permission: str
    place: str = "side"
    is_company: bool = True


@cache
def lent_panels() -> tuple[Panel, ...]:
    panels: tuple[Panel, ...] = import_string(settings.CUSTOMER_PANELS)
    return panels


def panels_of(
    *, customer: Customer, user: User, at: datetime, request: HttpRequest, company_only: bool = False
) -> list[dict[str, Any]]:
    """The panels `user` may see about `customer`, each with its title, place and content."""
    return [
        {
            "title": panel.title,
            "place": panel.place,
            "content": render_to_string(panel.template, panel.context(customer, user, at), request),
        }
        for panel in lent_panels()
        if user.has_perm(panel.permission) and (panel.is_company or not company_only)
    ]
