from datetime import timedelta

import pytest
from django.db import OperationalError

from followups.models import FollowUpStep
from staff.api import idempotency
from staff.api.idempotency import KEPT, prune_idempotency_records
from staff.models import IdempotencyRecord
from surveys.models import SurveyResponse
from tests.conftest import NOON
from tests.factories.followups import FollowUpFactory
from tests.factories.surveys import SurveyFactory

pytestmark = pytest.mark.django_db


def answer(api, survey, *, score=9, key="a-key"):
    question = survey.questions.get(kind="nps")
    return api.post(
        "/api/v1/responses/",
        {"survey": survey.pk, "answers": [{"question": question.pk, "score": score}]},
        headers={"Idempotency-Key": key},
    )


def test_the_same_request_gets_the_same_answer_and_one_effect(api):
    survey = SurveyFactory()

    first, again = answer(api, survey), answer(api, survey)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("Idempotent-Replayed" in first, again["Idempotent-Replayed"]) == (False, "true")
    assert SurveyResponse.objects.count() == 1


def test_another_request_with_the_same_key_is_refused(api):
    survey = SurveyFactory()
    answer(api, survey, score=9)

    refused = answer(api, survey, score=2)

    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    assert SurveyResponse.objects.get().score == 9


def test_keys_of_two_programs_never_meet(open_with):
    survey = SurveyFactory()
    one, other = open_with("responses:write"), open_with("responses:write")

    assert answer(one, survey).json()["id"] != answer(other, survey).json()["id"]
    assert SurveyResponse.objects.count() == 2


def test_a_refusal_leaves_nothing_so_the_key_can_be_used_again(api):
    survey = SurveyFactory()

    assert answer(api, survey, score=11).status_code == 400
    assert IdempotencyRecord.objects.count() == 0
    assert answer(api, survey, score=10).status_code == 201


def test_a_crash_between_the_effect_and_the_answer_leaves_neither(api, monkeypatch):
    class Crash(RuntimeError):
        pass

    def crash(renderer, *args, **kwargs):
        raise Crash

    survey = SurveyFactory()
    with monkeypatch.context() as patch:
        patch.setattr(idempotency.JSONRenderer, "render", crash)
        with pytest.raises(Crash):
            answer(api, survey)

    assert (SurveyResponse.objects.count(), IdempotencyRecord.objects.count()) == (0, 0)
    assert answer(api, survey).status_code == 201
    assert SurveyResponse.objects.count() == 1


def test_while_the_twin_is_running_the_caller_is_asked_to_come_back(api, monkeypatch):
    def locked(**given):
        raise OperationalError("lock timeout")

    survey = SurveyFactory()
    monkeypatch.setattr(IdempotencyRecord.objects, "get_or_create", locked)

    refused = answer(api, survey)

    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (
        409,
        "still_running",
        "1",
    )
    assert SurveyResponse.objects.count() == 0


def test_an_action_on_a_record_runs_once_too(api):
    follow_up = FollowUpFactory()

    for _ in range(3):
        page = api.post(
            f"/api/v1/follow-ups/{follow_up.pk}/note/",
            {"text": "Called, no answer."},
            headers={"Idempotency-Key": "note"},
        )
        assert page.status_code == 200

    assert FollowUpStep.objects.filter(kind="note").count() == 1


@pytest.mark.parametrize("key", ["x" * 256, "tab\tbed"])
def test_an_unusable_key_is_refused(api, key):
    assert answer(api, SurveyFactory(), key=key).json()["code"] == "invalid_idempotency_key"
    assert SurveyResponse.objects.count() == 0


def test_answers_are_forgotten_after_three_days():
    IdempotencyRecord.objects.create(actor="key:1", key="old", digest="", at=NOON)
    IdempotencyRecord.objects.create(actor="key:1", key="new", digest="", at=NOON + timedelta(hours=1))

    assert prune_idempotency_records(at=NOON + KEPT + timedelta(minutes=1)) == 1
    assert IdempotencyRecord.objects.get().key == "new"
