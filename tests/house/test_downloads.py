"""Every list of the staff site can be downloaded as shown."""

import csv
import io

import pytest
from django.contrib import admin
from django.urls import reverse
from openpyxl import load_workbook

from staff.models import AuditEntry, Unit
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.journeys import InteractionFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
LISTS = sorted(model._meta.label_lower for model in admin.site._registry)


def address(model: str, form: str) -> str:
    return reverse("admin-download", args=[*model.split("."), form])


def rows_of(reply) -> list[list[str]]:
    text = b"".join(reply.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
def administrator(client):
    client.force_login(UserFactory(is_superuser=True, is_staff=True, language="en"))
    return client


@pytest.mark.parametrize("model", LISTS)
def test_every_list_becomes_a_file(administrator, model):
    reply = administrator.get(address(model, "csv"))

    assert (reply.status_code, reply.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    head, *_rows = rows_of(reply)
    assert all(head)


def test_the_file_is_what_the_list_shows(administrator, django_assert_max_num_queries):
    for n in range(3):
        IdentityFactory(value=f"p{n}@mail.example", customer__first_name="=1+1", customer__language="fa")
    CustomerFactory(language="en")

    with django_assert_max_num_queries(11):
        reply = administrator.get(address("customers.customer", "csv"), {"language__exact": "fa"})
        head, *rows = rows_of(reply)

    assert head[:3] == ["Customer", "E-mail", "Phone"]
    assert [row[1] for row in rows] == ["p2@mail.example", "p1@mail.example", "p0@mail.example"]
    assert all(row[0].startswith("'=1+1") for row in rows)
    entry = AuditEntry.objects.get(action="exported")
    assert (entry.subject_kind, entry.detail["filters"]) == ("customers.customer", ["language__exact"])


def test_a_workbook_calculates_nothing_either(administrator):
    CustomerFactory(first_name="=1+1", last_name="\x0bB", language="fa")

    reply = administrator.get(address("customers.customer", "xlsx"))

    book = load_workbook(io.BytesIO(b"".join(reply.streaming_content)))
    cell = book.active["A2"]
    assert (cell.value, cell.data_type) == ("=1+1 B", "s")


def test_a_list_too_long_for_a_workbook_says_so(administrator, monkeypatch):
    monkeypatch.setattr("staff.admin.downloads.MOST_ROWS_OF_A_WORKBOOK", 1)
    CustomerFactory.create_batch(2)

    page = administrator.get(address("customers.customer", "xlsx"), {"language__exact": "en"}, follow=True)

    assert "A workbook takes 1 rows here." in page.content.decode()
    assert page.request["QUERY_STRING"] == "language__exact=en"


def test_nobody_beyond_the_unit_is_in_the_file(client):
    here, there = (Unit.objects.create(name=name, path=f"/{name}/", kind="brand") for name in "ab")
    client.force_login(UserFactory(roles=["Administrators"], unit=here))
    InteractionFactory(customer__unit=here, customer__first_name="Ours")
    InteractionFactory(customer__unit=there, customer__first_name="Theirs")

    text = str(
        [
            rows_of(client.get(address(model, "csv")))
            for model in ("customers.customer", "journeys.interaction")
        ]
    )

    assert "Ours" in text
    assert "Theirs" not in text


@pytest.mark.parametrize(
    ("path", "status"),
    [("customers/customer/csv", 403), ("nothing/here/csv", 404), ("customers/customer/pdf", 404)],
)
def test_what_cannot_be_downloaded(client, path, status):
    client.force_login(UserFactory())

    assert client.get(f"/admin/download/{path}/").status_code == status


def test_the_list_leads_to_its_file(administrator):
    page = administrator.get(reverse("admin:customers_customer_changelist"), {"language__exact": "fa"})

    assert f"{address('customers.customer', 'xlsx')}?language__exact=fa" in page.content.decode()
