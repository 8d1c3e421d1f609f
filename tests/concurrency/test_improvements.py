"""Two people at the same improvement at the same time, each with a connection of their own."""

import pytest

from followups.improvements.raising import link_answers, link_follow_ups
from followups.improvements.telling import tell
from followups.models import FollowUp, Improvement, ImprovementStep, ImprovementVoice, TellingCampaign
from followups.working.steps import ChangedMeanwhile
from surveys.models import Campaign, Invitation, SurveyResponse
from tests.concurrency.test_followups import at_once
from tests.conftest import NOON
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, ImprovementFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 20


@pytest.fixture
def improvement():
    FollowUpFactory.create_batch(PEOPLE, rule=FollowUpRuleFactory())
    return ImprovementFactory(state="done")


def link_all(improvement):
    return link_follow_ups(improvement=improvement, follow_ups=FollowUp.objects.all(), by=None, at=NOON)


def test_of_two_who_link_the_same_one_does(improvement):
    linked = at_once(*[lambda: link_all(improvement)] * 2)

    assert sorted(linked) == [0, PEOPLE]
    assert ImprovementVoice.objects.count() == PEOPLE
    assert list(ImprovementStep.objects.values_list("kind", "text")) == [("linked", str(PEOPLE))]


def test_follow_ups_and_their_answers_linked_at_once_are_one_voice_each(improvement):
    at_once(
        lambda: link_all(improvement),
        lambda: link_answers(improvement=improvement, answers=SurveyResponse.objects.all(), by=None, at=NOON),
    )

    assert ImprovementVoice.objects.filter(follow_up__isnull=False).count() == PEOPLE
    assert ImprovementVoice.objects.count() == PEOPLE


def test_of_two_who_tell_at_once_one_does(improvement):
    TellingCampaign.objects.create(campaign=CampaignFactory(kind=Campaign.Kind.BY_API))
    link_all(improvement)
    by = UserFactory()
    seen = [Improvement.objects.get() for _ in range(2)]

    told = at_once(*(lambda each=each: tell(improvement=each, by=by, at=NOON) for each in seen))

    assert {type(each) for each in told} == {int, ChangedMeanwhile}
    assert PEOPLE in told
    assert Invitation.objects.count() == PEOPLE
    assert ImprovementStep.objects.filter(kind="told").count() == 1
