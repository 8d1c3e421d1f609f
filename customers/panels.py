"""What other rooms show on a customer's page: each lends its panels through settings.CUSTOMER_PANELS."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from customers.models import Customer
from staff.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A box on the customer's page.

    `context(customer, user, at)` gives what `template` shows; `permission` decides who sees the box at all;
    `place` is "main" for what is read, such as a timeline, and "side" for facts at a glance.
    """

    title: str | Promise
    template: str
    context: Callable[[Customer, User, datetime], dict[str, Any]]
    permission: str
    place: str = "side"


@cache
def lent_panels() -> tuple[Panel, ...]:
    panels: tuple[Panel, ...] = import_string(settings.CUSTOMER_PANELS)
    return panels


def panels_of(*, customer: Customer, user: User, at: datetime) -> list[dict[str, Any]]:
    """The panels `user` may see about `customer`, each with its title, template, place and context."""
    return [
        {
            "title": panel.title,
            "template": panel.template,
            "place": panel.place,
            "context": panel.context(customer, user, at),
        }
        for panel in lent_panels()
        if user.has_perm(panel.permission)
    ]
