from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from events.models import Event
from surveys.models import Answer, SurveyResponse
from surveys.ways.tokens import token_for
from tests.factories.surveys import InvitationFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PEOPLE_AT_ONCE = 16


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    """Threads that give their connections back."""
    with ThreadPoolExecutor(PEOPLE_AT_ONCE) as crowd:
        yield crowd


def test_sixteen_submits_at_once_are_one_response_and_everybody_is_thanked(crowd):
    invitation = InvitationFactory()
    address = reverse("survey-answer", args=[token_for(invitation.pk)])
    question = invitation.wave.campaign.survey.questions.get(kind="nps")

    def submit(score):
        try:
            return Client().post(address, {f"q{question.pk}": score}, follow=True)
        finally:
            connection.close()

    pages = list(crowd.map(submit, [number % 11 for number in range(PEOPLE_AT_ONCE)]))

    assert {page.status_code for page in pages} == {200}
    assert all("Thank you!" in page.content.decode() for page in pages)
    response = SurveyResponse.objects.get()
    assert Answer.objects.get().score == response.score
    assert Event.objects.get().subject == response.pk
