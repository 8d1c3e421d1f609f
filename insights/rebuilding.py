"""Deriving the daily counts again from the answers, and telling whether they agree.

Both work while answers come in. What an event or a retry still owes to the tables is left out, because it will be
added later; on PostgreSQL a rebuild keeps folds waiting, a month or a campaign at a time, never readers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import BigIntegerField, Count, Max, Min, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, TruncDate

from events.delivery import Reaction, name_of
from events.models import Event, ReactionRetry
from insights.days import ONE_DAY, day_of, moments_of, zone
from insights.models import DailyInvitations, DailyScore
from insights.reactions import count_answered, count_asked, count_scores, uncount_asked
from insights.rollups import (
    INVITATIONS,
    SCORES,
    Grouped,
    Rollup,
    add,
    answered_invitations,
    asked_invitations,
    counted_answers,
    differences,
    invitations_by_place,
    scores_by_place,
)
from surveys.answering.responses import IMPORTED, SUBMITTED
from surveys.models import Campaign, SurveyResponse
from surveys.sending.unsending import UNSENT

CHUNK = timedelta(days=30)
SENT = "surveys.invitations_sent"


@dataclass(frozen=True)
class Part:
    """A stretch of a table that is derived in one go: its rows, and the queries they come from."""

    rollup: Rollup
    kept: QuerySet[Any]
    derived: tuple[Grouped, ...]


def rebuild_rollups(*, start: date | None = None, end: date | None = None) -> int:
    """Derive the daily counts of these days anew, all days when none are given; returns how many rows there are."""
    return sum(rebuild(part) for part in parts(start=start, end=end))


def compare_rollups(*, start: date | None = None, end: date | None = None) -> list[dict[str, Any]]:
    """Where the kept counts differ from the answers: the place and derived − kept of each count."""
    return [
        {"part": part} | difference
        for part in parts(start=start, end=end)
        for difference in differences(part.rollup, derived=part.derived, kept=part.kept)
    ]


@transaction.atomic
def rebuild(part: Part) -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {part.rollup.table} IN EXCLUSIVE MODE")
    part.kept.delete()
    for grouped in part.derived:
        add(part.rollup, grouped)
    return part.kept.count()


def parts(*, start: date | None, end: date | None) -> Iterator[Part]:
    known = known_days()
    if known is None:
        return
    start, end = start or known[0], end or known[1]
    for first in stretches(start, end):
        yield score_part(first, min(first + CHUNK - ONE_DAY, end))
    for campaign in campaigns():
        yield invitation_part(campaign, start, end)


def known_days() -> tuple[date, date] | None:
    """The first and last day anything was counted or could be; None when there is nothing."""
    days: list[date] = []
    for model in (DailyScore, DailyInvitations):
        days += filter(None, model.objects.aggregate(first=Min("day"), last=Max("day")).values())
    for moments in (
        SurveyResponse.objects.aggregate(first=Min("submitted_at"), last=Max("submitted_at")),
        asked_invitations().aggregate(first=Min("sent_at"), last=Max("sent_at")),
    ):
        days += [day_of(moment) for moment in moments.values() if moment]
    return (min(days), max(days)) if days else None


def stretches(start: date, end: date) -> Iterator[date]:
    while start <= end:
        yield start
        start += CHUNK


def campaigns() -> list[int]:
    """Every campaign with invitations, and those deleted since they were counted."""
    counted = DailyInvitations.objects.values_list("campaign_id", flat=True)
    return sorted({*Campaign.objects.order_by().values_list("pk", flat=True), *counted.distinct()})


def score_part(start: date, end: date) -> Part:
    first, after = moments_of(start, end)
    answers = counted_answers().filter(
        survey_response__submitted_at__gte=first, survey_response__submitted_at__lt=after
    )
    for owed in owed_responses(count_scores):
        answers = answers.exclude(survey_response__in=owed)
    return Part(SCORES, DailyScore.objects.between(start, end), (scores_by_place(answers),))


def invitation_part(campaign: int, start: date, end: date) -> Part:
    first, after = moments_of(start, end)
    in_days = {"wave__campaign": campaign, "asked_at__gte": first, "asked_at__lt": after}
    asked = asked_invitations().filter(**in_days).exclude(pk__in=owed_invitations())
    answered = answered_invitations().filter(**in_days)
    for owed in owed_responses(count_answered):
        answered = answered.exclude(survey_response__in=owed)
    derived = (
        invitations_by_place(asked, counted="asked"),
        invitations_by_place(answered, counted="answered"),
        still_counted(campaign).filter(at__gte=first, at__lt=after),
    )
    kept = DailyInvitations.objects.filter(campaign_id=campaign).between(start, end)
    return Part(INVITATIONS, kept, derived)


def owed_responses(reaction: Reaction) -> tuple[QuerySet[Any, int] | RawSQL, ...]:
    """Responses that `reaction` will still count: their event waits, or its retry does."""
    return (
        Event.objects.waiting().filter(type=SUBMITTED).values_list("subject", flat=True),
        owed_retries(reaction).filter(event__type=SUBMITTED).values_list("event__subject", flat=True),
        listed_in_owed(IMPORTED, "responses", reaction),
    )


def owed_retries(reaction: Reaction) -> QuerySet[ReactionRetry]:
    return ReactionRetry.objects.filter(reaction=name_of(reaction)).exclude(state=ReactionRetry.State.DONE)


def owed_invitations() -> RawSQL:
    """Invitations that `count_asked` will still count; those of a reminder it leaves out."""
    return listed_in_owed(SENT, "invitations", count_asked)


def still_counted(campaign: int) -> Grouped:
    """Invitations that `uncount_asked` will still take back: the ledger no longer has them as asked, the counts do.

    They were counted, for the report that took them back came behind the announcement that they were sent.
    """
    retries = owed_retries(uncount_asked).values("event")
    owed = Event.objects.filter(Q(delivered_at=None) | Q(pk__in=retries), type=UNSENT)
    places = owed.annotate(campaign_id=Cast(KT("payload__campaign"), BigIntegerField())).filter(
        campaign_id=campaign
    )
    return (
        places.values("campaign_id", language=KT("payload__language"), day=TruncDate("at", tzinfo=zone()))
        .annotate(asked=Count("pk"), answered=Value(0))
        .order_by()
    )


def listed_in_owed(type_: str, name: str, reaction: Reaction) -> RawSQL:
    """The rows that events still owed to `reaction` name in a JSON list; none of those of which it is not the first."""
    each, is_first = {
        "postgresql": (
            f"jsonb_array_elements(event.payload -> '{name}')",
            "event.payload -> 'first' IS DISTINCT FROM 'false'::jsonb",
        ),
        "sqlite": (
            f"json_each(event.payload, '$.{name}')",
            "json_extract(event.payload, '$.first') IS NOT 0",
        ),
    }[connection.vendor]
    return RawSQL(  # noqa: S611  no values in it
        f"""SELECT CAST(item.value AS bigint) FROM events_event AS event, {each} AS item
            WHERE event.type = %s AND {is_first} AND event.id IN (
                SELECT id FROM events_event WHERE delivered_at IS NULL
                UNION ALL
                SELECT event_id FROM events_reactionretry WHERE reaction = %s AND state <> %s
            )""",  # noqa: S608  the same
        (type_, name_of(reaction), ReactionRetry.State.DONE.value),
    )
