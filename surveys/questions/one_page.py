"""All questions of a survey on one page, with the ends of its pages turned into conditions."""

from copy import copy
from dataclasses import replace
from typing import Any

from surveys.models import Question
from surveys.questions.questionnaires import Questionnaire


def on_one_page(questionnaire: Questionnaire) -> Questionnaire:
    """What is asked stays the same: after a page that ends the survey nothing more is shown."""
    ends: list[dict[str, Any]] = []
    questions: list[Question] = []
    for page in questionnaire.pages:
        questions += [unless_ended(question, list(ends)) for question in page]
        ends += [both(question.show_if, question.ends_if) for question in page if question.ends_if]
    return replace(questionnaire, questions=tuple(questions))


def unless_ended(question: Question, ends: list[dict[str, Any]]) -> Question:
    moved = copy(question)
    moved.starts_page = False
    moved.ends_if = {}
    if ends:
        moved.show_if = both(question.show_if, {"not": {"any": ends}})
    return moved


def both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {"all": [one, other]} if one else other
