"""“Please call me”, on the page behind a personal link."""

import pytest
from django.urls import reverse
from django.utils import timezone

from events.delivery import deliver_events
from followups.models import FollowUp
from journeys.models import Interaction
from surveys.ways.tokens import token_for
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.surveys import InvitationFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def invitation():
    return InvitationFactory()


@pytest.fixture
def rule():
    return FollowUpRuleFactory(signal="call_request", survey=None, threshold=None)


def call_page(invitation):
    return reverse("survey-call", args=[token_for(invitation.pk)])


def test_who_asks_gets_one_follow_up_however_often_they_ask(client, invitation, rule):
    typed = {"phone": "+387 61 000 111", "text": "About my bill,\nafter five"}

    looked = client.get(call_page(invitation))
    before = Interaction.objects.count()
    pages = [client.post(call_page(invitation), typed) for _time in range(3)]
    deliver_events(at=timezone.now())

    assert (looked.status_code, before) == (200, 0)
    assert "We will call you" in pages[0].content.decode()
    follow_up = FollowUp.objects.get()
    assert (follow_up.source, follow_up.customer) == ("call_request", invitation.customer)
    assert follow_up.interaction.detail == {"text": "About my bill,\nafter five\n+387 61 000 111"}


@pytest.mark.parametrize("typed", [{"phone": "1" * 41}, {"text": "x" * 1001}, {"text": "a\x00b"}])
def test_too_much_is_refused_and_kept(client, invitation, rule, typed):
    page = client.post(call_page(invitation), typed)

    assert page.status_code == 422
    assert Interaction.objects.count() == 0
    assert next(iter(typed.values())).replace("\x00", "") in page.content.decode().replace("\x00", "")


def test_where_nobody_calls_there_is_no_page_and_no_link(client, invitation, rule):
    rule.policy = "cause_only"
    rule.save()
    answered(invitation)

    assert client.get(call_page(invitation)).status_code == 404
    assert client.post(call_page(invitation)).status_code == 404
    assert call_page(invitation) not in thanks(client, invitation)
    assert Interaction.objects.count() == 0


def test_the_thanks_offer_it_to_whom_no_call_is_promised(client, invitation, rule):
    answered(invitation, score=8)

    assert call_page(invitation) in thanks(client, invitation)


def test_who_is_called_anyway_is_not_offered_it(client, invitation, rule):
    FollowUpRuleFactory(survey=None, threshold=None)
    answered(invitation, score=1)

    assert call_page(invitation) not in thanks(client, invitation)


def test_a_test_invitation_asks_nobody(client, rule):
    invitation = InvitationFactory(is_test=True)

    client.post(call_page(invitation), {"text": "Hello"})

    assert Interaction.objects.count() == 0


def test_a_link_of_nobody(client, rule):
    assert client.get("/s/nobody/call/").status_code == 404


def answered(invitation, score=9):
    SurveyResponseFactory(
        survey=invitation.wave.campaign.survey,
        invitation=invitation,
        customer=invitation.customer,
        score=score,
    )
    invitation.answered_at = invitation.wave.planned_at
    invitation.save()


def thanks(client, invitation):
    return client.get(reverse("survey-thanks", args=[token_for(invitation.pk)])).content.decode()
