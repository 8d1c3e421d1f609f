"""Two subjects compared: who gets which, when the better one is chosen, and what the rest then reads."""

from datetime import timedelta

import pytest
from django.urls import reverse

from customers.models import Customer
from mail.models import KeptMail
from surveys.campaigns.comparing import choose_better_subjects, compare_subjects
from surveys.contact.verdicts import is_comparing
from surveys.models import Campaign, ContactCap, Invitation
from surveys.planning.waves import plan_wave
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, WaveFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def wave():
    return WaveFactory(
        campaign__subject={"en": "How are we doing?"},
        campaign__subject_b={"en": "Two questions for you"},
        campaign__compare_hours=24,
    )


def asked(wave, variant, *, people, answered):
    for n in range(people):
        InvitationFactory(wave=wave, variant=variant, answered_at=NOON if n < answered else None)


@pytest.mark.parametrize(
    ("first", "second", "better"),
    [
        ((10, 2), (10, 5), "b"),
        ((10, 5), (10, 2), "a"),
        ((10, 2), (5, 2), "b"),  # by answers a person, not by answers
        ((4, 1), (4, 1), "a"),
        ((4, 0), (4, 0), "a"),
        ((0, 0), (4, 4), "a"),
    ],
)
def test_the_better_subject_is_chosen_once_there_was_time_to_answer(wave, first, second, better):
    asked(wave, "a", people=first[0], answered=first[1])
    asked(wave, "b", people=second[0], answered=second[1])
    InvitationFactory(wave=wave, variant="b", is_test=True, answered_at=NOON)

    assert choose_better_subjects(at=NOON + 23 * HOUR) == 0
    assert Campaign.objects.get().better_subject == ""
    assert choose_better_subjects(at=NOON + 24 * HOUR) == 1
    assert Campaign.objects.get().better_subject == better
    asked(wave, "b" if better == "a" else "a", people=20, answered=20)
    assert choose_better_subjects(at=NOON + 25 * HOUR) == 0  # once and for all


def test_a_campaign_with_one_subject_chooses_nothing():
    WaveFactory()

    assert choose_better_subjects(at=NOON + 100 * HOUR) == 0


def test_a_campaign_that_waits_for_occasions_compares_from_its_start(wave):
    Campaign.objects.update(kind="triggered", starts_at=NOON + HOUR)

    assert choose_better_subjects(at=NOON + 24 * HOUR) == 0
    assert choose_better_subjects(at=NOON + 25 * HOUR) == 1
    assert not is_comparing(Campaign.objects.get())


def test_each_reads_their_subject_and_the_rest_the_better_one():
    for _each in range(30):
        IdentityFactory(customer__language="en")
    campaign = CampaignFactory(
        subject={"en": "First"}, subject_b={"en": "Second"}, compare_percent=30, compare_hours=2, reminders=0
    )
    plan_wave(campaign=campaign, at=NOON)

    send_due_invitations(at=NOON)
    by_variant = dict(Invitation.objects.values_list("address", "variant"))
    sent = dict(KeptMail.objects.values_list("recipient", "subject"))
    assert sent == {
        to: {"a": "First", "b": "Second"}[variant] for to, variant in by_variant.items() if variant
    }
    assert set(sent.values()) == {"First", "Second"}
    Invitation.objects.filter(variant="b").update(answered_at=NOON + HOUR)
    choose_better_subjects(at=NOON + 2 * HOUR)
    KeptMail.objects.all().delete()
    send_due_invitations(at=NOON + 2 * HOUR)

    rest = dict(KeptMail.objects.values_list("recipient", "subject"))
    assert rest == {to: "Second" for to, variant in by_variant.items() if not variant}
    assert rest


def compared(people):
    """A campaign that compares for a day, planned, and who of it waits for the better subject."""
    campaign = CampaignFactory(
        subject={"en": "First"}, subject_b={"en": "Second"}, compare_hours=24, reminders=0
    )
    customers = [IdentityFactory().customer for _each in range(people)]
    return campaign, customers, Invitation.objects.filter(wave__campaign=campaign, variant="")


def test_whose_cap_ends_before_the_choice_waits_for_the_choice_and_whose_ends_later_for_the_cap():
    ContactCap.objects.create(most=1, days=30)
    campaign, customers, rest = compared(people=30)
    for number, customer in enumerate(customers):
        hours = 1 if number % 2 else 48
        InvitationFactory(customer=customer, sent_at=NOON - timedelta(days=30) + hours * HOUR)
    plan_wave(campaign=campaign, at=NOON)

    waits = set(rest.values_list("state", "reason", "due_at"))
    send_due_invitations(at=NOON + 2 * HOUR)

    assert waits == {("planned", "", NOON + 24 * HOUR), ("deferred", "cap", NOON + 48 * HOUR)}
    assert set(rest.values_list("sent_at", flat=True)) == {None}
    assert KeptMail.objects.exists()


def test_who_ends_a_rest_before_the_choice_gets_the_better_subject_all_the_same():
    campaign, _customers, rest = compared(people=30)
    Customer.objects.update(snoozed_until=NOON + 90 * 24 * HOUR)
    plan_wave(campaign=campaign, at=NOON)
    Customer.objects.update(snoozed_until=None)
    Invitation.objects.update(due_at=NOON + HOUR)  # looked at again, as after the end of any rest

    send_due_invitations(at=NOON + HOUR)

    waits = set(rest.values_list("state", "reason", "due_at"))
    assert waits == {("planned", "", NOON + 24 * HOUR)}
    assert set(KeptMail.objects.values_list("subject", flat=True)) == {"First", "Second"}


def test_a_sender_that_is_quicker_than_the_choice_waits_for_it():
    campaign, _customers, rest = compared(people=30)
    plan_wave(campaign=campaign, at=NOON)

    send_due_invitations(at=NOON + 24 * HOUR)
    early = set(rest.values_list("sent_at", flat=True))
    choose_better_subjects(at=NOON + 24 * HOUR)
    send_due_invitations(at=NOON + 24 * HOUR + timedelta(minutes=1))

    assert early == {None}
    assert set(rest.values_list("state", flat=True)) == {"sent"}


def test_the_cockpit_says_what_is_noise_and_what_is_not(client, wave):
    client.force_login(UserFactory(roles=["Marketing"]))
    page = reverse("admin:surveys_campaign_cockpit", args=[wave.campaign_id])
    asked(wave, "a", people=10, answered=2)
    asked(wave, "b", people=10, answered=3)

    first = client.get(page, {"why": ""}).content.decode()
    assert "may be noise" in first
    assert "Two questions for you" in first
    asked(wave, "b", people=40, answered=40)
    choose_better_subjects(at=NOON + 24 * HOUR)
    later = client.get(page, {"why": ""}).content.decode()

    assert "more than chance would make" in later
    assert later.count("sent to the rest") == 1


def test_a_comparison_knows_its_rates(wave):
    asked(wave, "a", people=4, answered=1)

    comparison = compare_subjects(wave.campaign)

    assert (comparison.first.rate, comparison.second.rate) == (25.0, None)
    assert (comparison.change, comparison.difference, comparison.better) == (None, None, "a")
    assert comparison.ends_at == NOON + 24 * HOUR
