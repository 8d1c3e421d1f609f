import pytest
from django.utils import translation

from followups.promising import promise_to
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.surveys import SurveyResponseFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("language", "moment"), [("en", "5 March 2026, 13:00"), ("fa", "۱۴ اسفند ۱۴۰۴، ساعت ۱۳:۰۰")]
)
def test_an_unhappy_customer_is_told_until_when_by_their_own_calendar(language, moment):
    response = SurveyResponseFactory(survey=FollowUpRuleFactory().survey, score=2)

    with translation.override(language):
        promised = promise_to(response)

    assert moment in promised


def test_a_happy_customer_is_promised_nothing():
    response = SurveyResponseFactory(survey=FollowUpRuleFactory().survey, score=9)

    assert promise_to(response) == ""
