import pytest

from customers.segments import customers_matching
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory

pytestmark = pytest.mark.django_db


def test_a_resolved_follow_up_is_not_an_open_one():
    calm = CustomerFactory()
    waiting = FollowUpFactory().customer
    helped = FollowUpFactory(state="resolved", resolved_at=NOON, outcome="solved").customer

    def found(op: str) -> set[object]:
        return set(customers_matching({"field": "followups.open", "op": op}, at=NOON))

    assert found("is_set") == {waiting}
    assert found("is_not_set") == {calm, helped}
