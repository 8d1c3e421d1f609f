"""Writing down a response, its answers and its announcement, together or not at all.

This is the hottest path there is, and Django would spend more time on writing these statements than the database on
running them. PostgreSQL takes them as one statement, in one round trip; SQLite one after another, for there a round
trip costs nothing.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, transaction

from surveys.models import StartedResponse, SurveyResponse
from surveys.questions.checking import Given

Announcement = tuple[str, Mapping[str, Any]]  # type and payload of an event

RESPONSE = """
    INSERT INTO surveys_surveyresponse (
        survey_id, version_id, invitation_id, campaign_id, link_id, key, customer_id, touchpoint_id, channel,
        language, submitted_at, score_kind, score, has_comment, is_complete, seconds, context, source, source_id,
        is_test)
    SELECT %(survey)s, %(version)s, %(invitation)s, %(campaign)s, %(link)s, %(key)s, %(customer)s, %(touchpoint)s,
        %(channel)s, %(language)s, %(at)s, %(score_kind)s, %(score)s, %(has_comment)s, %(is_complete)s,
        %(seconds)s, %(context)s, %(source)s, %(source_id)s, %(is_test)s
    {from_invited}
    ON CONFLICT (key) WHERE key IS NOT NULL DO NOTHING
    RETURNING id
"""
# The unanswered invitation is the lock: of two submits the second finds no row there, and so writes nothing.
# Who answers by the link has opened it, whatever their program looked like.
INVITED = """
    UPDATE surveys_invitation
    SET answered_at = %(at)s,
        opened_at = CASE WHEN channel = %(channel)s THEN COALESCE(opened_at, %(at)s) ELSE opened_at END
    WHERE id = %(invitation)s AND answered_at IS NULL
"""
TOGETHER = """
    WITH {invited} response AS ({response}), answers AS (
        INSERT INTO surveys_answer (survey_response_id, question_id, score, text, value)
        SELECT response.id, given.question, given.score, given.text, given.value::jsonb
        FROM response, unnest(%(questions)s::bigint[], %(scores)s::smallint[], %(texts)s::text[], %(values)s::text[])
            AS given (question, score, text, value)
    ), finished AS (
        DELETE FROM surveys_startedresponse WHERE id = %(started)s AND EXISTS (SELECT FROM response)
    ), announced AS (
        INSERT INTO events_event (type, subject, payload, at)
        SELECT %(type)s, id, %(payload)s::jsonb, %(at)s FROM response WHERE %(type)s IS NOT NULL
    )
    SELECT id FROM response
"""
STORE_INVITED = TOGETHER.format(
    invited=f"invited AS ({INVITED} RETURNING id),", response=RESPONSE.format(from_invited="FROM invited")
)
STORE_UNINVITED = TOGETHER.format(invited="", response=RESPONSE.format(from_invited="WHERE true"))
STORE_RESPONSE = RESPONSE.format(from_invited="WHERE true")  # without it SQLite takes ON for that of a join
STORE_ANSWER = """
    INSERT INTO surveys_answer (survey_response_id, question_id, score, text, value)
    VALUES (%(response)s, %(question)s, %(score)s, %(text)s, %(value)s)
"""
FINISH = "DELETE FROM surveys_startedresponse WHERE id = %(started)s"
ANNOUNCE = "INSERT INTO events_event (type, subject, payload, at) VALUES (%(type)s, %(response)s, %(payload)s, %(at)s)"


def store_response(
    response: SurveyResponse,
    given: Sequence[Given],
    *,
    started: StartedResponse | None,
    announced: Announcement | None,
) -> bool:
    """Store it all, in place of what was started of it; False, and nothing, when this invitation or key has an answer."""
    store = store_together if connection.vendor == "postgresql" else store_one_by_one
    response_id = store(values_of(response, started, announced), given)
    if response_id is None:
        return False
    response.pk = response_id
    response._state.adding = False
    return True


def values_of(
    response: SurveyResponse, started: StartedResponse | None, announced: Announcement | None
) -> dict[str, Any]:
    event, payload = announced or (None, {})
    return {
        "at": connection.ops.adapt_datetimefield_value(response.submitted_at),
        "invitation": response.invitation_id,
        "survey": response.survey_id,
        "version": response.version_id,
        "campaign": response.campaign_id,
        "link": response.link_id,
        "key": response.key,
        "customer": response.customer_id,
        "touchpoint": response.touchpoint_id,
        "channel": response.channel,
        "language": response.language,
        "score_kind": response.score_kind,
        "score": response.score,
        "has_comment": response.has_comment,
        "is_complete": response.is_complete,
        "seconds": response.seconds,
        "context": json.dumps(response.context),
        "source": response.source,
        "source_id": response.source_id,
        "is_test": response.is_test,
        "started": started.pk if started else None,
        "type": event,
        "payload": json.dumps(payload),
    }


def store_together(values: dict[str, Any], given: Sequence[Given]) -> int | None:
    """In one round trip; PostgreSQL only."""
    answers = {
        "questions": [answer.question.pk for answer in given],
        "scores": [answer.score for answer in given],
        "texts": [answer.text for answer in given],
        "values": [json_of(answer) for answer in given],
    }
    with connection.cursor() as cursor:
        cursor.execute(STORE_INVITED if values["invitation"] else STORE_UNINVITED, values | answers)
        row = cursor.fetchone()
    return row[0] if row else None


@transaction.atomic
def store_one_by_one(values: dict[str, Any], given: Sequence[Given]) -> int | None:
    with connection.cursor() as cursor:
        if values["invitation"]:
            cursor.execute(INVITED, values)
            if not cursor.rowcount:
                return None
        cursor.execute(STORE_RESPONSE, values)
        row = cursor.fetchone()
        if row is None:
            return None
        values |= {"response": row[0]}
        cursor.executemany(STORE_ANSWER, [values_of_answer(answer, row[0]) for answer in given])
        if values["started"]:
            cursor.execute(FINISH, values)
        if values["type"]:
            cursor.execute(ANNOUNCE, values)
    response_id: int = row[0]
    return response_id


def values_of_answer(answer: Given, response_id: int) -> dict[str, Any]:
    return {
        "response": response_id,
        "question": answer.question.pk,
        "score": answer.score,
        "text": answer.text,
        "value": json_of(answer),
    }


def json_of(answer: Given) -> str | None:
    return None if answer.value is None else json.dumps(answer.value)
