"""The day on which somebody stopped being a customer: from a file, the page and a program, and for segments."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from customers.imports.columns import guess_mapping
from customers.merging.merges import merge
from customers.models import Customer
from customers.segments import customers_matching
from tests.conftest import NOON
from tests.customers.test_imports import imported, media, reasons  # noqa: F401  a fixture
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
MAPPING = {"id": "external_id", "Left on": "left_date"}


def test_a_file_says_when_they_left_and_a_later_one_changes_it():
    done = imported("id,Left on", "7,2026-02-03", "8,", "9,soon", mapping=MAPPING)
    imported("id,Left on", "7,4.2.2026", mapping=MAPPING)

    assert list(Customer.objects.order_by("pk").values_list("left_date", flat=True)) == [
        date(2026, 2, 4),
        None,
    ]
    assert reasons(done) == [(4, "Left on: “soon” is not a date such as 2026-03-04.")]


@pytest.mark.parametrize("header", ["left_date", "Left on", "churn date", "datum odlaska"])
def test_its_column_is_recognised(header):
    assert guess_mapping(["id", header])[header] == "left_date"


def test_segments_know_who_left():
    today = NOON.date()
    for name, left in (
        ("Ana", today - timedelta(days=10)),
        ("Bo", today - timedelta(days=100)),
        ("Cy", None),
    ):
        CustomerFactory(first_name=name, left_date=left)

    def found(op, **value):
        rule = {"field": "left_date", "op": op, **value}
        return sorted(customers_matching(rule, at=NOON).values_list("first_name", flat=True))

    assert found("in_last_days", value=30) == ["Ana"]
    assert found("is_set") == ["Ana", "Bo"]
    assert found("is_not_set") == ["Cy"]


def test_a_program_sets_it_and_takes_it_back(client):
    client.force_login(UserFactory(roles=["Administrators"]))
    customer = CustomerFactory()
    address = f"/api/v1/customers/{customer.pk}/"

    left = client.patch(address, {"left_date": "2026-02-03"}, content_type="application/json")
    wrong = client.patch(address, {"left_date": "soon"}, content_type="application/json")
    assert (left.json()["left_date"], wrong.status_code) == ("2026-02-03", 400)
    assert Customer.objects.get().left_date == date(2026, 2, 3)

    client.patch(address, {"left_date": None}, content_type="application/json")
    assert Customer.objects.get().left_date is None


def test_the_form_offers_it_and_the_page_shows_it(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    customer = CustomerFactory(left_date=date(2026, 2, 3))

    form = client.get(reverse("admin:customers_customer_edit", args=[customer.pk])).content.decode()
    page = client.get(reverse("admin:customers_customer_change", args=[customer.pk])).content.decode()

    assert 'name="left_date" value="2026-02-03"' in form
    assert "Left on 3 February 2026" in page


def test_of_two_who_are_one_the_kept_one_says_whether_they_left():
    kept, merged = CustomerFactory(), CustomerFactory(left_date=NOON.date())

    merge(kept=kept, merged=merged, by=UserFactory(), at=NOON)

    kept.refresh_from_db()
    assert kept.left_date is None
