from datetime import timedelta

import pytest

from customers.segments import customers_matching
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.journeys import InteractionFactory, TouchpointFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("field", "op", "value", "found"),
    [
        ("purchased", "in_last_days", 30, ["Buys"]),
        ("purchased", "not_in_last_days", 30, ["Bought", "Calls"]),
        ("purchased", "in_last_days", 90, ["Bought", "Buys"]),
        ("called", "in_last_days", 30, ["Calls"]),
        ("spent", "at_least", 20.5, ["Bought", "Buys"]),
        ("spent", "at_least", 20.51, []),
        ("spent", "at_most", 0, ["Calls"]),
        ("met_at", "is", "shop", ["Buys"]),
        ("met_at", "is_not", "shop", ["Bought", "Calls"]),
    ],
)
def test_segments_ask_what_customers_did(field, op, value, found):
    shop = TouchpointFactory(slug="shop")
    for name, kind, days_ago, touchpoint in (
        ("Buys", "purchase", 5, shop),
        ("Bought", "purchase", 60, None),
        ("Calls", "call", 5, None),
    ):
        customer = CustomerFactory(first_name=name)
        at = NOON - timedelta(days=days_ago)
        InteractionFactory(customer=customer, kind=kind, at=at, touchpoint=touchpoint, amount=20.5)

    members = customers_matching({"field": field, "op": op, "value": value}, at=NOON)

    assert sorted(members.values_list("first_name", flat=True)) == found
