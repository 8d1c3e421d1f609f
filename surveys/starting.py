"""Surveys to start from: the three that most organisations need first."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.models import Question, Survey


@dataclass(frozen=True, kw_only=True)
class Starter:
    name: str | Promise
    purpose: str | Promise
    kind: Survey.Kind
    questions: tuple[Question.Kind, ...]


STARTERS: Mapping[str, Starter] = {
    "relationship": Starter(
        name=_("Relationship NPS"),
        purpose=_("Would they recommend you? Ask all customers once or twice a year."),
        kind=Survey.Kind.RELATIONSHIP,
        questions=(Question.Kind.NPS, Question.Kind.COMMENT),
    ),
    "support": Starter(
        name=_("After support"),
        purpose=_("Are they satisfied with the help they got? Ask within a day of closing the request."),
        kind=Survey.Kind.TRANSACTIONAL,
        questions=(Question.Kind.CSAT, Question.Kind.COMMENT),
    ),
    "checkout": Starter(
        name=_("After checkout"),
        purpose=_("Was it easy to get what they came for? Ask right after a purchase or a sign-up."),
        kind=Survey.Kind.TRANSACTIONAL,
        questions=(Question.Kind.CES, Question.Kind.COMMENT),
    ),
}


@transaction.atomic
def start_survey(*, starter: Starter, language: str) -> Survey:
    """A survey from `starter`, in the standard wording of all languages, under a name that is still free."""
    survey = Survey.objects.create(name=free_name(str(starter.name)), kind=starter.kind, language=language)
    Question.objects.bulk_create(
        Question(survey=survey, position=position, kind=kind)
        for position, kind in enumerate(starter.questions, start=1)
    )
    return survey


def free_name(name: str) -> str:
    taken = set(Survey.objects.filter(name__startswith=name).values_list("name", flat=True))
    number = 1
    while (candidate := name if number == 1 else f"{name} {number}") in taken:
        number += 1
    return candidate
