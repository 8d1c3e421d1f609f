import pytest
from django.urls import reverse

from customers.lookup import Known
from customers.merging.duplicates import MOST_IN_A_BLOCK, dismiss_suggestion, find_duplicates
from customers.merging.merges import merge
from customers.models import Customer, Merge, SuggestedDuplicate
from customers.resolving import resolve
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def support(client):
    client.force_login(UserFactory(roles=["Support"]))
    return client


@pytest.fixture
def twins():
    one = CustomerFactory(first_name="Ana", last_name="Horvat", attributes={"postcode": "71000"})
    two = CustomerFactory(first_name=" ana", last_name="HORVAT", attributes={"postcode": 71000})
    IdentityFactory(customer=one, value="ana.h@work.example")
    IdentityFactory(customer=two, value="ana.h@home.example")
    return one, two


def suggested():
    return list(SuggestedDuplicate.objects.values_list("first", "second", "reasons", "state"))


def test_who_looks_alike_is_suggested_with_the_reasons(twins):
    one, two = twins
    CustomerFactory(first_name="Ana", last_name="Horvat")

    find_duplicates(at=NOON)
    found = find_duplicates(at=NOON)

    reasons = ["same_name_and_postcode", "same_mail_name_and_last_name"]
    assert found.pairs == 1
    assert suggested() == [(one.pk, two.pk, reasons, "open")]


def test_what_was_dismissed_stays_so_and_who_was_merged_is_not_suggested(twins):
    find_duplicates(at=NOON)
    dismiss_suggestion(suggestion=SuggestedDuplicate.objects.get())
    find_duplicates(at=NOON)
    assert SuggestedDuplicate.objects.get().state == "dismissed"

    merge(kept=twins[0], merged=twins[1], by=None, at=NOON)
    assert find_duplicates(at=NOON).pairs == 0


def test_what_half_a_city_shares_says_nothing():
    for _ in range(MOST_IN_A_BLOCK + 1):
        CustomerFactory(first_name="Ana", last_name="Horvat", attributes={"birthday": "1990-01-01"})

    found = find_duplicates(at=NOON)

    assert (found.pairs, found.too_common, suggested()) == (0, 1, [])


def test_support_compares_merges_and_undoes_it(support, twins):
    one, two = twins
    support.post(reverse("admin:customers_suggestedduplicate_find"))
    page = support.get(reverse("admin:customers_suggestedduplicate_changelist")).content.decode()
    assert "Same name and postcode" in page
    address = reverse("admin:customers_customer_merge", args=[one.pk])
    assert (
        "may exist twice"
        in support.get(reverse("admin:customers_customer_change", args=[one.pk])).content.decode()
    )
    assert "Who is the same person" in support.get(address).content.decode()
    assert f"?with={two.pk}" in support.get(address, {"q": "horvat"}).content.decode()
    assert "ana.h@home.example" in support.get(address, {"with": two.pk}).content.decode()

    page = support.post(f"{address}?with={two.pk}")

    done = Merge.objects.get()
    assert page.url == reverse("admin:customers_merge_change", args=[done.pk])
    assert support.get(page.url).status_code == 200
    profile = support.get(reverse("admin:customers_customer_change", args=[two.pk]))
    assert profile.url == reverse("admin:customers_customer_change", args=[one.pk])
    assert support.post(page.url).status_code == 302
    assert support.post(page.url).status_code == 409
    assert Customer.objects.count() == 2


def test_a_conflict_is_shown_and_dismissed(support, twins):
    told = [Known("email", "ana.h@work.example"), Known("email", "ana.h@home.example")]
    conflict = resolve(identities=told, source="till", at=NOON).conflict
    address = reverse("admin:customers_identityconflict_changelist")
    assert "ana.h@home.example" in support.get(address).content.decode()

    support.post(reverse("admin:customers_identityconflict_dismiss", args=[conflict.pk]))

    conflict.refresh_from_db()
    assert conflict.state == "dismissed"


@pytest.mark.parametrize("role", ["Analysts", "Marketing", "Loyalty"])
def test_other_roles_merge_nobody(client, twins, role):
    client.force_login(UserFactory(roles=[role]))
    one, two = twins
    for name in ("suggestedduplicate", "identityconflict", "merge"):
        assert client.get(reverse(f"admin:customers_{name}_changelist")).status_code == 403

    page = client.post(f"{reverse('admin:customers_customer_merge', args=[one.pk])}?with={two.pk}")

    assert (page.status_code, Merge.objects.count()) == (403, 0)
