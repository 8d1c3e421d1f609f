"""Two schedulers, or ten, that run the sweep of all campaigns at the same moment, each with a connection of its own."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from mail.models import KeptMail
from surveys.campaigns.comparing import choose_better_subjects
from surveys.campaigns.life import finish_campaigns, start_due_campaigns
from surveys.models import Campaign, Invitation, Wave
from surveys.planning.reminders import plan_reminders
from surveys.planning.rounds import plan_rounds
from surveys.sending.claiming import return_leases
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.surveys import CampaignFactory

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
