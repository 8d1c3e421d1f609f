"""One person in front of one survey: what was saved of their answers, and what sending a page leads to.

A survey of one page without conditions needs nothing saved: its answer comes whole. Any other is kept page by page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from surveys.answering.asking import Way, facts_for, way_of
from surveys.answering.closing import Closing, closing_of_campaign, closing_of_link, closing_of_survey
from surveys.answering.responses import (
    AlreadyAnswered,
    AnswersRefused,
    SurveyClosed,
    record_response,
    submit_response,
)
from surveys.models import Invitation, StartedResponse, Survey, SurveyLink, SurveyResponse, SurveyVersion
from surveys.questions.questionnaires import Questionnaire, asked_by, asked_in
from surveys.questions.walking import NO_FACTS, Facts, Walk, walk

LONGEST_SITTING = timedelta(days=1)
CHANNELS = {
    SurveyLink.Kind.OPEN: "web",
    SurveyLink.Kind.QR: "qr",
    SurveyLink.Kind.KIOSK: "kiosk",
    SurveyLink.Kind.EMBED: "embed",
}


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """By a personal link (`invitation`) or by one that is open to all (`link` and the `key` of this copy of the form)."""

    survey: Survey
    questionnaire: Questionnaire
    invitation: Invitation | None = None
    link: SurveyLink | None = None
    key: str | None = None
    started: StartedResponse | None = None
    facts: Facts = NO_FACTS
    is_answered: bool = False

    @property
    def answers(self) -> dict[int, Any]:
        """What was saved."""
        return {int(pk): answer for pk, answer in self.started.answers.items()} if self.started else {}

    @property
    def order(self) -> str:
        """What the order of shuffled options follows."""
        return self.key or str(self.invitation.pk if self.invitation else "")

    @property
    def names(self) -> dict[str, str]:
        """What texts may say of the person and the occasion."""
        first_name = self.facts.attributes.get("first_name", "")
        return {**{name: str(value) for name, value in self.facts.context.items()}, "first_name": first_name}

    def closing(self, at: datetime) -> Closing | None:
        """Why no answer is taken here `at`; None while they are."""
        if self.invitation:
            return closing_of_campaign(self.invitation.wave.campaign, at=at)
        return closing_of_link(self.link, at=at) if self.link else closing_of_survey(self.survey, at=at)


@dataclass(frozen=True)
class Sent:
    """One page as it was sent."""

    answers: Mapping[int, Any]
    page: int = 0
    seen: frozenset[int] = frozenset()  # conditional questions that were on the screen
    goes_back: bool = False
    begun_at: datetime | None = None


@dataclass(frozen=True)
class Turn:
    """What to show next: a page, with what is wrong on it; or the thanks, when there is a response."""

    page: int = 0
    answers: dict[int, Any] = field(default_factory=dict)
    refusal: AnswersRefused | None = None
    response: SurveyResponse | None = None


def invited(invitation: Invitation, *, channel: str | None = None) -> Sitting:
    """The sitting of a personal link, unless the answer is given by another `channel`. Raises NotPublished."""
    survey = invitation.wave.campaign.survey
    questionnaire = asked_by(survey)
    started = None
    if not questionnaire.is_simple:
        started = StartedResponse.objects.filter(invitation=invitation.pk).first()
    if started:
        questionnaire = asked_in(started.version_id)
    return Sitting(
        survey=survey,
        questionnaire=questionnaire,
        invitation=invitation,
        started=started,
        facts=facts_for(
            questionnaire,
            customer_id=invitation.customer_id,
            context=invitation.context,
            way=way_of(invitation, channel=channel),
        ),
        is_answered=invitation.answered_at is not None,
    )


def by_link(link: SurveyLink, *, key: str, context: Mapping[str, str]) -> Sitting:
    """The sitting at one copy of an open form. Raises NotPublished."""
    questionnaire = asked_by(link.survey)
    started = None
    if not questionnaire.is_simple:
        started = StartedResponse.objects.filter(key=key, link=link).first()
    if started:
        questionnaire = asked_in(started.version_id)
    return Sitting(
        survey=link.survey,
        questionnaire=questionnaire,
        link=link,
        key=key,
        started=started,
        facts=facts_at(link, questionnaire, context=started.context if started else context),
        is_answered=not started
        and not questionnaire.is_simple
        and SurveyResponse.objects.filter(key=key).exists(),
    )


def facts_at(link: SurveyLink, questionnaire: Questionnaire, *, context: Mapping[str, str]) -> Facts:
    """What is known of whoever comes by a link that is open to all."""
    channel = CHANNELS[SurveyLink.Kind(link.kind)]
    way = Way(channel, touchpoint=link.touchpoint_id or link.survey.touchpoint_id)
    return facts_for(questionnaire, customer_id=None, context=context, way=way)


def go_on(sitting: Sitting, sent: Sent, *, language: str, at: datetime) -> Turn:
    """Take one page. Raises SurveyClosed or AlreadyAnswered; whatever else is wrong with it is in the Turn."""
    if sitting.is_answered:
        raise AlreadyAnswered
    if sitting.closing(at):
        raise SurveyClosed
    answers = sitting.answers | dict(sent.answers)
    walked = walk(sitting.questionnaire, answers, sitting.facts)
    page = min(sent.page, len(sitting.questionnaire.pages) - 1)
    here = {question.pk for question in sitting.questionnaire.pages[page]}
    wrong = {pk: problem for pk, problem in walked.problems.items() if pk in here}
    good = {pk: answer for pk, answer in answers.items() if pk in walked.given}
    if sent.goes_back and not sitting.questionnaire.is_simple:
        save(sitting, good, page=page, sent=sent, language=language, at=at)
        return Turn(walked.page_before(page) or 0)
    if wrong:
        if good and not sitting.questionnaire.is_simple:
            save(sitting, good, page=page, sent=sent, language=language, at=at)
        return Turn(page, answers, AnswersRefused(unseen_left_out(wrong, sitting, sent)))
    if new_questions(walked, page=page, seen=sent.seen):
        save(sitting, good, page=page, sent=sent, language=language, at=at)
        return Turn(page, answers)
    if (following := walked.next_page(page)) is not None:
        save(sitting, good, page=following, sent=sent, language=language, at=at)
        return Turn(following)
    return finish(sitting, answers, walked, page=page, sent=sent, language=language, at=at)


def unseen_left_out(wrong: Mapping[int, Any], sitting: Sitting, sent: Sent) -> dict[int, Any]:
    """A question that was not on the screen yet is shown without a word of blame."""
    unseen = {
        question.pk
        for question in sitting.questionnaire.questions
        if question.show_if and question.pk not in sent.seen
    }
    return {pk: problem for pk, problem in wrong.items() if pk not in unseen}


def new_questions(walked: Walk, *, page: int, seen: frozenset[int]) -> bool:
    """Whether answers on this page brought up questions on it that were not on the screen: without JavaScript."""
    mine = walked.pages[page] if page < len(walked.pages) else []
    return any(question.show_if and question.pk not in seen for question in mine)


def finish(
    sitting: Sitting,
    answers: dict[int, Any],
    walked: Walk,
    *,
    page: int,
    sent: Sent,
    language: str,
    at: datetime,
) -> Turn:
    """Send the whole answer; when a page before is unfinished, go back there."""
    asked = {pk: answer for pk, answer in answers.items() if pk in walked.visible}
    known: dict[str, Any] = {
        "answers": asked,
        "language": language,
        "at": at,
        "questionnaire": sitting.questionnaire,
        "seconds": seconds_taken(sitting, sent, at=at),
        "started": sitting.started,
    }
    try:
        if sitting.invitation:
            return Turn(response=submit_response(invitation=sitting.invitation, **known))
        return Turn(response=record_link_response(sitting, **known))
    except AnswersRefused as refusal:
        pages = sitting.questionnaire.pages
        with_problem = (
            n for n, questions in enumerate(pages) if any(each.pk in refusal.problems for each in questions)
        )
        return Turn(next(with_problem, page), answers, refusal)


def record_link_response(sitting: Sitting, **known: Any) -> SurveyResponse:
    link = sitting.link
    if link is None:
        raise TypeError("A sitting is by an invitation or by a link.")
    return record_response(
        survey=sitting.survey,
        customer=None,
        channel=CHANNELS[SurveyLink.Kind(link.kind)],
        touchpoint=link.touchpoint,
        link=link,
        key=sitting.key,
        context=dict(sitting.facts.context),
        **known,
    )


def seconds_taken(sitting: Sitting, sent: Sent, *, at: datetime) -> int | None:
    """From the first page to the last; None when the browser's word cannot be true."""
    begun = sitting.started.started_at if sitting.started else sent.begun_at
    taken = at - begun if begun else None
    return int(taken.total_seconds()) if taken and timedelta() <= taken <= LONGEST_SITTING else None


