"""Which questions somebody is asked, given what they answered so far: the same for pages, API and the final check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from surveys.metrics import band_of
from surveys.models import Question
from surveys.questions.checking import AnswerRefused, Given, check_answer, first_score_question
from surveys.questions.conditions import Known, holds
from surveys.questions.questionnaires import Questionnaire


@dataclass(frozen=True)
class Facts:
    """What conditions may ask besides answers: attributes of the customer, the occasion, and the way they came by."""

    attributes: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    way: Mapping[str, str] = field(default_factory=dict)


NO_FACTS = Facts()


@dataclass(frozen=True)
class Walk:
    """The way through a questionnaire: the questions asked, by page, the answers to them, and what is wrong with each.

    Pages that ask nothing are empty; those behind an early end are left out.
    """

    pages: list[list[Question]]
    given: dict[int, Given]
    problems: dict[int, AnswerRefused]
    band: str  # of the first score, "" before it is given
    known: Known

    @property
    def visible(self) -> set[int]:
        return {question.pk for page in self.pages for question in page}

    def next_page(self, after: int) -> int | None:
        """The next page that asks something; None at the end."""
        return next((n for n in range(after + 1, len(self.pages)) if self.pages[n]), None)

    def page_before(self, page: int) -> int | None:
        return next((n for n in range(min(page, len(self.pages)) - 1, -1, -1) if self.pages[n]), None)


def walk(questionnaire: Questionnaire, answers: Mapping[int, Any], facts: Facts = NO_FACTS) -> Walk:
    """Walk through all pages. Answers to questions that are not asked count as not given."""
    known = Known(
        kinds=questionnaire.kinds, attributes=facts.attributes, context={**facts.context, **facts.way}
    )
    pages: list[list[Question]] = []
    given: dict[int, Given] = {}
    problems: dict[int, AnswerRefused] = {}
    for page in questionnaire.pages:
        asked = []
        for question in page:
            if not holds(question.show_if, known):
                continue
            asked.append(question)
            try:
                given[question.pk] = check_answer(question, answers.get(question.pk))
            except AnswerRefused as problem:
                problems[question.pk] = problem
            else:
                known.answers[question.key] = given[question.pk].known
        pages.append(asked)
        if any(question.ends_if and holds(question.ends_if, known) for question in asked):
            break
    return Walk(pages, given, problems, band_given(questionnaire, given), known)


def band_given(questionnaire: Questionnaire, given: Mapping[int, Given]) -> str:
    """In which band the first score lies."""
    first = first_score_question(questionnaire.questions)
    answer = given.get(first.pk) if first else None
    return band_of(answer.question.kind, answer.score) if answer and answer.score is not None else ""
