"""What was done with a campaign, and by whom: in the audit trail, and on its page."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from staff.models import AuditEntry
from surveys.campaigns.diary import MOST_SHOWN, Step, diary_of, note
from surveys.campaigns.drafts import change_before_start, discard_draft, draft_campaign
from surveys.campaigns.life import (
    cancel_campaign,
    finish_campaigns,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
    start_due_campaigns,
)
from surveys.campaigns.retrying import retry_campaign
from surveys.campaigns.second_looks import look_again, who_answers_for
from surveys.models import Campaign, ContactRules, Invitation
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory, SegmentFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory, WaveFactory

pytestmark = pytest.mark.django_db
State = Campaign.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def petra():
    return UserFactory(first_name="Petra", last_name="Novak", roles=["Marketing lead"])


def steps(campaign):
    return [(entry.label, entry.detail, entry.by) for entry in diary_of(campaign)]


def test_every_step_says_who_took_it_and_the_newest_comes_first(petra):
    survey = SurveyFactory()
    IdentityFactory()
    campaign = draft_campaign(
        by=petra, at=NOON, name="Spring", survey=survey, subject={"en": "Hello"}, body={"en": "How was it?"}
    )
    change_before_start(
        campaign=campaign, by=petra, at=NOON, name="Summer", survey=survey, segment=SegmentFactory()
    )
    schedule_campaign(campaign=campaign, starts_at=NOON, by=petra, at=NOON)
    Campaign.objects.update(state=State.SENDING)
    pause_campaign(campaign=campaign, by=petra, at=NOON)
    resume_campaign(campaign=campaign, by=petra, at=NOON)
    cancel_campaign(campaign=campaign, by=petra, at=NOON)

    assert steps(campaign) == [
        ("Cancelled", "", "Petra Novak"),
        ("Resumed", "", "Petra Novak"),
        ("Paused", "", "Petra Novak"),
        ("Launched", "", "Petra Novak"),
        ("Changed", "Name, segment", "Petra Novak"),
        ("Drafted", "", "Petra Novak"),
    ]
    campaign.refresh_from_db()
    assert campaign.launched_by == petra


def test_what_the_platform_does_itself_is_told_apart_from_what_somebody_did_who_left(petra):
    ContactRules.objects.create(approval_from=2)
    segment = SegmentFactory(rule={"all": []})
    for _each in range(2):
        IdentityFactory()
    campaign = CampaignFactory(state=State.SENDING, segment=segment, cleared_of="other", created_by=None)
    Campaign.objects.update(launched_by=petra)
    note(Step.LAUNCHED, campaign=campaign, by=petra, at=NOON - MINUTE)

    assert look_again(at=NOON) == 1
    campaign.refresh_from_db()
    told = [each.username for each in who_answers_for(campaign)]
    username = petra.username
    petra.delete()

    assert told == [username]
    assert steps(campaign) == [
        ("Held back", "", "the platform itself"),
        ("Launched", "", "somebody who left"),
    ]


def test_a_campaign_starts_and_ends_by_itself(petra):
    IdentityFactory()
    campaign = CampaignFactory(state=State.DRAFT, reminders=0)
    schedule_campaign(campaign=campaign, starts_at=NOON, by=petra, at=NOON - MINUTE)

    assert start_due_campaigns(at=NOON) == 1
    send_due_invitations(at=NOON)
    assert finish_campaigns(at=NOON + MINUTE) == 1

    assert steps(campaign) == [
        ("Ended", "", "the platform itself"),
        ("Started", "", "the platform itself"),
        ("Launched", "", "Petra Novak"),
    ]


def test_sending_again_is_a_step_of_each_campaign_it_concerns(petra):
    campaign = WaveFactory(campaign__state=State.DONE).campaign
    InvitationFactory(wave=campaign.waves.get(), state=Invitation.State.UNKNOWN, sent_at=None)

    assert retry_campaign(campaign=campaign, state="unknown", by=petra, at=NOON) == 1
    assert retry_campaign(campaign=campaign, state="unknown", by=petra, at=NOON) == 0

    assert steps(campaign) == [("Sent again what did not go through", "", "Petra Novak")]


def test_a_draft_that_was_deleted_is_in_the_audit_trail(petra):
    campaign = CampaignFactory(state=State.DRAFT, name="Never mind")

    discard_draft(campaign=campaign, by=petra, at=NOON)

    entry = AuditEntry.objects.get()
    assert (entry.user, entry.action, entry.detail["name"]) == (petra, "deleted", "Never mind")


def test_the_page_shows_the_latest_steps_to_whoever_watches(client, petra):
    campaign = CampaignFactory(state=State.SENDING)
    for n in range(MOST_SHOWN + 1):
        note(Step.PAUSED if n % 2 else Step.RESUMED, campaign=campaign, by=petra, at=NOON + n * MINUTE)
    client.force_login(petra)
    address = reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])

    client.post(address, {"do": "pause"})
    page = client.get(address)

    assert len(page.context["diary"]) == MOST_SHOWN
    assert page.context["diary"][0].at > timezone.now() - MINUTE
    assert "What was done, and by whom" in page.content.decode()
    assert client.get(address, {"progress": State.PAUSED}).context["diary"] == []


def test_staff_who_write_in_the_admin_and_delete_there_are_in_it_too(client, petra):
    campaign = CampaignFactory(state=State.DRAFT)
    client.force_login(petra)

    client.post(reverse("admin:surveys_campaign_delete", args=[campaign.pk]), {"post": "yes"})

    assert not Campaign.objects.exists()
    assert AuditEntry.objects.get(action="deleted").detail["step"] == "discarded"
