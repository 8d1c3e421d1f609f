"""Taking an answer: once per invitation, all of it or nothing."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Channel, Customer
from events.boundary import Unstorable, clean_text
from events.publishing import publish, wake
from journeys.models import Touchpoint
from surveys.metrics import SCALES
from surveys.models import Answer, Campaign, Invitation, Question, Survey, SurveyResponse

COMMENT_LENGTH = 4_000  # characters
SUBMITTED = "surveys.response_submitted"

Answers = Mapping[int, int | str | None]  # question id → score, comment, or nothing


class AlreadyAnswered(Exception):
    """This invitation has its answer."""


class SurveyClosed(Exception):
    """The survey takes no answers, or the campaign has ended."""


class AnswerRefused(ValueError):
    """One answer cannot be taken; `sentence` says to the customer what to correct."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


class ScoreOutOfRange(AnswerRefused): ...


class CommentTooLong(AnswerRefused): ...


class CommentUnreadable(AnswerRefused): ...


class AnswerMissing(AnswerRefused): ...


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


@dataclass(frozen=True)
class Given:
    """One answer in order."""

    question: Question
    score: int | None = None
    text: str = ""


def submit_response(
    *,
    invitation: Invitation,
    answers: Answers,
    language: str,
    at: datetime,
    channel: str | None = None,
) -> SurveyResponse:
    """Take the answer to `invitation`, and announce it unless it is a test.

    Raises SurveyClosed, AnswersRefused (with a problem for each question) or AlreadyAnswered; then nothing is kept.
    """
    campaign = invitation.wave.campaign
    if is_closed(campaign, at=at):
        raise SurveyClosed
    questions = list(campaign.survey.questions.all())
    given = check_answers(questions, answers)
    response = response_of(
        questions,
        given,
        survey=campaign.survey,
        invitation=invitation,
        campaign=campaign,
        customer_id=invitation.customer_id,
        touchpoint_id=campaign.survey.touchpoint_id,
        channel=channel or campaign.channel,
        language=language,
        submitted_at=at,
        is_test=invitation.is_test,
    )
    store = store_in_one_statement if connection.vendor == "postgresql" else store_answered_invitation
    store(response, given)
    invitation.answered_at = at
    return response


def record_response(
    *,
    survey: Survey,
    customer: Customer | None,
    answers: Answers,
    at: datetime,
    channel: str = Channel.EMAIL,
    touchpoint: Touchpoint | None = None,
    language: str | None = None,
) -> SurveyResponse:
    """Take an answer given without an invitation (by telephone, from another program), and announce it.

    Raises SurveyClosed or AnswersRefused; then nothing is kept.
    """
    if not survey.is_open:
        raise SurveyClosed
    questions = list(survey.questions.all())
    given = check_answers(questions, answers)
    response = response_of(
        questions,
        given,
        survey=survey,
        customer=customer,
        touchpoint_id=touchpoint.pk if touchpoint else survey.touchpoint_id,
        channel=channel,
        language=language or (customer.language if customer else survey.language),
        submitted_at=at,
    )
    with transaction.atomic():
        store_response(response, given)
    return response


def is_closed(campaign: Campaign, *, at: datetime) -> bool:
    """Whether answers to `campaign` are refused `at`."""
    ended = campaign.ends_at is not None and campaign.ends_at <= at
    return ended or campaign.state == Campaign.State.CANCELLED or not campaign.survey.is_open


def check_answers(questions: Sequence[Question], answers: Answers) -> list[Given]:
    """The answers in the questions' order, without the skipped ones; raises AnswersRefused with every problem."""
    if strangers := sorted(answers.keys() - {question.pk for question in questions}):
        raise UnknownQuestion(sentence=f"Not questions of this survey: {strangers}")
    given, problems = [], {}
    for question in questions:
        try:
            given.append(check_answer(question, answers.get(question.pk)))
        except AnswerRefused as problem:
            problems[question.pk] = problem
    if problems:
        raise AnswersRefused(problems)
    if kept := [answer for answer in given if answer.score is not None or answer.text]:
        return kept
    raise NothingAnswered(sentence=_("Please answer at least one question."))


def check_answer(question: Question, answer: int | str | None) -> Given:
    """One answer as it will be kept; raises AnswerRefused. A 0 is an answer, None and a blank comment are none."""
    given = (
        check_comment(question, answer)
        if question.kind == Question.Kind.COMMENT
        else check_score(question, answer)
    )
    if question.is_required and given.score is None and not given.text:
        raise AnswerMissing(_("Please answer this question."))
    return given


def check_score(question: Question, answer: int | str | None) -> Given:
    scale = SCALES[question.kind]
    if answer is not None and (type(answer) is not int or answer not in scale):
        raise ScoreOutOfRange(
            _("Please choose a number from %(lowest)d to %(highest)d.")
            % {"lowest": scale[0], "highest": scale[-1]}
        )
    return Given(question, score=answer)


