from datetime import timedelta

import pytest

from customers.segments import RuleError, customers_matching
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.surveys import InvitationFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    """Names that say what they answered, as of NOON."""
    _silent, tester, promoter, changed, customer_of_old = (
        CustomerFactory(first_name=name) for name in ("silent", "tester", "promoter", "changed", "old")
    )
    SurveyResponseFactory(customer=tester, score=10, is_test=True)
    SurveyResponseFactory(customer=promoter, score=10, submitted_at=NOON - timedelta(days=2))
    SurveyResponseFactory(customer=changed, score=9, submitted_at=NOON - timedelta(days=200))
    SurveyResponseFactory(customer=changed, score=0, submitted_at=NOON - timedelta(days=3))
    SurveyResponseFactory(customer=changed, score=5, score_kind="csat", submitted_at=NOON)
    shop = TouchpointFactory(slug="shop")
    SurveyResponseFactory(customer=changed, score=6, submitted_at=NOON - timedelta(days=90), touchpoint=shop)
    SurveyResponseFactory(customer=promoter, score=7, submitted_at=NOON - timedelta(days=90), touchpoint=shop)
    InvitationFactory(customer=tester, is_test=True)
    InvitationFactory(customer=promoter, sent_at=NOON - timedelta(days=40))
    InvitationFactory(customer=changed)
    SurveyResponseFactory(customer=customer_of_old, score=7, submitted_at=NOON - timedelta(days=400))


@pytest.mark.parametrize(
    ("field", "op", "value", "names"),
    [
        ("answered", "is_set", None, ["changed", "old", "promoter"]),
        ("answered", "is_not_set", None, ["silent", "tester"]),
        ("answered", "in_last_days", 30, ["changed", "promoter"]),
        ("answered", "not_in_last_days", 30, ["old", "silent", "tester"]),
        ("last_nps", "at_least", 9, ["promoter"]),
        ("last_nps", "at_most", 6, ["changed"]),
        ("last_nps", "at_most", 0, ["changed"]),
        ("last_nps", "at_least", 0, ["changed", "old", "promoter"]),
        ("last_nps", "at_least", 11, []),
        ("times_answered", "at_least", 2, ["changed", "promoter"]),
        ("times_answered", "at_least", 4, ["changed"]),
        ("times_answered", "at_most", 0, ["silent", "tester"]),
        ("unhappy_at", "is", "shop", ["changed"]),
        ("unhappy_at", "is_not", "shop", ["old", "promoter", "silent", "tester"]),
        ("asked", "in_last_days", 30, ["changed"]),
        ("asked", "is_set", None, ["changed", "promoter"]),
        ("asked", "is_not_set", None, ["old", "silent", "tester"]),
    ],
)
def test_customers_by_what_they_answered(people, field, op, value, names):
    rule = {"field": f"surveys.{field}", "op": op, "value": value}

    found = customers_matching(rule, at=NOON)
    others = customers_matching({"not": rule}, at=NOON)

    assert sorted(customer.first_name for customer in found) == names
    assert len(found) + len(others) == 5


@pytest.mark.parametrize("value", ["x", None, [], "nan"])
def test_values_that_are_no_numbers_are_refused(value):
    with pytest.raises(RuleError):
        customers_matching({"field": "surveys.last_nps", "op": "at_least", "value": value}, at=NOON)
