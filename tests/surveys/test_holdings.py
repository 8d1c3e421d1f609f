"""What a customer was asked about, in their own file and after their erasure."""

import pytest

from customers.privacy.erasing import erase_customer
from customers.privacy.personal import Person
from surveys.holdings import tell_answers, tell_invitations
from tests.conftest import NOON
from tests.customers.test_erasing import COUNTED
from tests.factories.surveys import AnswerFactory, InvitationFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
OCCASION = {"order": "A-17", "said": "The key is under the mat"}


@pytest.fixture
def invitation():
    return InvitationFactory(context=OCCASION, answered_at=NOON)


@pytest.fixture
def response(invitation):
    response = SurveyResponseFactory(customer=invitation.customer, invitation=invitation, context=OCCASION)
    AnswerFactory(survey_response=response, score=0)
    return response


def test_it_is_told_to_them(invitation, response):
    person = Person(numbers=(invitation.customer_id,), names=(), addresses=())

    assert [each["context"] for each in tell_invitations(person)] == [OCCASION]
    assert [each["survey_response__context"] for each in tell_answers(person)] == [OCCASION]


def test_it_goes_when_they_are_erased_and_the_score_stays(invitation, response):
    erase_customer(customer=invitation.customer, by=None, at=NOON, **COUNTED)

    invitation.refresh_from_db()
    response.refresh_from_db()
    assert (invitation.context, response.context, response.answers.get().score) == ({}, {}, 0)
