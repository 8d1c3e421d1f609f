"""Programs name customers by identities; those of several people wait for a person, and nothing else is kept."""

import pytest

from customers.models import Customer, Identity, IdentityConflict
from journeys.models import Interaction
from surveys.models import SurveyResponse
from tests.factories.customers import IdentityFactory
from tests.factories.surveys import SurveyFactory

pytestmark = pytest.mark.django_db
RESOLVE = "/api/v1/customers/resolve/"
EMAIL, PHONE = {"kind": "email", "value": "Amina@Example.com"}, {"kind": "phone", "value": "061 234 567"}


@pytest.fixture
def two_people() -> tuple[Customer, Customer]:
    return (
        IdentityFactory(kind="email", value="amina@example.com").customer,
        IdentityFactory(kind="phone", value="+38761234567").customer,
    )


def test_a_customer_is_added_once_and_then_known_by_every_identity(api):
    first = api.post(RESOLVE, {"identities": [EMAIL], "first_name": "Amina", "country": "BA"})
    again = api.post(RESOLVE, {"identities": [EMAIL, PHONE], "first_name": "Other"})
    by_phone = api.post(RESOLVE, {"identities": [PHONE], "create": False})

    assert (first.status_code, again.status_code, by_phone.status_code) == (201, 200, 200)
    assert first.json()["id"] == again.json()["id"] == by_phone.json()["id"]
    assert by_phone.json()["first_name"] == "Amina"
    assert Identity.objects.count() == 2


def test_nobody_is_added_when_only_looking(api):
    page = api.post(RESOLVE, {"identities": [EMAIL], "create": False})

    assert page.status_code == 404
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("address", "given"),
    [
        (RESOLVE, {"identities": [EMAIL, PHONE]}),
        ("/api/v1/customers/", {"email": "amina@example.com", "phone": "061 234 567"}),
        (
            "/api/v1/interactions/",
            {
                "identities": [EMAIL, PHONE],
                "kind": "purchase",
                "source": "shop",
                "external_id": "1",
                "at": "2026-03-01T10:00:00Z",
            },
        ),
    ],
)
def test_identities_of_two_people_wait_for_a_person(api, two_people, address, given):
    page = api.post(address, given, headers={"Idempotency-Key": "once"})
    api.post(address, given)

    conflict = IdentityConflict.objects.get()
    assert (page.status_code, page.json()["code"]) == (409, "identity_conflict")
    assert str(conflict.pk) in page.json()["detail"]
    assert set(conflict.customers.all()) == set(two_people)
    assert not Interaction.objects.exists()


def test_a_purchase_adds_the_customer_it_names(api):
    row = {"kind": "purchase", "source": "shop", "at": "2026-03-01T10:00:00Z"}
    device = {"kind": "device", "value": "d-1"}

    unknown = api.post("/api/v1/interactions/", row | {"external_id": "1", "identities": [EMAIL]})
    page = api.post(
        "/api/v1/interactions/bulk/",
        {
            "create_customers": True,
            "interactions": [
                row | {"external_id": "1", "identities": [EMAIL]},
                row | {"external_id": "2", "identities": [EMAIL, device]},
                row | {"external_id": "3", "identity": device},
            ],
        },
    )

    assert (unknown.status_code, list(unknown.json()["errors"])) == (400, ["identities"])
    assert page.json() == {"recorded": 3, "repeated": 0}
    assert set(Interaction.objects.values_list("customer", flat=True)) == {Customer.objects.get().pk}


def test_an_answer_of_somebody_unknown_adds_them_with_it_or_not_at_all(api):
    survey = SurveyFactory()
    question = survey.questions.last()
    given = {"survey": survey.pk, "identities": [EMAIL]}

    refused = api.post("/api/v1/responses/", given | {"answers": [{"question": question.pk + 1, "score": 1}]})
    nobody = Customer.objects.count()
    page = api.post("/api/v1/responses/", given | {"answers": [{"question": question.pk, "text": "Slow"}]})

    assert (refused.status_code, nobody, page.status_code) == (400, 0, 201)
    assert SurveyResponse.objects.get().customer.identities.get().value == "amina@example.com"
