import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse

from customers.models import Customer, Erasure, RetentionRule
from customers.privacy.erasing import erase_customer, receipt_of
from customers.privacy.retention import apply_retention, count_due, months_before
from journeys.models import Interaction
from staff.audit import audit_look
from staff.models import AuditEntry
from surveys.models import Answer
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.journeys import InteractionFactory, TouchpointFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import AnswerFactory

pytestmark = pytest.mark.django_db

PROFILE = "admin:customers_customer_change"
ERASE = "admin:customers_customer_erase"
FILE = "admin:customers_customer_file"
AUDIT = "admin:staff_auditentry_changelist"


@pytest.fixture
def administrator(client):
    client.force_login(UserFactory(roles=["Administrators"]))
    return client


@pytest.fixture
def support(client):
    client.force_login(UserFactory(roles=["Support"]))
    return client


def trail() -> list[tuple[str, int | None]]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "subject"))


def test_a_look_is_one_statement_and_a_reload_is_the_same_look(django_assert_num_queries):
    amra, boris, customer = UserFactory(), UserFactory(), CustomerFactory()

    with django_assert_num_queries(1):
        audit_look(user=amra, subject=customer, at=NOON)
    for seconds, user in ((59, amra), (59, boris), (61, amra)):
        audit_look(user=user, subject=customer, at=NOON + timedelta(seconds=seconds))

    looks = AuditEntry.objects.order_by("pk").values_list(
        "user", "action", "subject_kind", "subject", "detail"
    )
    look = ("viewed", "customers.customer", customer.pk, {})
    assert list(looks) == [(amra.pk, *look), (boris.pk, *look), (amra.pk, *look)]


def test_a_look_at_the_page_is_written_down_and_shown_to_those_who_may_know(administrator):
    customer = CustomerFactory()

    administrator.get(reverse(PROFILE, args=[customer.pk]))
    page = administrator.get(reverse(PROFILE, args=[customer.pk]))

    assert trail() == [("viewed", customer.pk)]
    assert "Who looked at this" in page.content.decode()
    listed = administrator.get(reverse(AUDIT), {"q": customer.pk}).content.decode()
    assert reverse(PROFILE, args=[customer.pk]) in listed


def test_the_list_export_is_written_down(administrator):
    list(administrator.get(reverse("admin:customers_customer_export"), {"language": "en"}).streaming_content)

    assert list(AuditEntry.objects.values_list("action", "detail")) == [
        ("exported", {"filters": ["language"]})
    ]


@pytest.mark.parametrize("n", [1, 3])
def test_the_audit_trail_costs_the_same_at_any_length(administrator, django_assert_max_num_queries, n):
    for _ in range(n):
        audit_look(user=UserFactory(), subject=CustomerFactory(), at=NOON)

    with django_assert_max_num_queries(8):
        administrator.get(reverse(AUDIT))


def test_a_customers_file_has_every_part_in_their_language_and_is_text_only(support):
    customer = CustomerFactory(first_name="<b>Amina", language="fa")
    IdentityFactory(customer=customer, value="amina@mail.example")
    InteractionFactory(customer=customer, summary="Asked for a refund")
    AnswerFactory(survey_response__customer=customer, score=None, text="<script>alert(1)</script>")

    reply = support.post(reverse(FILE, args=[customer.pk]))

    archive = zipfile.ZipFile(io.BytesIO(reply.content))
    page, told = archive.read("customer.html").decode(), json.loads(archive.read("customer.json"))
    assert 'dir="rtl"' in page
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<b>" not in page
    assert set(told) == {"profile", "identities", "interactions", "answers"}
    assert told["identities"][0]["value"] == "amina@mail.example"
    assert told["answers"][0]["text"] == "<script>alert(1)</script>"
    assert trail() == [("exported", customer.pk)]


def test_support_may_download_a_file_and_not_erase(support):
    customer = CustomerFactory()

    assert support.get(reverse(ERASE, args=[customer.pk])).status_code == 403
    assert support.post(reverse(ERASE, args=[customer.pk]), {"number": customer.pk}).status_code == 403
    assert Customer.objects.get() == customer


