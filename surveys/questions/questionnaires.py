"""What is asked, as one thing: a survey with its questions, as published or as drafted.

A version's contents are read into the same models the draft is kept in, so that whatever shows or checks a question
needs not know where it came from. They are shared by all visitors of a process: never save or change them.
"""

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from django.conf import settings
from django.forms.models import model_to_dict

from surveys.models import Question, Survey, SurveyVersion
from surveys.questions.conditions import Condition, facts_named, questions_named

SURVEY_FIELDS = ("language", "title", "intro", "thanks", "thanks_by_band", "review_url")
QUESTION_FIELDS = (
    "position", "key", "kind", "text", "help", "is_required", "settings", "show_if", "ends_if", "starts_page",
)  # fmt: skip
VERSIONS_KEPT = 256  # in each process
CUSTOMER_NAME = "{first_name}"


@dataclass(frozen=True)
class Questionnaire:
    """`survey` carries the texts of the version; only those in SURVEY_FIELDS are to be read from it."""

    survey: Survey
    questions: tuple[Question, ...]
    version_id: int | None = None

    @cached_property
    def pages(self) -> list[list[Question]]:
        """The questions page by page; there is always a first page."""
        pages: list[list[Question]] = [[]]
        for question in self.questions:
            if question.starts_page and pages[-1]:
                pages.append([])
            pages[-1].append(question)
        return pages

    @cached_property
    def kinds(self) -> dict[str, str]:
        return {question.key: question.kind for question in self.questions}

    @cached_property
    def has_logic(self) -> bool:
        return bool(self.conditions)

    @cached_property
    def is_simple(self) -> bool:
        """One page without conditions: an answer needs nothing but the form that was sent."""
        return len(self.pages) == 1 and not self.has_logic

    @cached_property
    def knows_customer(self) -> bool:
        """Whether showing it needs anything of the customer."""
        return CUSTOMER_NAME in repr(contents_of(self)) or bool(self.facts_named("attribute"))

    @cached_property
    def conditions(self) -> list[Condition]:
        each = ((question.show_if, question.ends_if) for question in self.questions)
        return [condition for pair in each for condition in pair if condition]

    def facts_named(self, about: str) -> set[str]:
        """The attributes ("attribute") or parts of the occasion ("context") that conditions look at."""
        return {name for condition in self.conditions for name in facts_named(condition, about)}

    @cached_property
    def mentioned(self) -> set[str]:
        """Keys of the questions that conditions look at."""
        return {key for condition in self.conditions for key in questions_named(condition)}


def contents_of(questionnaire: Questionnaire) -> dict[str, Any]:
    """What a version keeps of a questionnaire, for `questionnaire_from`."""
    return {
        **model_to_dict(questionnaire.survey, SURVEY_FIELDS),
        "questions": [
            {
                "id": question.pk,
                **{name: getattr(question, name) for name in QUESTION_FIELDS},
                "position": number,  # whatever gaps the draft has
            }
            for number, question in enumerate(questionnaire.questions, start=1)
        ],
    }


def questionnaire_from(
    contents: Mapping[str, Any], *, survey_id: int, version_id: int | None = None
) -> Questionnaire:
    survey = Survey(pk=survey_id, **{name: contents[name] for name in SURVEY_FIELDS})
    questions = (
        Question(pk=each["id"], survey=survey, **{name: each[name] for name in QUESTION_FIELDS})
        for each in contents["questions"]
    )
    return Questionnaire(survey, tuple(questions), version_id)


def draft_of(survey: Survey, questions: Iterable[Question] | None = None) -> Questionnaire:
    """The survey as it is being written; one query unless the questions are at hand."""
    return Questionnaire(survey, tuple(survey.questions.present() if questions is None else questions))


@lru_cache(maxsize=VERSIONS_KEPT)
def published(version_id: int) -> Questionnaire:
    """A published version; the first time in a process by one query. Raises SurveyVersion.DoesNotExist."""
    version = SurveyVersion.objects.get(pk=version_id)
    return questionnaire_from(version.contents, survey_id=version.survey_id, version_id=version_id)


def asked_by(survey: Survey) -> Questionnaire:
    """What customers are asked. Raises NotPublished."""
    if survey.version_id is None:
        raise NotPublished
    return asked_in(survey.version_id)


def asked_in(version_id: int) -> Questionnaire:
    """What a published version asks; files only where this installation takes them."""
    return published(version_id) if settings.TAKE_FILES else published_without_files(version_id)


@lru_cache(maxsize=VERSIONS_KEPT)
def published_without_files(version_id: int) -> Questionnaire:
    return without_files(published(version_id))


def without_files(questionnaire: Questionnaire) -> Questionnaire:
    """For places where nobody has a file at hand."""
    kept: list[Question] = []
    for page in questionnaire.pages:
        asked = [copy(question) for question in page if question.kind != Question.Kind.FILE]
        for place, question in enumerate(asked):
            question.starts_page = place == 0
        kept += asked
    return replace(questionnaire, questions=tuple(kept))


def asked_or_draft(survey: Survey) -> Questionnaire:
    """What customers are asked, or the draft of a survey that was never published; no query where both are at hand."""
    if survey.version is None:
        return draft_of(survey, survey.questions.all())
    asked = questionnaire_from(survey.version.contents, survey_id=survey.pk, version_id=survey.version_id)
    return asked if settings.TAKE_FILES else without_files(asked)


class NotPublished(Exception):
    """The survey has no published version yet: it can be asked nobody."""
