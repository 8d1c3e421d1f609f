"""Two schedulers, or ten, that run the sweep of all campaigns at the same moment, each with a connection of its own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.db import connection

from mail.models import KeptMail
from surveys.campaigns.comparing import choose_better_subjects
from surveys.campaigns.life import cancel_campaign, finish_campaigns, start_due_campaigns
from surveys.contact.pacing import within_shares
from surveys.models import Campaign, ContactCap, Invitation, Wave
from surveys.planning.reminders import plan_reminders
from surveys.planning.rounds import plan_rounds
from surveys.planning.waves import plan_wave
from surveys.sending.claiming import claim, return_leases
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
SCHEDULERS = 4


def sweep(at):
    """What surveys.tasks.run_campaigns_task does, and a sender after it."""
    return_leases()
    start_due_campaigns(at=at)
    plan_rounds(at=at)
    choose_better_subjects(at=at)
    plan_reminders(at=at)
    finish_campaigns(at=at)
    send_due_invitations(at=at)


def all_at_once(at):
    start = Barrier(SCHEDULERS)

    def run(_number):
        try:
            start.wait()
            sweep(at)
        finally:
            connection.close()

    with ThreadPoolExecutor(SCHEDULERS) as pool:
        list(pool.map(run, range(SCHEDULERS)))


def test_a_campaign_starts_is_sent_and_reminds_once():
    for _each in range(30):
        IdentityFactory()
    CampaignFactory(state=Campaign.State.SCHEDULED, starts_at=NOON, reminders=1, remind_after_days=3)

    all_at_once(NOON)
    sweep(NOON)  # whoever found the others at work left something for the next sweep
    assert (Wave.objects.count(), Invitation.objects.filter(state="sent").count()) == (1, 30)
    assert set(Counter(KeptMail.objects.values_list("recipient", flat=True)).values()) == {1}

    all_at_once(NOON + 3 * DAY)
    sweep(NOON + 3 * DAY)
    assert set(Invitation.objects.values_list("state", "reminders_sent")) == {("sent", 1)}
    assert set(Counter(KeptMail.objects.values_list("recipient", flat=True)).values()) == {2}


def test_each_day_of_a_round_is_planned_once():
    for _each in range(30):
        IdentityFactory()
    CampaignFactory(kind=Campaign.Kind.RECURRING, every_weeks=1, reminders=0, starts_at=NOON)

    for day in range(7):
        all_at_once(NOON + day * DAY)
    sweep(NOON + 6 * DAY)

    assert set(Counter(Invitation.objects.values_list("customer", flat=True)).values()) == {1}
    assert KeptMail.objects.count() == Invitation.objects.filter(state="sent").count() == 30


needs_rows_that_lock = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite locks the whole database"
)


@needs_rows_that_lock
def test_a_sweep_passes_by_a_campaign_that_another_is_starting(monkeypatch):
    CampaignFactory(state=Campaign.State.SCHEDULED, starts_at=NOON)
    is_planning, may_end = Event(), Event()

    def plan_for_long(**named):
        is_planning.set()
        assert may_end.wait(20)
        return plan_wave(**named)

    monkeypatch.setattr("surveys.campaigns.life.plan_wave", plan_for_long)
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(closing_its_connection, lambda: start_due_campaigns(at=NOON))
        assert is_planning.wait(20)
        assert start_due_campaigns(at=NOON) == 0
        may_end.set()
        assert starting.result() == 1


@needs_rows_that_lock
def test_who_cancels_a_campaign_waits_for_who_claims_of_it(monkeypatch):
    cap = ContactCap.objects.create(most=1, days=30)
    for _each in range(2):
        IdentityFactory()
    campaign = CampaignFactory(per_hour=60)
    wave = plan_wave(campaign=campaign, at=NOON)
    held = Invitation.objects.first()
    InvitationFactory(customer=held.customer, sent_at=NOON - 2 * DAY)
    has_put_back, has_cancelled = Event(), Event()

    def share_slowly(*args, **named):
        has_put_back.set()
        assert not has_cancelled.wait(0.5)
        return within_shares(*args, **named)

    def cancel():
        cancel_campaign(campaign=campaign, by=None, at=NOON)
        has_cancelled.set()

    monkeypatch.setattr("surveys.sending.claiming.within_shares", share_slowly)
    with ThreadPoolExecutor(2) as pool:
        claiming = pool.submit(closing_its_connection, lambda: claim(wave=wave.pk, channel="email", at=NOON))
        assert has_put_back.wait(20)
        pool.submit(closing_its_connection, cancel).result()
        assert len(claiming.result().addressees) == 1

    rows = Invitation.objects.filter(wave=wave).values_list("state", "cap")
    assert set(rows) == {("cancelled", None), ("cancelled", cap.pk)}


def closing_its_connection(work):
    try:
        return work()
    finally:
        connection.close()