@pytest.mark.parametrize("name", [FILE, ERASE])
def test_strangers_are_kept_out(client, name):
    client.force_login(UserFactory())

    assert client.post(reverse(name, args=[CustomerFactory().pk])).status_code == 403
    assert trail() == []


def test_the_number_typed_erases_and_leads_to_the_receipt(administrator):
    customer = CustomerFactory()
    address = reverse(ERASE, args=[customer.pk])

    refused = administrator.post(address, {"number": customer.pk + 1, "reason": "other"})
    assert refused.status_code == 422
    assert f'value="{customer.pk + 1}"' in refused.content.decode()
    assert Customer.objects.get() == customer

    reply = administrator.post(address, {"number": customer.pk, "reason": "requested"})
    erasure = Erasure.objects.get()
    assert reply.url == reverse("admin:customers_erasure_change", args=[erasure.pk])
    assert "Nothing was found" in administrator.get(reply.url).content.decode()
    gone = administrator.get(reverse(PROFILE, args=[customer.pk]))
    assert (gone.status_code, reply.url in gone.content.decode()) == (410, True)


def test_for_others_an_erased_customer_never_was(support):
    customer = CustomerFactory()
    erase_customer(customer=customer, by=None, at=NOON, reason="requested")

    assert support.get(reverse(PROFILE, args=[customer.pk])).status_code == 404


@pytest.mark.parametrize(
    ("change", "said"), [({}, "was not changed"), ({"customer": 99}, "Paste the whole file")]
)
def test_a_receipt_is_checked_on_a_page(administrator, change, said):
    erasure = erase_customer(customer=CustomerFactory(), by=None, at=NOON, reason="requested")
    receipt = json.dumps(receipt_of(erasure) | change)

    page = administrator.post(reverse("admin:customers_erasure_check"), {"receipt": receipt})

    assert said in page.content.decode()


@pytest.mark.parametrize(("months", "date"), [(1, "2026-02-04"), (3, "2025-12-04"), (14, "2025-01-04")])
def test_months_are_those_of_the_calendar(months, date):
    assert str(months_before(NOON, months).date()) == date


def test_only_active_rules_forget_and_only_what_is_old_and_figures_stay():
    old, touchpoint = NOON - timedelta(days=100), TouchpointFactory()
    InteractionFactory(at=old)
    counted = InteractionFactory(at=old, touchpoint=touchpoint, summary="Amina called")
    recent = InteractionFactory(at=NOON)
    answer = AnswerFactory(survey_response__submitted_at=old, score=7, text="Amina here")
    RetentionRule.objects.filter(kind="interactions").update(is_active=True, months=3)
    RetentionRule.objects.filter(kind="comments").update(months=3)
    rule = RetentionRule.objects.get(kind="interactions")

    assert (count_due(rule, at=NOON), apply_retention(at=NOON)) == (2, 2)

    assert set(Interaction.objects.values_list("pk", "summary")) == {(counted.pk, ""), (recent.pk, "")}
    assert Answer.objects.get(pk=answer.pk).text == "Amina here"
    rule.refresh_from_db()
    assert (rule.last_run_at, rule.last_count, count_due(rule, at=NOON)) == (NOON, 2, 0)


def test_who_was_silent_long_enough_is_erased_with_a_receipt():
    old = NOON - timedelta(days=400)
    silent, heard = CustomerFactory.create_batch(2, created_at=old, updated_at=old)
    InteractionFactory(customer=heard, at=NOON)
    RetentionRule.objects.filter(kind="customers").update(is_active=True, months=12)

    assert apply_retention(at=NOON) == 1

    assert list(Erasure.objects.values_list("customer_number", "reason")) == [(silent.pk, "retention")]
    assert list(Customer.objects.all()) == [heard]


def test_the_rules_say_what_they_would_touch(administrator):
    InteractionFactory(at=NOON - timedelta(days=3000))

    page = administrator.get(reverse("admin:customers_retentionrule_changelist")).content.decode()

    assert "Timelines" in page
    assert "would be touched now" in page.lower()
