from datetime import timedelta

import pytest

from customers.segments import RuleError, customers_matching
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.loyalty import AccountFactory, ProgramFactory

pytestmark = pytest.mark.django_db


def names(field, op, value, *, at=NOON):
    members = customers_matching({"field": field, "op": op, "value": value}, at=at)
    return sorted(members.values_list("first_name", flat=True))


@pytest.fixture
def program():
    program = ProgramFactory()
    AccountFactory(program=program, customer__first_name="Rich", balance=500)
    AccountFactory(program=program, customer__first_name="Poor")
    AccountFactory(customer__first_name="Elsewhere", balance=7)
    CustomerFactory(first_name="Nobody")
    return program


def test_members_of_a_program(program):
    assert names("member_of", "is", str(program.pk)) == ["Poor", "Rich"]
    assert names("member_of", "is_not", str(program.pk)) == ["Elsewhere", "Nobody"]
    assert names("member_of", "is", str(program.pk), at=NOON - timedelta(days=1)) == []
    assert names("member_of", "is", "x") == []
    assert names("member_of", "is", "9" * 30) == []


@pytest.mark.parametrize(
    ("op", "value", "found"),
    [("at_least", 7, ["Elsewhere", "Rich"]), ("at_most", 7, ["Elsewhere", "Poor"]), ("at_least", 501, [])],
)
def test_points(program, op, value, found):
    assert names("points", op, value) == found


def test_points_are_a_number(program):
    with pytest.raises(RuleError):
        names("points", "at_least", "many")
