"""Was it solved? Asked once after a resolution, through a campaign; a “no” opens the follow-up again."""

from datetime import timedelta

import pytest

from events.delivery import deliver_events
from events.publishing import publish
from followups.models import FollowUp, LoopSettings
from followups.working.steps import reopen, resolve
from staff.models import Notification
from surveys.models import Invitation
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpFactory, RootCauseFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    AnswerFactory,
    CampaignFactory,
    QuestionFactory,
    SurveyFactory,
    SurveyResponseFactory,
    published,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def campaign():
    survey = SurveyFactory()
    QuestionFactory(survey=survey, kind="yesno", text={"en": "Was it solved?"})
    campaign = CampaignFactory(survey=published(survey), kind="by_api", state="sending")
    LoopSettings.objects.create(pk=1, solved_campaign=campaign)
    return campaign


@pytest.fixture
def follow_up():
    customer = CustomerFactory()
    IdentityFactory(customer=customer, kind="email", value="ana@example.com")
    return FollowUpFactory(survey_response__customer=customer, owner=UserFactory(roles=["Support"]))


def resolved(follow_up, outcome="solved", at=NOON):
    resolve(follow_up=follow_up, by=None, root_cause=RootCauseFactory(), outcome=outcome, at=at)
    deliver_events(at=at)
    return follow_up


def answered(invitation, *, yes, comment=""):
    survey = invitation.wave.campaign.survey
    response = SurveyResponseFactory(
        survey=survey,
        invitation=invitation,
        customer=invitation.customer,
        score=None,
        submitted_at=NOON + DAY,
    )
    AnswerFactory(
        survey_response=response, question=survey.questions.get(kind="yesno"), score=None, value=yes
    )
    if comment:
        question = QuestionFactory(survey=survey, kind="comment", position=2)
        AnswerFactory(survey_response=response, question=question, score=None, text=comment)
    publish("surveys.response_submitted", subject=response.pk, at=NOON + DAY)
    deliver_events(at=NOON + DAY)


@pytest.mark.parametrize(
    ("outcome", "asked"), [("solved", 1), ("partly", 1), ("not_solved", 0), ("not_reached", 0)]
)
def test_who_was_helped_is_asked_through_the_ledger(campaign, follow_up, outcome, asked):
    resolved(follow_up, outcome)

    assert list(Invitation.objects.values_list("customer", "occasion")) == asked * [
        (follow_up.customer_id, f"follow-up:{follow_up.pk}:1")
    ]


def test_once_for_each_resolution(campaign, follow_up):
    resolved(follow_up)
    publish("followups.follow_up_resolved", subject=follow_up.pk, at=NOON, customer=None, touchpoint=None)
    deliver_events(at=NOON)

    assert Invitation.objects.count() == 1


def test_nobody_is_asked_without_a_campaign_or_while_it_is_paused(campaign, follow_up):
    campaign.state = "paused"
    campaign.save()
    resolved(follow_up)
    LoopSettings.objects.update(solved_campaign=None)
    resolved(FollowUpFactory())

    assert Invitation.objects.count() == 0


def test_a_no_opens_it_again_with_the_words_and_the_owner_is_told(campaign, follow_up):
    resolved(follow_up)

    answered(Invitation.objects.get(), yes=False, comment="Still broken")

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.leg) == ("open", 2)
    assert list(follow_up.steps.values_list("kind", "text"))[-2:] == [
        ("not_solved", "Still broken"),
        ("reopened", ""),
    ]
    assert Notification.objects.filter(user=follow_up.owner, source__endswith="not-solved-2").count() == 1


def test_a_yes_is_written_down(campaign, follow_up):
    resolved(follow_up)

    answered(Invitation.objects.get(), yes=True)

    follow_up.refresh_from_db()
    assert follow_up.state == "resolved"
    assert follow_up.steps.latest("pk").kind == "confirmed"


def test_an_answer_about_a_resolution_before_changes_nothing(campaign, follow_up):
    resolved(follow_up)
    follow_up.refresh_from_db()
    reopen(follow_up=follow_up, by=None, at=NOON)
    resolve(follow_up=follow_up, by=None, root_cause=RootCauseFactory(), outcome="not_solved", at=NOON)

    answered(Invitation.objects.get(), yes=False)

    assert FollowUp.objects.get(pk=follow_up.pk).leg == 2