def save(
    sitting: Sitting, answers: Mapping[int, Any], *, page: int, sent: Sent, language: str, at: datetime
) -> None:
    """Keep what is answered so far, in one statement. A page sent twice is kept once.

    Who had broken off goes on: what becomes of it is open again.
    """
    begun = sent.begun_at if sent.begun_at and timedelta() <= at - sent.begun_at <= LONGEST_SITTING else at
    row = StartedResponse(
        version=SurveyVersion(pk=sitting.questionnaire.version_id),
        invitation=sitting.invitation,
        link=sitting.link,
        key=sitting.key,
        answers={str(pk): answer for pk, answer in answers.items() if answer is not None},
        page=max(page, sitting.started.page if sitting.started else 0),
        language=language,
        context=dict(sitting.facts.context),
        started_at=begun,
        saved_at=at,
    )
    StartedResponse.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["invitation" if sitting.invitation else "key"],
        update_fields=["answers", "page", "language", "saved_at", "is_settled"],
    )


def at_page(sitting: Sitting, page: int | None) -> int:
    """The page to show: the one asked for if it was reached, else the furthest that was."""
    furthest = sitting.started.page if sitting.started else 0
    last = len(sitting.questionnaire.pages) - 1
    return min(furthest if page is None else min(page, furthest), last)
