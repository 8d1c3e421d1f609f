"""Question by question, how many came past it, and where those stopped who did not finish."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Count, Q

from surveys.models import Question, SurveyVersion
from surveys.questions.questionnaires import Questionnaire, published
from surveys.questions.settings import is_asked
from surveys.results.choosing import Chosen
from surveys.results.funnel import Funnel


@dataclass(frozen=True, kw_only=True)
class Step:
    """`question` is None before the first one: whoever started came that far."""

    question: Question | None
    passed: int  # answered it or something behind it, or left its page behind
    stopped: int  # went no further and did not finish


def steps_of(chosen: Chosen, funnel: Funnel) -> list[Step]:
    """From the start to the last question of the version that is looked at; in three queries.

    Who is at it now is left out. People of other versions stand where they got to among this version's questions.
    """
    version: SurveyVersion | None = chosen.equal.get("version", chosen.survey.version)
    if version is None:
        return []
    questions = [question for question in published(version.pk).questions if is_asked(question)]
    partial, broken_off = partial_past(chosen, questions), broken_off_past(chosen, questions)
    started = funnel.started - funnel.going_on
    passed = [started, *(funnel.complete + partial[n] + broken_off[n] for n in range(len(questions)))]
    return [
        Step(question=question, passed=here, stopped=here - there)
        for question, (here, there) in zip(
            (None, *questions), pairwise((*passed, funnel.complete)), strict=True
        )
    ]


def partial_past(chosen: Chosen, questions: Sequence[Question]) -> list[int]:
    """How many partial responses hold an answer to each question or to one behind it."""
    pks = [question.pk for question in questions]
    past = {
        f"past_{number}": Count("survey_response", distinct=True, filter=Q(question__in=pks[number:]))
        for number in range(len(pks))
    }
    partial = chosen.answers().filter(survey_response__is_complete=False)
    counted = partial.aggregate(**past)
    return [counted[name] for name in past]


def broken_off_past(chosen: Chosen, questions: Sequence[Question]) -> list[int]:
    """How many of those who broke off had left the page of each question behind."""
    places = {question.pk: number for number, question in enumerate(questions)}
    begun = chosen.begun().filter(is_settled=True).values_list("version", "page")
    furthest: Counter[int] = Counter()
    for version, page, people in begun.annotate(Count("pk")).order_by():
        furthest[furthest_place(published(version), page, places)] += people
    return [
        sum(people for place, people in furthest.items() if place >= number)
        for number in range(len(questions))
    ]


def furthest_place(questionnaire: Questionnaire, page: int, places: dict[int, int]) -> int:
    """The last of `places` on the pages before `page`; -1 for none."""
    behind = (question.pk for questions in questionnaire.pages[:page] for question in questions)
    return max((places[pk] for pk in behind if pk in places), default=-1)
