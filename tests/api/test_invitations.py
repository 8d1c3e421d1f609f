"""Programs read what customers were sent and why not, and ask one of them by a campaign that waits for it."""

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from customers.models import Consent
from mail.models import KeptMail
from staff.api.scopes import scopes
from staff.api_keys import create_api_key
from staff.units import create_unit
from surveys.campaigns.life import start_due_campaigns
from surveys.campaigns.trying import send_test
from surveys.models import Campaign, ContactCap, Invitation
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory, WaveFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    return CampaignFactory(kind="by_api", starts_at=None)


@pytest.fixture
def customer():
    return IdentityFactory(customer__language="en").customer


def asked(api, campaign, who, **given):
    key = given.pop("key", None)
    headers = {"Idempotency-Key": key} if key else {}
    return api.post(
        f"/api/v1/campaigns/{campaign.pk}/invitations/", {"customer": who.pk, **given}, headers=headers
    )


def limited_to(unit):
    _key, text = create_api_key(
        name="Shop",
        user=UserFactory(roles=["Administrators"], unit=unit),
        scopes=list(scopes()),
        expires_at=None,
        at=NOON,
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return client


def test_one_person_is_asked_and_the_answer_is_the_verdict(api, campaign, customer):
    page = asked(api, campaign, customer, occasion="ticket-7", context={"agent": "Ana", "order": "A-17"})

    assert page.status_code == 201
    told = page.json()
    assert (told["state"], told["reason"], told["why"], told["channel"]) == ("planned", "", "", "email")
    assert (told["campaign"], told["customer"]) == (campaign.pk, customer.pk)
    row = Invitation.objects.get(pk=told["id"])
    assert (row.occasion, row.context) == ("api:ticket-7", {"agent": "Ana", "order": "A-17"})


def test_the_message_says_what_the_customer_is_asked_about(api, customer):
    drafted = api.post(
        "/api/v1/campaigns/",
        {
            "name": "After delivery",
            "survey": SurveyFactory().pk,
            "kind": "by_api",
            "subject": {"en": "Your order {order}"},
            "body": {"en": "Did {agent} help you?"},
        },
    )
    campaign = Campaign.objects.get(pk=drafted.json()["id"])
    api.post(f"/api/v1/campaigns/{campaign.pk}/launch/")
    start_due_campaigns(at=timezone.now())

    asked(api, campaign, customer, occasion="ticket-7", context={"agent": "Amra", "order": "A-18"})
    send_due_invitations(at=timezone.now())

    [mail] = KeptMail.objects.all()
    assert mail.subject == "Your order A-18"
    read = message_from_bytes(bytes(mail.message), policy=default)
    assert "Did Amra help you?" in read.get_body(("plain",)).get_content()
    send_test(campaign=campaign, to=UserFactory(email="me@example.com", language="en"), at=timezone.now())
    assert KeptMail.objects.get(recipient="me@example.com").subject == "Your order A-17"


def test_who_is_not_asked_is_told_with_the_reason_and_the_date(api, campaign, customer):
    ContactCap.objects.create(most=1, days=30)
    sent_at = timezone.now() - timedelta(days=10)
    InvitationFactory(customer=customer, sent_at=sent_at)

    told = asked(api, campaign, customer).json()

    assert (told["state"], told["reason"]) == ("deferred", "cap")
    assert "because of: 1 message in 30 days" in told["why"]
    assert datetime.fromisoformat(told["due_at"]) == sent_at + timedelta(days=30)


def test_when_a_person_opened_and_clicked_is_told_and_what_machines_did_is_not(api, customer):
    seen = InvitationFactory(customer=customer, opened_at=NOON, clicked_at=NOON + timedelta(minutes=1))
    InvitationFactory(customer=customer, machine_opened_at=NOON)

    fetched, told = api.get(f"/api/v1/customers/{customer.pk}/invitations/").json()["results"]

    moments = [told[name] and datetime.fromisoformat(told[name]) for name in ("opened_at", "clicked_at")]
    assert moments == [seen.opened_at, seen.clicked_at]
    assert (fetched["opened_at"], fetched["clicked_at"]) == (None, None)


def test_who_withdrew_their_consent_is_excluded(api, campaign, customer):
    Consent.objects.create(customer=customer, purpose="survey", channel="email", state="withdrawn", at=NOON)

    told = asked(api, campaign, customer).json()

    assert (told["state"], told["reason"], told["sent_at"]) == ("excluded", "no_consent", None)


def test_an_occasion_told_again_asks_nobody_twice(api, campaign, customer):
    first = asked(api, campaign, customer, occasion="order-1")
    again = asked(api, campaign, customer, occasion="order-1")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Invitation.objects.count() == 1


def test_the_same_request_with_the_same_key_has_one_effect(api, campaign, customer):
    first, again = (asked(api, campaign, customer, key="k") for _ in range(2))

    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "once"},
        {"state": "draft"},
        {"state": "paused"},
        {"state": "cancelled"},
        {"ends_at": NOON},
    ],
)
def test_only_a_living_campaign_that_waits_for_programs_asks(api, campaign, customer, changed):
    Campaign.objects.filter(pk=campaign.pk).update(**changed)

    page = asked(api, campaign, customer)

    assert (page.status_code, page.json()["code"]) == (409, "not_asked_one_by_one")
    assert Invitation.objects.count() == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"customer": 10**9}, "customer"),
        ({"occasion": "with space"}, "occasion"),
        ({"occasion": "x" * 91}, "occasion"),
        ({"context": {"order": "x" * 201}}, "context.order"),
        ({"context": {str(n): "x" for n in range(21)}}, "context"),
        ({"state": "sent"}, "state"),
        ({"due_at": "2030-01-01T00:00:00Z"}, "due_at"),
        ({"channel": "sms"}, "channel"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(api, campaign, customer, given, field):
    page = asked(api, campaign, customer, **given)

    assert (page.status_code, list(page.json()["errors"])) == (400, [field])
    assert Invitation.objects.count() == 0


def test_reading_and_asking_take_their_own_scopes(open_with, campaign, customer):
    others = open_with(*(scopes().keys() - {"invitations:read", "invitations:write"}))

    assert asked(others, campaign, customer).status_code == 403
    assert others.get(f"/api/v1/customers/{customer.pk}/invitations/").status_code == 403
    assert asked(open_with("invitations:read"), campaign, customer).status_code == 403
    assert Invitation.objects.count() == 0
    assert asked(open_with("invitations:write"), campaign, customer).status_code == 201


def test_a_key_asks_and_sees_only_those_of_its_unit(campaign):
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Zenica", kind="location", parent=brand)
    near = IdentityFactory(customer=CustomerFactory(unit=shop)).customer
    far = IdentityFactory(customer=CustomerFactory(unit=brand)).customer
    api = limited_to(shop)
    InvitationFactory(customer=far)

    assert asked(api, campaign, near).status_code == 201
    assert list(asked(api, campaign, far).json()["errors"]) == ["customer"]
    assert api.get(f"/api/v1/customers/{near.pk}/invitations/").status_code == 200
    assert api.get(f"/api/v1/customers/{far.pk}/invitations/").status_code == 404
    assert Invitation.objects.filter(customer=far).count() == 1


def test_the_history_is_read_newest_first_without_tests(api, customer):
    wave = WaveFactory()
    made = [InvitationFactory(wave=wave, customer=customer, occasion=str(n)).pk for n in range(3)]
    InvitationFactory(customer=customer, is_test=True)
    InvitationFactory()

    rows = api.get(f"/api/v1/customers/{customer.pk}/invitations/").json()["results"]

    assert [row["id"] for row in rows] == made[::-1]
    assert {row["campaign"] for row in rows} == {wave.campaign_id}


@pytest.mark.parametrize("rows", [1, 3])
def test_the_history_costs_the_same_for_one_and_for_three(api, customer, django_assert_num_queries, rows):
    for _each in range(rows):
        InvitationFactory(customer=customer)

    with django_assert_num_queries(3):  # the key, the customer, the rows
        api.get(f"/api/v1/customers/{customer.pk}/invitations/")


def test_nobody_and_no_campaign_are_not_found(api, customer):
    assert api.get("/api/v1/customers/999999/invitations/").status_code == 404
    page = api.post("/api/v1/campaigns/999999/invitations/", {"customer": customer.pk})
    assert page.status_code == 404
