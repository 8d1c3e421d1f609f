from datetime import UTC, datetime, time, timedelta

import pytest

from surveys.contact.addressees import addressees_of
from surveys.contact.holding import hold_back
from surveys.models import ContactCap, ContactRules, Invitation
from surveys.sending.claiming import claim
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, WaveFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
State = Invitation.State


def picked(customer, **fields):
    fields = {"sent_at": None, "due_at": NOON, **fields}
    invitation = InvitationFactory(customer=customer, state=State.PLANNED, **fields)
    [addressee] = addressees_of(Invitation.objects.filter(pk=invitation.pk))
    return addressee


def state_of(invitation):
    return Invitation.objects.values_list("state", "reason", "cap", "due_at").get(pk=invitation.pk)


def test_who_was_asked_by_another_campaign_meanwhile_waits_and_reads_why():
    cap = ContactCap.objects.create(most=1, days=30)
    customer, other = CustomerFactory(), CustomerFactory()
    InvitationFactory(customer=customer, sent_at=NOON - 10 * DAY)
    waits, goes = picked(customer), picked(other)

    assert hold_back([waits, goes], CampaignFactory(), at=NOON) == [goes]

    assert state_of(waits) == ("deferred", "cap", cap.pk, NOON + 20 * DAY)
    assert state_of(goes) == ("planned", "", None, NOON)


def test_who_is_just_being_written_to_is_looked_at_again_soon_and_not_after_the_whole_cap():
    ContactCap.objects.create(most=1, days=30)
    customer = CustomerFactory()
    InvitationFactory(customer=customer, sent_at=None, state=State.SENDING)
    waits = picked(customer)

    assert hold_back([waits], CampaignFactory(), at=NOON) == []

    assert state_of(waits)[::3] == ("deferred", NOON + timedelta(minutes=15))


def test_neither_does_who_had_a_message_before_it_and_may_get_two():
    """Two in thirty days: whether the second leaves decides, not the first of ten days ago."""
    ContactCap.objects.create(most=2, days=30)
    customer = CustomerFactory()
    InvitationFactory(customer=customer, sent_at=NOON - 10 * DAY)
    InvitationFactory(customer=customer, sent_at=None, state=State.SENDING)
    waits = picked(customer)

    assert hold_back([waits], CampaignFactory(), at=NOON) == []

    assert state_of(waits)[::3] == ("deferred", NOON + timedelta(minutes=15))


def test_who_was_written_to_in_the_same_shift_reads_the_date_on_which_the_cap_ends():
    ContactCap.objects.create(most=1, days=30)
    waits = picked(InvitationFactory(sent_at=NOON).customer)

    assert hold_back([waits], CampaignFactory(), at=NOON) == []

    assert state_of(waits)[::3] == ("deferred", NOON + 30 * DAY)


def test_a_message_counts_for_another_invitation_of_the_same_customer_that_is_taken_with_its_reminder():
    cap = ContactCap.objects.create(most=1, days=30)
    wave, customer = WaveFactory(campaign__kind="triggered"), CustomerFactory()
    other = picked(CustomerFactory(), wave=wave)
    new = picked(customer, wave=wave, occasion="order:2", due_at=NOON - DAY)
    reminder = picked(customer, wave=wave, occasion="order:1", sent_at=NOON - 3 * DAY)

    assert hold_back([new, reminder, other], wave.campaign, at=NOON) == [other]
    assert state_of(new) == ("deferred", "cap", cap.pk, NOON + 27 * DAY)
    assert state_of(reminder)[::3] == ("planned", NOON + timedelta(minutes=15))

    assert hold_back([reminder], wave.campaign, at=NOON + timedelta(minutes=15)) == [reminder]


def test_without_caps_two_invitations_of_one_customer_go_together():
    customer = CustomerFactory()
    both = [picked(customer), picked(customer)]

    assert hold_back(both, CampaignFactory(), at=NOON) == both


def test_a_reminder_is_not_held_back_by_its_own_invitation_but_by_everybody_elses():
    ContactCap.objects.create(most=1, days=30)
    reminded, asked_elsewhere = CustomerFactory(), CustomerFactory()
    InvitationFactory(customer=asked_elsewhere, sent_at=NOON - DAY)
    goes = picked(reminded, sent_at=NOON - 3 * DAY)
    waits = picked(asked_elsewhere, sent_at=NOON - 3 * DAY)

    assert hold_back([goes, waits], CampaignFactory(), at=NOON) == [goes]

    assert state_of(waits)[::3] == ("deferred", NOON + 29 * DAY)


def test_of_two_campaigns_for_one_customer_the_second_waits_for_what_the_first_has_taken():
    ContactCap.objects.create(most=1, days=30)
    customer = CustomerFactory()
    first, second = picked(customer), picked(customer)

    assert [each.pk for each in claim(wave=first.wave_id, channel="email", at=NOON).addressees] == [first.pk]
    assert claim(wave=second.wave_id, channel="email", at=NOON) is None

    assert state_of(second)[::3] == ("planned", NOON + timedelta(minutes=15))


def test_quiet_hours_are_those_of_the_customers_clock():
    ContactRules.objects.create(quiet_from=time(20), quiet_until=time(9))
    at = datetime(2026, 3, 4, 21, tzinfo=UTC)
    in_kathmandu = picked(CustomerFactory(time_zone="Asia/Kathmandu"))
    in_los_angeles = picked(CustomerFactory(time_zone="America/Los_Angeles"))

    assert hold_back([in_kathmandu, in_los_angeles], CampaignFactory(), at=at) == [in_los_angeles]

    assert state_of(in_kathmandu)[::3] == ("planned", datetime(2026, 3, 5, 3, 15, tzinfo=UTC))


def test_who_asked_for_a_rest_gets_it_and_a_test_goes_out_whatever_the_policy_says():
    ContactCap.objects.create(most=1, days=30)
    resting = CustomerFactory(snoozed_until=NOON + 90 * DAY)
    waits, test = picked(resting), picked(resting, is_test=True)

    assert hold_back([waits, test], CampaignFactory(), at=NOON) == [test]

    assert state_of(waits) == ("deferred", "snoozed", None, NOON + 90 * DAY)
