"""Keeping answers of another tool: with their own date, marked with their source, and each once.

They count in every figure and stand on the timelines of customers we know. Nobody is called about last year's answers
and they earn no points: what announces them is another event than the one of an answer just given.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from customers.bulk import identities_among
from customers.identities import NotAnEmail, normal_email
from customers.models import Customer, Identity
from events.lookups import Among
from events.publishing import publish
from staff.access import visible
from staff.models import User
from surveys.answering.responses import IMPORTED, response_of
from surveys.models import Answer, ResponseImport, Survey, SurveyResponse
from surveys.models.responses import AnswerChannel
from surveys.questions.questionnaires import Questionnaire
from surveys.switching.rows import Row


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a chunk."""

    taken: int
    again: int  # imported before
    known: int  # of those taken, from customers we know


def write_rows(
    rows: Sequence[Row], *, upload: ResponseImport, questionnaire: Questionnaire, at: datetime
) -> Written:
    """Keep the answers of `rows`, which have no problems; call it in a transaction."""
    survey = wait_for_others(upload.survey)
    fresh = not_there_yet(rows, upload)
    customers = known_customers({row.email for row in fresh}, seen_by=upload.created_by)
    responses = SurveyResponse.objects.bulk_create(
        response_of(
            questionnaire,
            row.given,
            at=row.submitted_at,
            survey=survey,
            customer_id=customers.get(row.email),
            touchpoint_id=survey.touchpoint_id,
            channel=AnswerChannel.IMPORT,
            language=row.language,
            is_complete=row.is_complete,
            source=upload.source,
            source_id=row.source_id,
        )
        for row in fresh
    )
    Answer.objects.bulk_create(
        Answer(
            survey_response=response,
            question_id=given.question.pk,
            score=given.score,
            text=given.text,
            value=given.value,
        )
        for response, row in zip(responses, fresh, strict=True)
        for given in row.given
    )
    if responses:
        publish(IMPORTED, subject=upload.pk, at=at, **told_of(responses))
    known = sum(response.customer_id is not None for response in responses)
    return Written(len(responses), len(rows) - len(responses), known)


def wait_for_others(survey: Survey) -> Survey:
    """Two files with the same answers go one after the other; customers may answer meanwhile."""
    return Survey.objects.select_for_update(of=("self",), no_key=True).get(pk=survey.pk)


def not_there_yet(rows: Sequence[Row], upload: ResponseImport) -> list[Row]:
    """Those whose number was neither imported before nor stands further up."""
    by_id: dict[str, Row] = {}
    for row in rows:
        by_id.setdefault(row.source_id, row)
    imported = SurveyResponse.objects.exclude(source_id="")  # said for the index, which has these only
    there = imported.filter(Among("source_id", by_id), survey=upload.survey_id, source=upload.source)
    for source_id in there.order_by().values_list("source_id", flat=True):
        del by_id[source_id]
    return list(by_id.values())


def known_customers(emails: Iterable[str], *, seen_by: User | None) -> dict[str, int]:
    """Who is known by each address as it is written, of those whom the importer sees."""
    normal: dict[str, str] = {}
    for email in filter(None, emails):
        try:
            normal[email] = normal_email(email)
        except NotAnEmail:
            continue
    if seen_by is None or not normal:
        return {}
    found = identities_among(list(set(normal.values())), kind=Identity.Kind.EMAIL)
    owners = {value: customer for value, _pk, customer, _is_primary in found}
    customers = Customer.objects.filter(Among("pk", set(owners.values())))
    seen = set(visible(customers, seen_by).order_by().values_list("pk", flat=True))
    return {email: owners[value] for email, value in normal.items() if owners.get(value) in seen}


def told_of(responses: Sequence[SurveyResponse]) -> dict[str, Any]:
    """The announcement: all responses by number, and what a room below needs of those of known customers."""
    return {
        "responses": [response.pk for response in responses],
        "known": [
            {
                "response": response.pk,
                "customer": response.customer_id,
                "touchpoint": response.touchpoint_id,
                "at": response.submitted_at.isoformat(),
                "score": response.score,
                "score_kind": response.score_kind,
                "language": response.language,
                "source": response.source,
            }
            for response in responses
            if response.customer_id is not None
        ],
    }
