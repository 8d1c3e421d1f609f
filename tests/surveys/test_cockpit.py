from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Consent
from surveys.models import Campaign
from surveys.planning import forecast, plan_wave
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, WaveFactory

pytestmark = pytest.mark.django_db
State = Campaign.State


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def cockpit(campaign):
    return reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])


def draft():
    return CampaignFactory(state=State.DRAFT, starts_at=None)


def test_the_forecast_says_what_planning_then_does():
    for name in ("ana", "anna"):
        IdentityFactory(value=f"{name}@mail.example", digest="one and the same")
    IdentityFactory(value="bo@mail.example")
    refusing = IdentityFactory(value="no@mail.example").customer
    Consent.objects.create(
        customer=refusing, purpose="survey", channel="email", state="withdrawn", source="test", at=NOON
    )
    CustomerFactory()
    campaign = draft()

    said = forecast(campaign, at=NOON)
    wave = plan_wave(campaign=campaign, at=NOON)

    planned = wave.invitations.values_list("reason", flat=True)
    assert said == {reason: list(planned).count(reason) for reason in set(planned)}
    assert said[""] == 2
    assert said["no_consent"] == said["duplicate_address"] == 1


def test_a_draft_is_scheduled_for_a_moment_to_come(marketing):
    campaign = draft()
    tomorrow = timezone.localtime() + timedelta(days=1)

    marketing.post(cockpit(campaign), {"do": "schedule", "starts_at": f"{tomorrow:%Y-%m-%dT%H:%M}"})

    campaign.refresh_from_db()
    assert campaign.state == State.SCHEDULED
    assert campaign.starts_at == tomorrow.replace(second=0, microsecond=0)
    assert "Starts on" in marketing.get(cockpit(campaign)).content.decode()


def test_a_moment_nobody_can_read_is_said_at_the_field_and_changes_nothing(marketing):
    campaign = draft()

    page = marketing.post(cockpit(campaign), {"do": "schedule", "starts_at": "soon"})

    assert "Enter a valid date/time." in page.content.decode()
    campaign.refresh_from_db()
    assert campaign.state == State.DRAFT


def test_the_forecast_is_shown_by_itself(marketing):
    IdentityFactory(value="ana@mail.example")

    part = marketing.get(cockpit(draft()), {"forecast": ""}).content.decode()

    assert "1 customer would be asked." in part
    assert "<html" not in part


@pytest.mark.parametrize(
    ("before", "do", "after"),
    [
        (State.SENDING, "pause", State.PAUSED),
        (State.PAUSED, "resume", State.SENDING),
        (State.SENDING, "cancel", State.CANCELLED),
    ],
)
def test_a_button_does_what_it_says(marketing, before, do, after):
    campaign = WaveFactory(campaign__state=before).campaign

    marketing.post(cockpit(campaign), {"do": do})

    campaign.refresh_from_db()
    assert campaign.state == after


def test_a_button_that_no_longer_fits_says_so(marketing):
    campaign = WaveFactory(campaign__state=State.CANCELLED).campaign

    page = marketing.post(cockpit(campaign), {"do": "pause"}, follow=True)

    assert [message.level_tag for message in page.context["messages"]] == ["error"]
    campaign.refresh_from_db()
    assert campaign.state == State.CANCELLED


def test_who_may_only_look_finds_no_buttons_and_presses_none(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    campaign = WaveFactory().campaign

    assert 'name="do"' not in client.get(cockpit(campaign)).content.decode()
    assert client.post(cockpit(campaign), {"do": "pause"}).status_code == 403
