"""What becomes of responses nobody finished (AAPOR, Standard Definitions).

A partial response holds the score, or half of the questions that were asked: it counts as an answer. Anything less is
a break-off: it stays where it is, shows where people stop, and its personal link still works.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from customers.resolving import present_customer
from surveys.answering.asking import Way, facts_for, way_of
from surveys.answering.responses import AlreadyAnswered, SurveyFull, keep_response, origin_of, response_of
from surveys.answering.sitting import CHANNELS
from surveys.answering.uploads import waiting_file
from surveys.models import Question, StartedResponse, SurveyLink
from surveys.questions.checking import Given
from surveys.questions.questionnaires import asked_in
from surveys.questions.settings import is_asked
from surveys.questions.walking import Walk, walk

logger = logging.getLogger(__name__)

RESTS_FOR = timedelta(days=1)
AT_ONCE = 500
ENOUGH = 0.5  # of the questions asked


def settle_started(*, at: datetime) -> int:
    """Settle the responses nobody has gone on with for a day. Returns how many became partial responses."""
    resting = StartedResponse.objects.resting(at - RESTS_FOR)
    pks = list(resting.order_by("saved_at").values_list("pk", flat=True)[:AT_ONCE])
    return sum(settle_one(pk, at=at) for pk in pks)


def settle_one(pk: int, *, at: datetime) -> bool:
    """Settle one that rests still, with its row held: who goes on meanwhile loses nothing, and a defect stops no other."""
    resting = StartedResponse.objects.resting(at - RESTS_FOR).select_for_update(
        of=("self",) if connection.features.has_select_for_update_of else ()
    )
    related = ("version__survey", "invitation__wave__campaign__survey", "link__touchpoint")
    try:
        with transaction.atomic():
            started = resting.select_related(*related).filter(pk=pk).first()
            return started is not None and settle(started, at=at)
    except Exception:
        logger.exception("A response that nobody finished was not settled", extra={"started_response": pk})
        return False


def settle(started: StartedResponse, *, at: datetime) -> bool:
    """Make it a partial response if it says enough; whether it did."""
    questionnaire = asked_in(started.version_id)
    if invitation := started.invitation:
        invitation.customer_id = present_customer(invitation.customer_id)
        origin, way = {**origin_of(invitation), "channel": invitation.channel}, way_of(invitation)
    else:
        origin = origin_of_link(started)
        way = Way(origin["channel"], touchpoint=origin["touchpoint_id"])
    facts = facts_for(questionnaire, customer_id=origin.get("customer_id"), context=started.context, way=way)
    answers = {int(pk): answer for pk, answer in started.answers.items()}
    walked = walk(questionnaire, answers, facts)
    given = [answer for answer in walked.given.values() if not answer.is_blank and not is_lost(answer)]
    if not given or not says_enough(walked):
        StartedResponse.objects.filter(pk=started.pk).update(is_settled=True)
        return False
    survey = started.version.survey
    response = response_of(
        questionnaire,
        given,
        survey=survey,
        at=started.saved_at,
        language=started.language,
        is_complete=False,
        **origin,
    )
    try:
        keep_response(response, given, wanted=survey.quota, started=started)
    except (AlreadyAnswered, SurveyFull):
        StartedResponse.objects.filter(pk=started.pk).update(is_settled=True)
        return False
    return True


def is_lost(answer: Given) -> bool:
    """Whether it is a file that was thrown away meanwhile."""
    return answer.question.kind == Question.Kind.FILE and not waiting_file(answer).exists()


def origin_of_link(started: StartedResponse) -> dict[str, Any]:
    link = started.link
    return {
        "link": link,
        "key": started.key,
        "channel": CHANNELS[SurveyLink.Kind(link.kind)] if link else "web",
        "touchpoint_id": (link.touchpoint_id if link else None) or started.version.survey.touchpoint_id,
        "context": started.context,
    }


def says_enough(walked: Walk) -> bool:
    """Whether the score was given, or half of what was asked."""
    asked = [question for page in walked.pages for question in page if is_asked(question)]
    answered = [pk for pk, given in walked.given.items() if not given.is_blank]
    return bool(walked.band) or len(answered) >= ENOUGH * max(len(asked), 1)
