"""Membership, as segment conditions."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from customers.segments.activities import Activity
from customers.segments.values import number, text
from loyalty.models import Account, Program


def accounts_of_customer() -> QuerySet[Account]:
    return Account.objects.filter(customer=OuterRef("pk")).order_by()


def is_member(op: str, value: Any, at: datetime) -> Q:
    """Is a member of the program with the number `value` at `at`."""
    number_text = text(value)
    number_known = number_text.isdecimal() and len(number_text) < 19  # noqa: PLR2004  fits a key
    accounts = accounts_of_customer().filter(joined_at__lte=at)
    accounts = accounts.filter(program=int(number_text)) if number_known else accounts.none()
    holds = Q(Exists(accounts))
    return holds if op == "is" else ~holds


def has_balance(op: str, value: Any, at: datetime) -> Q:
    """Has an account with at least, or at most, `value` points now."""
    compared = {"balance__gte" if op == "at_least" else "balance__lte": number(value)}
    return Q(Exists(accounts_of_customer().filter(**compared)))


def program_choices() -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in Program.objects.order_by("name").values_list("pk", "name")]


MEMBER_OF = Activity(
    name="member_of",
    label=_("Member of program"),
    operators=("is", "is_not"),
    value_kind="choice",
    condition=is_member,
    choices=program_choices,
)
BALANCE = Activity(
    name="points",
    label=_("Points balance"),
    operators=("at_least", "at_most"),
    value_kind="number",
    condition=has_balance,
)
