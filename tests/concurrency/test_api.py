from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from rest_framework.test import APIClient

from staff.api_keys import create_api_key
from staff.models import IdempotencyRecord
from surveys.models import SurveyResponse
from tests.conftest import NOON
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TWINS = 8


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    """Threads that give their connections back."""
    with ThreadPoolExecutor(TWINS) as crowd:
        yield crowd


def test_twins_with_one_idempotency_key_get_one_answer_and_have_one_effect(crowd):
    _key, text = create_api_key(
        name="Shop", user=UserFactory(), scopes=["responses:write"], expires_at=None, at=NOON
    )
    survey = SurveyFactory()
    answers = [{"question": survey.questions.get(kind="nps").pk, "score": 3}]

    def post(_number):
        try:
            return APIClient().post(
                "/api/v1/responses/",
                {"survey": survey.pk, "answers": answers},
                headers={"Authorization": f"Bearer {text}", "Idempotency-Key": "twin"},
            )
        finally:
            connection.close()

    pages = list(crowd.map(post, range(TWINS)))

    assert {page.status_code for page in pages} == {201}
    assert len({page.content for page in pages}) == 1
    assert sum("Idempotent-Replayed" not in page for page in pages) == 1
    assert (SurveyResponse.objects.count(), IdempotencyRecord.objects.count()) == (1, 1)
