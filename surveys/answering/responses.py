"""Taking an answer: once per invitation or key, all of it or nothing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Channel, Customer
from events.models import Event
from events.publishing import wake
from journeys.models import Touchpoint
from surveys.answering.asking import Way, facts_for, way_of
from surveys.answering.closing import closing_of_campaign, closing_of_survey
from surveys.answering.storing import store_response
from surveys.answering.uploads import waiting_file
from surveys.models import (
    Invitation,
    Question,
    StartedResponse,
    Survey,
    SurveyLink,
    SurveyResponse,
)
from surveys.questions.checking import AnswerRefused, Given, first_score_question, unreadable_file
from surveys.questions.questionnaires import Questionnaire, asked_by
from surveys.questions.walking import Walk, walk

SUBMITTED = "surveys.response_submitted"
IMPORTED = "surveys.responses_imported"  # by the hundred, from another tool

Answers = Mapping[int, Any]  # question id → what check_answer takes, or nothing


class AlreadyAnswered(Exception):
    """This invitation, or this copy of an open form, has its answer."""


class SurveyClosed(Exception):
    """The survey takes no answers, or the campaign has ended."""


class SurveyFull(SurveyClosed):
    """As many answers as were wanted have come."""


class AnswersRefused(ValueError):
    """The answers cannot be taken: `problems` by question id; an empty survey answer has none, only `sentence`."""

    def __init__(
        self, problems: Mapping[int, AnswerRefused] | None = None, sentence: str | Promise = ""
    ) -> None:
        self.problems = dict(problems or {})
        self.sentence = sentence
        super().__init__(
            "; ".join(f"{question}: {why}" for question, why in self.problems.items()) or sentence
        )


class NothingAnswered(AnswersRefused): ...


class UnknownQuestion(AnswersRefused): ...


def submit_response(
    *,
    invitation: Invitation,
    answers: Answers,
    language: str,
    at: datetime,
    channel: str | None = None,
    questionnaire: Questionnaire | None = None,
    seconds: int | None = None,
    started: StartedResponse | None = None,
) -> SurveyResponse:
    """Take the answer to `invitation`, and announce it unless it is a test.

    Raises SurveyClosed, AnswersRefused (with a problem for each question) or AlreadyAnswered; then nothing is kept.
    """
    campaign = invitation.wave.campaign
    if closing_of_campaign(campaign, at=at):
        raise SurveyClosed
    questionnaire = questionnaire or asked_by(campaign.survey)
    way = way_of(invitation, channel=channel)
    facts = facts_for(questionnaire, customer_id=invitation.customer_id, context=invitation.context, way=way)
    given = check_answers(questionnaire, answers, walk(questionnaire, answers, facts))
    response = response_of(
        questionnaire,
        given,
        survey=campaign.survey,
        at=at,
        channel=channel or invitation.channel,
        language=language,
        seconds=seconds,
        **origin_of(invitation),
    )
    keep_response(response, given, wanted=campaign.survey.quota, started=started)
    invitation.answered_at = at
    return response


def origin_of(invitation: Invitation) -> dict[str, Any]:
    """What a response has from its invitation."""
    campaign = invitation.wave.campaign
    return {
        "invitation": invitation,
        "campaign": campaign,
        "customer_id": invitation.customer_id,
        "touchpoint_id": campaign.survey.touchpoint_id,
        "context": invitation.context,
        "is_test": invitation.is_test,
    }


def record_response(
    *,
    survey: Survey,
    customer: Customer | None,
    answers: Answers,
    at: datetime,
    channel: str = Channel.EMAIL,
    touchpoint: Touchpoint | None = None,
    language: str | None = None,
    link: SurveyLink | None = None,
    key: str | None = None,
    questionnaire: Questionnaire | None = None,
    seconds: int | None = None,
    context: Mapping[str, str] | None = None,
    started: StartedResponse | None = None,
) -> SurveyResponse:
    """Take an answer given without an invitation (on an open link, by telephone, from another program), announce it.

    Raises NotPublished, SurveyClosed, AnswersRefused, or AlreadyAnswered for a `key` that came before; then nothing
    is kept.
    """
    questionnaire = questionnaire or asked_by(survey)
    if closing_of_survey(survey, at=at):
        raise SurveyClosed
    place = touchpoint.pk if touchpoint else survey.touchpoint_id
    facts = facts_for(
        questionnaire,
        customer_id=customer.pk if customer else None,
        context=context or {},
        way=Way(channel, touchpoint=place),
    )
    given = check_answers(questionnaire, answers, walk(questionnaire, answers, facts))
    response = response_of(
        questionnaire,
        given,
        survey=survey,
        at=at,
        customer=customer,
        touchpoint_id=place,
        channel=channel,
        language=language or (customer.language if customer else survey.language),
        link=link,
        key=key,
        seconds=seconds,
        context=dict(context or {}),
    )
    keep_response(response, given, wanted=survey.quota, started=started)
    return response


def check_answers(questionnaire: Questionnaire, answers: Answers, walked: Walk) -> list[Given]:
    """The answers in the questions' order, without the skipped ones; raises AnswersRefused with every problem."""
    if strangers := sorted(answers.keys() - {question.pk for question in questionnaire.questions}):
        raise UnknownQuestion(sentence=f"Not questions of this survey: {strangers}")
    if walked.problems:
        raise AnswersRefused(walked.problems)
    if kept := [answer for answer in walked.given.values() if not answer.is_blank]:
        return kept
    raise NothingAnswered(sentence=_("Please answer at least one question."))


