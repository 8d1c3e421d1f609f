"""A customer's send history: every row with its reason, a page at a time, and from when they may be asked again."""

from datetime import timedelta

import pytest
from django.urls import reverse

from surveys.ledger.fates import why
from surveys.ledger.history import PAGE, eligibility_of, history_of
from surveys.models import ContactCap
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import InvitationFactory, WaveFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def page_of(customer):
    return reverse("admin:surveys_history", args=[customer.pk])


def test_each_row_says_why(marketing):
    customer = CustomerFactory(preferred_channel="sms")
    cap = ContactCap.objects.create(most=1, days=30)
    InvitationFactory(customer=customer, state="sent")
    InvitationFactory(
        customer=customer, state="deferred", sent_at=None, reason="cap", cap=cap, due_at=NOON + DAY
    )
    InvitationFactory(customer=customer, state="excluded", sent_at=None, reason="no_address")
    InvitationFactory(
        customer=customer, state="failed", sent_at=None, reason="refused", error="550 no such user"
    )
    InvitationFactory(customer=customer, state="failed", reason="bounced", error="550 5.1.1 nobody")
    InvitationFactory(customer=customer, reminders_sent=1, reminded_at=NOON, error="552 full")
    InvitationFactory(customer=customer, is_test=True)

    page = marketing.get(page_of(customer)).content.decode()

    for said in (
        "until 5 March 2026, 13:00 because of: 1 message in 30 days",
        "no address for these channels",
        "550 no such user",
        "Came back",
        "reminder refused",
        "Prefers",
    ):
        assert said in page
    assert page.count("<tr>") == 7


@pytest.mark.parametrize(
    ("reason", "channel", "said"),
    [
        ("no_consent", "sms", "consent for surveys withdrawn (SMS)"),
        ("unsubscribed", "app", "unsubscribed (Your own app)"),
        ("bounced", "email", "mail to the address came back (E-mail)"),
        ("no_address", "email", "no address for these channels"),
        ("merged", "email", "merged into Ana Kovač"),
        ("same_person", "email", "merged into Ana Kovač"),
        ("", "email", ""),
    ],
)
def test_a_no_says_by_which_channel_and_a_merged_record_into_whom(reason, channel, said):
    kept = CustomerFactory(first_name="Ana", last_name="Kovač")
    merged = CustomerFactory(merged_into=kept)

    assert why(InvitationFactory(customer=merged, state="excluded", reason=reason, channel=channel)) == said


@pytest.mark.parametrize("rows", [1, 3])
def test_the_ledger_leads_from_a_merged_record_to_whom_it_became(marketing, django_assert_num_queries, rows):
    kept = CustomerFactory(first_name="Ana", last_name="Kovač")
    for _each in range(rows):
        InvitationFactory(customer__merged_into=kept, state="excluded", reason="same_person", sent_at=None)
    ledger = reverse("admin:surveys_invitation_changelist")
    marketing.get(ledger)

    with django_assert_num_queries(7):
        page = marketing.get(ledger).content.decode()

    assert page.count("merged into Ana Kovač") == rows
    assert page.count(reverse("admin:customers_customer_change", args=[kept.pk])) == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_the_page_costs_the_same_for_one_and_for_three(marketing, django_assert_num_queries, rows):
    customer = CustomerFactory()
    for _each in range(rows):
        InvitationFactory(customer=customer)
    marketing.get(page_of(customer))

    with django_assert_num_queries(10):
        marketing.get(page_of(customer))


def test_the_history_goes_on_below_its_last_row():
    customer, wave = CustomerFactory(), WaveFactory()
    made = [InvitationFactory(customer=customer, wave=wave, occasion=str(n)).pk for n in range(PAGE + 2)]

    first = history_of(customer)
    rest = history_of(customer, before=first.next_before)

    assert [row.pk for row in (*first.rows, *rest.rows)] == made[::-1]
    assert (len(first.rows), len(rest.rows), rest.next_before) == (PAGE, 2, None)


def test_somebody_who_was_never_asked(marketing):
    assert "never asked" in marketing.get(page_of(CustomerFactory())).content.decode()


def test_from_when_they_may_be_asked_again_and_because_of_what():
    ContactCap.objects.create(most=1, days=30, survey_kind="relationship")
    ContactCap.objects.create(most=1, days=10, channel="sms")
    customer = InvitationFactory(sent_at=NOON - DAY, channel="sms").customer

    told = [(each.kind, each.until, each.because, each.channel) for each in eligibility_of(customer, at=NOON)]

    by_sms = (NOON + 9 * DAY, "1 message in 10 days · SMS", "SMS")
    assert told == [
        ("Relationship", NOON + 29 * DAY, "1 message in 30 days · Relationship", ""),
        ("Relationship", *by_sms),
        ("Transactional", None, "", ""),
        ("Transactional", *by_sms),
    ]


def test_a_rest_stands_before_everything():
    customer = CustomerFactory(snoozed_until=NOON + 90 * DAY)

    assert {(each.until, each.because) for each in eligibility_of(customer, at=NOON)} == {
        (NOON + 90 * DAY, "asked for a rest from surveys")
    }


def test_who_may_not_see_the_ledger_does_not_see_a_history(client):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(page_of(CustomerFactory())).status_code == 403
