"""What may happen to a customer, a segment or a schedule between planning and sending, and what is sent then."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from customers.consent import record_consent, suppress, unsubscribe
from customers.merging.merges import merge
from customers.models import Channel, Consent, Customer, Erasure, Suppression
from customers.privacy.erasing import erase_customer
from mail.models import KeptMail
from surveys.campaigns.life import NotReady, finish_campaigns, schedule_campaign, start_due_campaigns
from surveys.contact.clock import Hours, is_allowed
from surveys.models import Campaign, ContactCap, ContactRules, Invitation
from surveys.planning.reminders import plan_reminders
from surveys.planning.waves import plan_wave
from surveys.sending.claiming import claim
from surveys.sending.handing_over import record_and_mark
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory, SegmentFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def is_merged(customer: Customer) -> None:
    """Into somebody whom the campaign asks too: one person is asked once."""
    kept = Customer.objects.exclude(pk=customer.pk).earliest("pk")
    merge(kept=kept, merged=customer, by=None, at=NOON)


def is_erased(customer: Customer) -> None:
    erase_customer(customer=customer, by=None, at=NOON, reason=Erasure.Reason.REQUESTED)


def unsubscribes(customer: Customer) -> None:
    unsubscribe(customer=customer, source="link", at=NOON)


def withdraws_consent(customer: Customer) -> None:
    record_consent(
        customer=customer,
        purpose=Consent.Purpose.SURVEY,
        channel=Channel.EMAIL,
        state=Consent.State.WITHDRAWN,
        source="phone",
        at=NOON,
    )


def complains(customer: Customer) -> None:
    digest = customer.identities.get().digest
    suppress(channel=Channel.EMAIL, digest=digest, reason=Suppression.Reason.COMPLAINED, at=NOON)


CHANGES = [is_merged, is_erased, unsubscribes, withdraws_consent, complains]


@pytest.fixture
def planned():
    """A campaign with three people planned, and the one to whom something happens."""
    [unlucky, *_others] = [IdentityFactory().customer for _each in range(3)]
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    return campaign, unlucky, unlucky.identities.get().value


@pytest.mark.parametrize("change", CHANGES)
def test_who_is_no_longer_to_be_asked_is_not_written_to(planned, change):
    _campaign, unlucky, address = planned
    change(unlucky)

    send_due_invitations(at=NOON + HOUR)

    written_to = set(KeptMail.objects.values_list("recipient", flat=True))
    assert len(written_to - {address}) == 2
    assert address not in written_to
    assert not Invitation.objects.filter(customer=unlucky, sent_at__isnull=False).exists()
    assert not Invitation.objects.waiting().exists()


@pytest.mark.parametrize("change", CHANGES)
def test_neither_is_who_says_so_when_a_sender_has_them_in_hand(planned, change):
    campaign, unlucky, _address = planned
    claimed = claim(wave=campaign.waves.get().pk, channel=Channel.EMAIL, at=NOON)
    assert unlucky.pk in {each.customer_id for each in claimed.addressees}
    change(unlucky)

    marked = record_and_mark(claimed, [], claimed.addressees, campaign=campaign, at=NOON)

    assert len(marked) == 2
    assert unlucky.pk not in {each.customer_id for each in marked}


@pytest.mark.parametrize("change", CHANGES)
def test_neither_is_anybody_reminded_to_whom_it_happens_after_the_first_message(planned, change):
    _campaign, unlucky, address = planned
    send_due_invitations(at=NOON)
    assert KeptMail.objects.count() == 3
    change(unlucky)

    plan_reminders(at=NOON + 3 * DAY)
    send_due_invitations(at=NOON + 3 * DAY)

    reminded = KeptMail.objects.filter(subject__startswith="Reminder")
    assert reminded.count() == 2
    assert not reminded.filter(recipient=address).exists()


def test_a_segment_that_is_empty_when_the_campaign_starts_asks_nobody_and_the_campaign_is_done():
    customer = IdentityFactory(customer__language="fa").customer
    segment = SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"})
    campaign = CampaignFactory(state="draft", segment=segment)
    schedule_campaign(campaign=campaign, by=None, starts_at=NOON, at=NOON - DAY)
    Customer.objects.filter(pk=customer.pk).update(language="en")

    assert start_due_campaigns(at=NOON) == 1
    assert send_due_invitations(at=NOON)
    assert finish_campaigns(at=NOON) == 1

    assert (Invitation.objects.count(), KeptMail.objects.count()) == (0, 0)
    assert Campaign.objects.get().state == Campaign.State.DONE


def test_a_message_that_names_what_nobody_knows_is_not_launched():
    campaign = CampaignFactory(state="draft", body={"en": "Dear {nam}, one question."})

    with pytest.raises(NotReady, match=r"\{nam\}"):
        schedule_campaign(campaign=campaign, by=None, starts_at=NOON, at=NOON)

    assert Campaign.objects.get().state == Campaign.State.DRAFT


def test_a_scheduler_that_slept_six_hours_starts_once_and_wakes_nobody_at_night():
    """It should have begun at three in the afternoon and wakes at nine in the evening, in the quiet hours."""
    ContactRules.objects.create(quiet_from=time(20), quiet_until=time(9))
    zones = ("Europe/Sarajevo", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Chatham")
    for zone in zones:
        IdentityFactory(customer__time_zone=zone)
    campaign = CampaignFactory(state="draft", reminders=0)
    starts_at = datetime(2026, 3, 28, 14, tzinfo=UTC)  # the night in which Sarajevo's clocks go forward
    schedule_campaign(campaign=campaign, by=None, starts_at=starts_at, at=starts_at - DAY)
    night = Hours(quiet_from=time(20), quiet_until=time(9))

    for hours in range(6, 30):
        at = starts_at + hours * HOUR
        start_due_campaigns(at=at)
        send_due_invitations(at=at)

    sent = dict(Invitation.objects.values_list("customer__time_zone", "sent_at"))
    assert set(sent) == set(zones)
    assert all(is_allowed(at, zone, night) for zone, at in sent.items())
    assert sent["America/Los_Angeles"] == starts_at + 6 * HOUR
    assert sent["Europe/Sarajevo"] == datetime(2026, 3, 29, 7, tzinfo=UTC)  # nine o'clock, in summer time
    assert KeptMail.objects.count() == 4


def sweep(since, *, hours):
    """The scheduler, every quarter of an hour."""
    for turn in range(4 * hours):
        at = since + turn * HOUR / 4
        start_due_campaigns(at=at)
        send_due_invitations(at=at)


def clocks_of_sent():
    rows = Invitation.objects.exclude(sent_at=None).order_by("customer_id", "sent_at")
    told = rows.values_list("sent_at", "customer__time_zone")
    return [f"{sent_at.astimezone(ZoneInfo(zone)):%d %H:%M}" for sent_at, zone in told]


@pytest.mark.parametrize(
    ("starts_at", "clocks"),
    [
        (datetime(2026, 3, 4, 7, tzinfo=UTC), ["04 10:00", "04 10:00", "05 10:00", "05 10:00"]),  # 8:00 in Sarajevo
        (datetime(2026, 3, 3, 23, 5, tzinfo=UTC), ["04 10:05", "04 10:05", "04 10:05", "05 10:05"]),
        (datetime(2026, 3, 4, 15, tzinfo=UTC), ["05 10:00", "04 10:00", "05 10:00", "05 10:00"]),  # 16:00 in Sarajevo
        (datetime(2026, 3, 4, 9, 30, tzinfo=UTC), ["04 10:30", "04 10:00", "05 10:00", "05 10:00"]),  # 10:30 there
    ],
)  # fmt: skip
def test_everybody_is_written_to_when_the_time_of_day_comes_by_their_own_clock(starts_at, clocks):
    for zone in ("Europe/Sarajevo", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Chatham"):
        IdentityFactory(customer__time_zone=zone)
    CampaignFactory(state="scheduled", starts_at=starts_at, send_at=time(10), reminders=0)

    sweep(starts_at, hours=48)

    assert clocks_of_sent() == clocks


def test_a_slow_list_is_sent_for_the_rest_of_the_day_and_goes_on_at_the_same_time_on_the_next():
    starts_at = datetime(2026, 3, 4, 8, tzinfo=UTC)
    for _each in range(4):
        IdentityFactory(customer__time_zone="UTC")
    CampaignFactory(state="scheduled", starts_at=starts_at, send_at=time(22), per_hour=1, reminders=0)

    sweep(starts_at, hours=48)

    assert clocks_of_sent() == ["04 22:00", "04 23:00", "05 22:00", "05 23:00"]


def test_quiet_hours_laid_over_the_time_of_day_later_win():
    planned_at = datetime(2026, 3, 4, 12, tzinfo=UTC)
    IdentityFactory(customer__time_zone="UTC")
    plan_wave(campaign=CampaignFactory(send_at=time(21), reminders=0), at=planned_at)
    ContactRules.objects.create(quiet_from=time(20), quiet_until=time(8))

    sweep(planned_at, hours=24)

    assert clocks_of_sent() == ["05 08:00"]


def test_who_had_to_wait_for_a_cap_is_asked_at_the_time_of_day_when_they_are_free():
    asked_at = datetime(2026, 3, 3, 15, tzinfo=UTC)
    ContactCap.objects.create(most=1, days=1)
    identity = IdentityFactory(customer__time_zone="UTC")
    InvitationFactory(customer=identity.customer, sent_at=asked_at)
    campaign = CampaignFactory(send_at=time(10), reminders=0)
    plan_wave(campaign=campaign, at=asked_at)

    sweep(asked_at, hours=48)

    assert clocks_of_sent() == ["03 15:00", "05 10:00"]


def test_a_campaign_of_the_29th_of_february_reminds_three_days_later():
    IdentityFactory()
    leap_day = datetime(2028, 2, 29, 12, tzinfo=UTC)
    campaign = CampaignFactory(state="draft", reminders=1, remind_after_days=3)
    schedule_campaign(campaign=campaign, by=None, starts_at=leap_day, at=leap_day - DAY)
    start_due_campaigns(at=leap_day)
    send_due_invitations(at=leap_day)

    assert plan_reminders(at=datetime(2028, 3, 3, 11, 59, tzinfo=UTC)) == 0
    assert plan_reminders(at=datetime(2028, 3, 3, 12, tzinfo=UTC)) == 1