def check_comment(question: Question, answer: int | str | None) -> Given:
    if answer is not None and not isinstance(answer, str):
        raise CommentUnreadable(_("A comment is a text."))
    text = (answer or "").replace("\r\n", "\n").strip()
    try:
        clean_text(text)
    except Unstorable as error:
        raise CommentUnreadable(error.sentence) from error
    if len(text) > COMMENT_LENGTH:
        raise CommentTooLong(
            _("Please shorten your comment: it has %(length)d characters, we can keep %(limit)d.")
            % {"length": len(text), "limit": COMMENT_LENGTH}
        )
    return Given(question, text=text)


def response_of(questions: Sequence[Question], given: Sequence[Given], **fields: object) -> SurveyResponse:
    first = first_score_question(questions)
    return SurveyResponse(
        score_kind=first.kind if first else "",
        score=next((answer.score for answer in given if answer.question == first), None),
        has_comment=any(answer.text for answer in given),
        **fields,
    )


def first_score_question(questions: Iterable[Question]) -> Question | None:
    """The question whose answer is the response's `score`."""
    return next((question for question in questions if question.kind in SCALES), None)


@transaction.atomic
def store_answered_invitation(response: SurveyResponse, given: Sequence[Given]) -> None:
    """The same on any database; raises AlreadyAnswered."""
    unanswered = Invitation.objects.filter(Q(pk=response.invitation_id), answered_at=None)
    if not unanswered.update(answered_at=response.submitted_at):
        raise AlreadyAnswered
    store_response(response, given)


def store_response(response: SurveyResponse, given: Sequence[Given]) -> None:
    response.save(force_insert=True)
    Answer.objects.bulk_create(
        Answer(survey_response=response, question=answer.question, score=answer.score, text=answer.text)
        for answer in given
    )
    if not response.is_test:
        publish(SUBMITTED, subject=response.pk, at=response.submitted_at, **payload_of(response))


def payload_of(response: SurveyResponse) -> dict[str, int | str | None]:
    """What a room below, which cannot read responses, needs of one."""
    return {
        "customer": response.customer_id,
        "touchpoint": response.touchpoint_id,
        "score": response.score,
        "score_kind": response.score_kind,
        "language": response.language,
    }


# The unanswered invitation is the lock: of two submits the second finds no row there, and so writes nothing.
ONE_STATEMENT = """
    WITH unanswered AS (
        UPDATE surveys_invitation SET answered_at = %(at)s
        WHERE id = %(invitation)s AND answered_at IS NULL
        RETURNING id
    ), response AS (
        INSERT INTO surveys_surveyresponse (
            survey_id, invitation_id, campaign_id, customer_id, touchpoint_id, channel, language,
            submitted_at, score_kind, score, has_comment, is_test)
        SELECT %(survey)s, id, %(campaign)s, %(customer)s, %(touchpoint)s, %(channel)s, %(language)s,
            %(at)s, %(score_kind)s, %(score)s, %(has_comment)s, %(is_test)s
        FROM unanswered
        RETURNING id
    ), answers AS (
        INSERT INTO surveys_answer (survey_response_id, question_id, score, text)
        SELECT response.id, given.question, given.score, given.text
        FROM response, unnest(%(questions)s::bigint[], %(scores)s::smallint[], %(texts)s::text[])
            AS given (question, score, text)
    ), announced AS (
        INSERT INTO events_event (type, subject, payload, at)
        SELECT %(type)s, id, %(payload)s::jsonb, %(at)s FROM response WHERE NOT %(is_test)s
    )
    SELECT id FROM response
"""


def store_in_one_statement(response: SurveyResponse, given: Sequence[Given]) -> None:
    """The same as store_answered_invitation in one round trip instead of six; PostgreSQL only."""
    values = {
        "at": response.submitted_at,
        "invitation": response.invitation_id,
        "survey": response.survey_id,
        "campaign": response.campaign_id,
        "customer": response.customer_id,
        "touchpoint": response.touchpoint_id,
        "channel": response.channel,
        "language": response.language,
        "score_kind": response.score_kind,
        "score": response.score,
        "has_comment": response.has_comment,
        "is_test": response.is_test,
        "questions": [answer.question.pk for answer in given],
        "scores": [answer.score for answer in given],
        "texts": [answer.text for answer in given],
        "type": SUBMITTED,
        "payload": json.dumps(payload_of(response)),
    }
    with connection.cursor() as cursor:
        cursor.execute(ONE_STATEMENT, values)
        row = cursor.fetchone()
    if row is None:
        raise AlreadyAnswered
    response.pk = row[0]
    response._state.adding = False
    if not response.is_test:
        transaction.on_commit(wake, robust=True)
