import pytest

from events.models import Event
from journeys.models import Interaction
from tests.factories.customers import CustomerFactory, IdentityFactory

pytestmark = pytest.mark.django_db
INTERACTIONS = "/api/v1/interactions/"


def purchase(number: int = 1, **given):
    return {
        "kind": "purchase",
        "source": "shop",
        "external_id": f"order-{number}",
        "at": "2026-03-01T10:00:00Z",
        "amount": "12.50",
        "detail": {"items": 2},
    } | given


def bulk(api, *rows):
    return api.post(f"{INTERACTIONS}bulk/", {"interactions": rows})


def test_a_program_records_a_purchase_and_a_repeat_changes_nothing(api):
    customer = CustomerFactory()

    first = api.post(INTERACTIONS, purchase(customer=customer.pk))
    again = api.post(INTERACTIONS, purchase(customer=customer.pk, amount="99.00"))

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert (first.json()["customer"], first.json()["amount"]) == (customer.pk, "12.50")
    assert Event.objects.filter(type="journeys.interaction_recorded").count() == 1


def test_customers_are_found_by_how_the_program_knows_them(api):
    customer = IdentityFactory(kind="email", value="amina@example.com").customer
    IdentityFactory(customer=customer, kind="external", source="shop", value="A-17")

    bulk(
        api,
        purchase(1, identity={"kind": "email", "value": " Amina@Example.com "}),
        purchase(2, identity={"kind": "external", "source": "shop", "value": "A-17"}),
    )

    assert list(Interaction.objects.values_list("customer", flat=True)) == [customer.pk] * 2


def test_many_are_recorded_at_once_in_few_queries(api, django_assert_max_num_queries):
    customer = CustomerFactory()
    bulk(api, purchase(1, customer=customer.pk))

    with django_assert_max_num_queries(18):
        page = bulk(api, *(purchase(number, customer=customer.pk) for number in range(1, 501)))

    assert page.json() == {"recorded": 499, "repeated": 1}
    assert Interaction.objects.count() == 500


def test_one_wrong_row_keeps_all_out_and_is_named(api):
    customer = CustomerFactory()

    page = bulk(
        api,
        purchase(1, customer=customer.pk),
        purchase(2, customer=10**9),
        purchase(3, identity={"kind": "email", "value": "nobody@example.com"}, touchpoint="nowhere"),
    )

    assert (page.status_code, list(page.json()["errors"])) == (
        400,
        ["interactions.1.customer", "interactions.2.identity", "interactions.2.touchpoint"],
    )
    assert Interaction.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "dance"}, "kind"),
        ({"at": "soon"}, "at"),
        ({"at": "0001-01-01T00:00:00Z"}, "at"),
        ({"amount": "1e20"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"detail": "text"}, "detail"),
        ({"touchpoint": "nowhere"}, "touchpoint"),
        ({"identity": {"kind": "email", "value": "a@example.com"}}, "customer"),
        ({"external_id": ""}, "external_id"),
        ({"id": 7}, "id"),
    ],
)
def test_a_wrong_field_is_named(api, given, field):
    page = api.post(INTERACTIONS, purchase(customer=CustomerFactory().pk) | given)

    assert (page.status_code, list(page.json()["errors"])) == (400, [field])
    assert Interaction.objects.count() == 0


@pytest.mark.parametrize("source", ["platform:surveys", "reply:7"])
def test_nobody_speaks_for_the_platform(api, source):
    page = api.post(INTERACTIONS, purchase(customer=CustomerFactory().pk, source=source))

    assert (page.status_code, page.json()["code"]) == (409, "reserved_source")
    assert Interaction.objects.count() == 0


def test_more_than_500_at_once_are_refused(api):
    customer = CustomerFactory()

    page = bulk(api, *(purchase(number, customer=customer.pk) for number in range(501)))

    assert (page.status_code, Interaction.objects.count()) == (400, 0)
