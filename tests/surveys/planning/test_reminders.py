"""Reminding: whoever may not be written to any more is not waited for."""

from datetime import timedelta

import pytest

from surveys.campaigns.life import finish_campaigns
from surveys.models import Invitation
from surveys.planning.reminders import plan_reminders
from surveys.planning.waves import plan_wave
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.surveys import CampaignFactory
from tests.surveys.planning.test_between_planning_and_sending import CHANGES

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.mark.parametrize("change", CHANGES)
def test_who_may_not_be_reminded_is_not_planned_for_it_and_keeps_no_campaign_open(change):
    answers, leaves = (IdentityFactory().customer for _each in range(2))
    campaign = CampaignFactory(reminders=1, remind_after_days=3)
    plan_wave(campaign=campaign, at=NOON)
    send_due_invitations(at=NOON)
    Invitation.objects.filter(customer=answers).update(answered_at=NOON)
    assert finish_campaigns(at=NOON + DAY) == 0
    change(leaves)

    planned = plan_reminders(at=NOON + 3 * DAY)
    finished = finish_campaigns(at=NOON + 3 * DAY)

    campaign.refresh_from_db()
    assert (planned, finished, campaign.state) == (0, 1, "done")


def test_before_anybody_is_due_the_ledger_is_not_read_and_then_each_in_time(django_assert_num_queries):
    IdentityFactory.create_batch(2)
    campaign = CampaignFactory(reminders=1, remind_after_days=3)
    plan_wave(campaign=campaign, at=NOON)
    send_due_invitations(at=NOON)
    late = Invitation.objects.last()
    Invitation.objects.filter(pk=late.pk).update(sent_at=NOON + timedelta(minutes=30))
    assert plan_reminders(at=NOON + 3 * DAY - timedelta(minutes=2)) == 0

    with django_assert_num_queries(1):
        assert plan_reminders(at=NOON + 3 * DAY - timedelta(seconds=1)) == 0
    assert plan_reminders(at=NOON + 3 * DAY) == 1
    with django_assert_num_queries(1):
        assert plan_reminders(at=NOON + 3 * DAY + timedelta(seconds=10)) == 0
    assert plan_reminders(at=NOON + 3 * DAY + timedelta(minutes=29)) == 0
    assert plan_reminders(at=NOON + 3 * DAY + timedelta(minutes=30)) == 1


def test_where_no_day_is_waited_for_each_sweep_looks():
    IdentityFactory()
    campaign = CampaignFactory(reminders=1, remind_after_days=0)
    plan_reminders(at=NOON)
    plan_wave(campaign=campaign, at=NOON)
    send_due_invitations(at=NOON)

    assert plan_reminders(at=NOON) == 1
