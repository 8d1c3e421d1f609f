"""A survey on one page asks exactly what it asks page by page."""

from random import Random

import pytest

from surveys.models import Question, Survey
from surveys.questions.one_page import on_one_page
from surveys.questions.questionnaires import Questionnaire, without_files
from surveys.questions.walking import walk

KEYS = ("a", "b", "c", "d", "e", "f")


def rolled(dice: Random) -> Questionnaire:
    """Six questions on some pages, with conditions on those before."""
    questions = []
    for pk, key in enumerate(KEYS, start=1):
        before = KEYS[: pk - 1]
        show_if = bad(dice.choice(before)) if before and dice.random() < 0.4 else {}
        ends_if = {"not": bad(dice.choice(KEYS[:pk]))} if dice.random() < 0.3 else {}
        kind = dice.choice(["nps", "nps", "nps", "file"])
        starts = dice.random() < 0.5
        questions.append(
            Question(pk=pk, key=key, kind=kind, show_if=show_if, ends_if=ends_if, starts_page=starts)
        )
    return Questionnaire(Survey(pk=1), tuple(questions))


def bad(key: str) -> dict[str, str]:
    return {"question": key, "op": "band", "value": "bad"}


@pytest.mark.parametrize("seed", range(300))
def test_the_same_questions_are_asked(seed):
    dice = Random(seed)
    questionnaire = without_files(rolled(dice))
    answers = {question.pk: dice.choice([0, 9, None]) for question in questionnaire.questions}

    on_one = on_one_page(questionnaire)

    assert walk(on_one, answers).visible == walk(questionnaire, answers).visible
    assert len(on_one.pages) == 1


def test_a_page_that_begins_with_a_file_stays_a_page_without_it():
    page = [Question(pk=1, key="a", kind="nps"), Question(pk=2, key="b", kind="file", starts_page=True)]
    questionnaire = Questionnaire(Survey(pk=1), (*page, Question(pk=3, key="c", kind="nps")))

    pages = without_files(questionnaire).pages

    assert [[question.key for question in page] for page in pages] == [["a"], ["c"]]
    assert [question.starts_page for question in questionnaire.questions] == [False, True, False]
