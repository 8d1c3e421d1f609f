import pytest

from customers.models import Customer, Identity
from tests.factories.customers import CustomerFactory, IdentityFactory

pytestmark = pytest.mark.django_db
CUSTOMERS = "/api/v1/customers/"


def test_a_program_adds_a_customer_with_identities_and_consent(api):
    made = api.post(
        CUSTOMERS,
        {
            "first_name": "Amina",
            "language": "bs",
            "country": "BA",
            "email": " Amina@Example.COM ",
            "phone": "061 234 567",
            "external_id": "A-17",
            "attributes": {"contract": "monthly", "charges": 42.5},
        },
    )
    customer = f"{CUSTOMERS}{made.json()['id']}/"
    api.post(f"{customer}identities/", {"kind": "external", "value": "77", "source": "shop"})
    page = api.post(
        f"{customer}consents/",
        {"purpose": "survey", "channel": "email", "state": "granted", "source": "web form"},
    ).json()

    assert made.status_code == 201
    assert {(each["kind"], each["source"], each["value"]) for each in page["identities"]} == {
        ("email", "", "amina@example.com"),
        ("phone", "", "+38761234567"),
        ("external", "", "A-17"),
        ("external", "shop", "77"),
    }
    assert [(each["purpose"], each["state"], each["source"]) for each in page["consents"]] == [
        ("survey", "granted", "web form")
    ]
    assert page["attributes"] == {"contract": "monthly", "charges": 42.5}


def test_a_change_keeps_what_it_does_not_name(api):
    customer = CustomerFactory(first_name="Amina", attributes={"contract": "monthly", "note": "x"})

    page = api.patch(
        f"{CUSTOMERS}{customer.pk}/", {"language": "fa", "attributes": {"note": None, "charges": 3}}
    ).json()

    assert (page["first_name"], page["language"], page["attributes"]) == (
        "Amina",
        "fa",
        {"contract": "monthly", "charges": 3},
    )


def test_the_preferred_channel_is_written_changed_and_taken_back(api):
    made = api.post(CUSTOMERS, {"email": "amina@example.com", "preferred_channel": "sms"}).json()
    address = f"{CUSTOMERS}{made['id']}/"

    assert made["preferred_channel"] == "sms"
    assert api.patch(address, {"first_name": "Amina"}).json()["preferred_channel"] == "sms"
    assert api.patch(address, {"preferred_channel": "app"}).json()["preferred_channel"] == "app"
    assert api.patch(address, {"preferred_channel": ""}).json()["preferred_channel"] == ""


def test_an_address_of_somebody_else_adds_nobody(api):
    taken = IdentityFactory(kind="email", value="amina@example.com")

    page = api.post(CUSTOMERS, {"first_name": "Other", "email": "amina@example.com"})

    assert (page.status_code, page.json()["code"]) == (409, "belongs_to_somebody_else")
    assert Customer.objects.get() == taken.customer


@pytest.mark.parametrize(
    ("given", "code"),
    [({"email": "nobody"}, "not_an_identity"), ({"phone": "12"}, "not_an_identity")],
)
def test_what_is_no_address_adds_nobody(api, given, code):
    page = api.post(CUSTOMERS, given)

    assert (page.status_code, page.json()["code"]) == (422, code)
    assert (Customer.objects.count(), Identity.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"language": "tlh"}, "language"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"country": "Bosnia"}, "country"),
        ({"customer_since": "soon"}, "customer_since"),
        ({"preferred_channel": "fax"}, "preferred_channel"),
        ({"attributes": [1]}, "attributes"),
        ({"attributes": {"note": "a\x00"}}, "attributes.note"),
        ({"first_name": "a" * 101}, "first_name"),
        ({"id": 7}, "id"),
        ({"created_at": "2020-01-01T00:00:00Z"}, "created_at"),
        ({"is_staff": True}, "is_staff"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(api, given, field):
    page = api.post(CUSTOMERS, given)

    assert (page.status_code, list(page.json()["errors"])) == (400, [field])
    assert Customer.objects.count() == 0


def test_customers_are_found_by_how_they_are_known(api):
    customer = IdentityFactory(kind="email", value="amina@example.com").customer
    IdentityFactory(customer=customer, kind="external", source="shop", value="77")
    other = CustomerFactory(language="fa")

    def found(**query):
        return [row["id"] for row in api.get(CUSTOMERS, query).json()["results"]]

    assert found(email="AMINA@example.com") == [customer.pk]
    assert found(email="nobody") == []
    assert found(external_id="77", external_source="shop") == [customer.pk]
    assert found(external_id="77") == []
    assert found(language="fa") == [other.pk]