def response_of(
    questionnaire: Questionnaire, given: Sequence[Given], *, at: datetime, **fields: Any
) -> SurveyResponse:
    first = first_score_question(questionnaire.questions)
    return SurveyResponse(
        version_id=questionnaire.version_id,
        submitted_at=at,
        score_kind=first.kind if first else "",
        score=next((answer.score for answer in given if answer.question == first), None),
        has_comment=any(answer.text for answer in given),
        **fields,
    )


def keep_response(
    response: SurveyResponse,
    given: Sequence[Given],
    *,
    wanted: int | None,
    started: StartedResponse | None = None,
) -> None:
    """Store a response with its answers, in place of what was started of it, and announce it.

    Raises AlreadyAnswered, SurveyFull, or AnswersRefused for a file that is not there any more; then nothing is kept.
    """
    files = [answer for answer in given if answer.question.kind == Question.Kind.FILE]
    if not files and (wanted is None or response.is_test):
        store_and_announce(response, given, started)
        return
    with transaction.atomic():
        if wanted is not None and not response.is_test:
            take_place(response.survey_id)
        store_and_announce(response, given, started)
        attach_files(response, files)


def take_place(survey_id: int) -> None:
    """One of the answers wanted has come. Raises SurveyFull."""
    wanting = Survey.objects.filter(pk=survey_id, taken__lt=F("quota"))
    if not wanting.update(taken=F("taken") + 1):
        raise SurveyFull


def attach_files(response: SurveyResponse, files: Sequence[Given]) -> None:
    """Raises AnswersRefused: what was given long ago, with an answer that was never sent, was thrown away."""
    gone = [
        answer.question.pk for answer in files if not waiting_file(answer).update(survey_response=response)
    ]
    if gone:
        raise AnswersRefused(dict.fromkeys(gone, unreadable_file()))


def store_and_announce(
    response: SurveyResponse, given: Sequence[Given], started: StartedResponse | None
) -> None:
    """Raises AlreadyAnswered."""
    announced = None if response.is_test else (SUBMITTED, payload_of(response))
    if not store_response(response, given, started=started, announced=announced):
        raise AlreadyAnswered
    if announced:
        transaction.on_commit(wake, robust=True)


def responses_in(event: Event) -> list[int]:
    """The responses an event is about: one that was submitted, or many that were imported."""
    return event.payload["responses"] if event.type == IMPORTED else [event.subject]


def payload_of(response: SurveyResponse) -> dict[str, int | str | None]:
    """What a room below, which cannot read responses, needs of one."""
    return {
        "customer": response.customer_id,
        "touchpoint": response.touchpoint_id,
        "score": response.score,
        "score_kind": response.score_kind,
        "language": response.language,
    }
