"""Two people with the same file, and two workers, at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from events.delivery import deliver_events
from insights.models import DailyScore
from surveys.answering.responses import record_response
from surveys.models import Answer, ResponseImport, SurveyResponse
from surveys.switching.running import run_imports
from tests.conftest import NOON
from tests.surveys.switching.answers import counts, hotel_survey, received, started

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
LINES = 60


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def at_once(*works):
    """Run all `works` at the same moment; returns what each returned."""
    start = Barrier(len(works))

    def run(work):
        try:
            start.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_the_same_file_of_two_people_is_taken_once(monkeypatch):
    monkeypatch.setattr("surveys.switching.running.CHUNK", 10)
    survey = hotel_survey()
    text = "Date,nps,Id\n" + "".join(f"2024-03-01,{n % 11},{n}\n" for n in range(LINES))
    for _person in range(2):
        started(received(text.encode(), survey=survey))

    at_once(*[lambda: run_imports(at=NOON)] * 3)

    both = list(ResponseImport.objects.all())
    assert [upload.state for upload in both] == ["done", "done"]
    assert sum(upload.taken_count for upload in both) == sum(upload.again_count for upload in both) == LINES
    assert [sum(counts(upload)[:2]) for upload in both] == [LINES, LINES]
    assert (SurveyResponse.objects.count(), Answer.objects.count()) == (LINES, LINES)
    deliver_events(at=NOON)
    assert sum(sum(getattr(day, f"n{n}") for n in range(11)) for day in DailyScore.objects.all()) == LINES


def test_customers_answer_while_a_file_is_being_imported(monkeypatch):
    monkeypatch.setattr("surveys.switching.running.CHUNK", 5)
    survey = hotel_survey()
    text = "Date,nps,Id\n" + "".join(f"2024-03-01,9,{n}\n" for n in range(LINES))
    upload = started(received(text.encode(), survey=survey))
    pks = dict(survey.questions.values_list("key", "pk"))
    answers = {pks["nps"]: 3, pks["parts"]: {"seat": "good", "food": "bad"}}

    def answer():
        for _each in range(10):
            record_response(survey=survey, customer=None, answers=answers, at=NOON)

    at_once(lambda: run_imports(at=NOON), answer, answer)

    upload.refresh_from_db()
    assert counts(upload) == (LINES, 0, 0, 0)
    assert SurveyResponse.objects.filter(source="").count() == 20
