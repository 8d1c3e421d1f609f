"""The dashboard's queries at ten thousand and at a million answers, and the daily counts against raw GROUP BY.

BENCH_ANSWERS says how many the large heap has. The database invents the answers itself: a year of them, in five
surveys, twenty campaigns, five touchpoints and five languages.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.http import QueryDict
from django.utils import timezone

from customers.models import Customer, Segment
from followups.models import FollowUp
from insights.dashboard import figures_for
from insights.days import day_of, moments_of, zone
from insights.forms import DashboardForm
from insights.periods import Period
from insights.rebuilding import compare_rollups, rebuild_rollups
from insights.rollups import (
    answered_invitations,
    asked_invitations,
    counted_answers,
    fold_scores,
    invitations_by_place,
    scores_by_place,
)
from insights.scores import Slice, count_days
from staff.models import User
from surveys.models import SurveyResponse
from tests.factories.customers import SegmentFactory
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, SurveyFactory, WaveFactory

FEW = 10_000
MANY = int(os.environ.get("BENCH_ANSWERS", "1000000"))
ROUNDS = 7
BATCH = 50  # events a worker folds together
KINDS = ("nps", "csat", "ces", "nps", "csat")
LANGUAGES = ("en", "ru", "bs", "fa", "zh-hans")
CAMPAIGNS = 20
CUSTOMERS = MANY // CAMPAIGNS
OPEN = 200  # follow-ups on the desks, whatever the size of the heap


def measurements(folder: Path) -> Iterator[dict[str, Any]]:
    at = timezone.now().replace(microsecond=0)
    user = set_up(at=at)
    answer(0, FEW, at=at)
    few = page_times(user, at=at)
    answer(FEW, MANY, at=at)
    many = page_times(user, at=at)
    for name, seconds in many.items():
        yield measured(f"dashboard, {name}: {MANY:,} answers against {FEW:,}", seconds, few[name])
    year = Period.last(365, today=day_of(at))
    raw, counted = typical(lambda: group_raw(year), rounds=3), typical(lambda: from_counts(year))
    yield measured("a year of scores by day: raw GROUP BY against the daily counts", raw, counted)
    rebuilt, bare = typical(rebuild_rollups, rounds=3), typical(derive_bare, rounds=3)
    yield measured("all daily counts derived anew against the bare SQL", rebuilt, bare)
    pks = list(SurveyResponse.objects.order_by("-pk").values_list("pk", flat=True)[:BATCH])
    folded = typical(lambda: fold_scores(responses=pks))
    yield measured(f"folding {BATCH} answers against an empty statement", folded, typical(ping))


def measured(name: str, seconds: float, limit: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(1000 * seconds, 2),
        "unit": "ms",
        "limit": round(1000 * limit, 2),
        "ratio": round(seconds / limit, 2),
    }


def typical(work: Callable[[], Any], *, rounds: int = ROUNDS) -> float:
    """The median seconds of some rounds, after one that warms up."""
    work()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def page_times(user: User, *, at: datetime) -> dict[str, float]:
    """Everything the page asks the database for, by choice of filters."""
    execute("ANALYZE")
    rebuild_rollups()
    if compare_rollups():
        raise AssertionError("The daily counts differ from the answers")
    choices = {
        "90 days": "period=90",
        "365 days": "period=365",
        "365 days of one touchpoint and language": "period=365&touchpoint=1&language=fa",
        "7 days of a segment (from single answers, which are more)": f"period=7&segment={Segment.objects.get().pk}",
    }
    return {name: typical(lambda query=query: show(user, query, at=at)) for name, query in choices.items()}


def show(user: User, query: str, *, at: datetime) -> None:
    form = DashboardForm(QueryDict(query), today=day_of(at), may_use_segments=True)
    figures = figures_for(user, form, at=at)
    if "problem" in figures or figures["is_empty"]:
        raise AssertionError(figures.get("problem", "nothing to show"))


def from_counts(year: Period) -> int:
    return sum(cell.n for cell in count_days(period=year, where=Slice()).values())


def group_raw(year: Period) -> int:
    first, after = moments_of(year.start, year.end)
    rows = (
        counted_answers()
        .filter(survey_response__submitted_at__gte=first, survey_response__submitted_at__lt=after)
        .values_list("question__kind", TruncDate("survey_response__submitted_at", tzinfo=zone()), "score")
        .annotate(people=Count("pk"))
        .order_by()
    )
    return sum(people for *_, people in rows)


def derive_bare() -> None:
    """The three grouped queries a rebuild is made of, each in one go into a table without indexes."""
    for grouped in (
        scores_by_place(counted_answers()),
        invitations_by_place(asked_invitations(), counted="asked"),
        invitations_by_place(answered_invitations(), counted="answered"),
    ):
        sql, params = grouped.query.sql_with_params()
        execute("DROP TABLE IF EXISTS bare")
        execute(f"CREATE TEMPORARY TABLE bare AS {sql}", params)


def ping() -> None:
    execute("SELECT 1")


def execute(sql: str, params: Any = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params or None)


def set_up(*, at: datetime) -> User:
    """One of everything the answers point to; in an empty database ids count from one."""
    touchpoints = TouchpointFactory.create_batch(len(KINDS))
    surveys = [
        SurveyFactory(questions=[kind, "comment"], touchpoint=touchpoint)
        for kind, touchpoint in zip(KINDS, touchpoints, strict=True)
    ]
    for n in range(CAMPAIGNS):
        WaveFactory(campaign=CampaignFactory(survey=surveys[n % len(surveys)]))
    FollowUpRuleFactory(survey=surveys[0])
    SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"})
    Customer.objects.bulk_create(
        (
            Customer(language=LANGUAGES[n % len(LANGUAGES)], created_at=at, updated_at=at)
            for n in range(CUSTOMERS)
        ),
        batch_size=1000,
    )
    return UserFactory(is_superuser=True)


def answer(start: int, end: int, *, at: datetime) -> None:
    """Invitations, answers to a third of them and more without one, comments, follow-ups: `start` up to `end`."""
    later = f"'{at:%Y-%m-%d %H:%M:%S}'"
    moment = {
        "sqlite": f"datetime({later}, '-' || (i * 7919 % 525600) || ' minutes')",
        "postgresql": f"{later}::timestamptz - make_interval(mins => (i * 7919 % 525600)::int)",
    }[connection.vendor]
    language = (
        f"CASE i / {CAMPAIGNS} % 5 "
        + " ".join(f"WHEN {n} THEN '{code}'" for n, code in enumerate(LANGUAGES))
        + " END"
    )
    given = "i / 5 * 37"
    score = (
        f"CASE i % 5 WHEN 2 THEN 1 + {given} % 7 WHEN 1 THEN 1 + {given} % 5 WHEN 4 THEN 1 + {given} % 5 "
        f"ELSE {given} % 11 END"
    )
    kind = "CASE i % 5 WHEN 2 THEN 'ces' WHEN 1 THEN 'csat' WHEN 4 THEN 'csat' ELSE 'nps' END"
    customer = f"i / {CAMPAIGNS} % {CUSTOMERS} + 1"
    for table, columns in {
        "surveys_invitation": {
            "id": "i + 1", "wave_id": f"i % {CAMPAIGNS} + 1", "customer_id": customer, "state": "'sent'",
            "reason": "''", "error": "''", "address": "''", "digest": "''", "language": language,
            "due_at": moment, "attempts": "1", "sent_at": moment, "reminders_sent": "0", "is_test": "false",
            "answered_at": f"CASE i % 3 WHEN 0 THEN {moment} END",
        },
        "surveys_surveyresponse": {
            "id": "i + 1", "survey_id": "i % 5 + 1", "customer_id": customer,
            "invitation_id": "CASE i % 3 WHEN 0 THEN i + 1 END", "campaign_id": f"i % {CAMPAIGNS} + 1",
            "touchpoint_id": "i % 5 + 1", "channel": "'email'", "language": language,
            "submitted_at": moment, "score_kind": kind, "score": score, "has_comment": "i % 5 = 0",
            "is_test": "false",
        },
        "surveys_answer": {
            "survey_response_id": "i + 1", "question_id": "i % 5 * 2 + 1", "score": score, "text": "''",
        },
    }.items():  # fmt: skip
        insert(table, columns, start, end)
    insert(
        "surveys_answer",
        {"survey_response_id": "i + 1", "question_id": "2", "text": "'It took three calls.'"},
        start, end, where="i % 5 = 0",
    )  # fmt: skip
    follow_ups = FollowUp.objects.count()
    insert(
        "followups_followup",
        {
            "rule_id": "1", "survey_response_id": "i + 1", "customer_id": customer, "score": "2", "team_id": "1",
            "state": "'resolved'" if follow_ups else f"CASE WHEN i < {OPEN * 50} THEN 'open' ELSE 'resolved' END",
            "opened_at": moment, "due_at": moment, "resolved_at": moment, "outcome": "'solved'", "version": "1",
        },
        start, end, where="i % 50 = 0",
    )  # fmt: skip


def insert(table: str, columns: dict[str, str], start: int, end: int, *, where: str = "true") -> None:
    execute(
        f"WITH RECURSIVE n (i) AS (SELECT CAST({start} AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {end}) "
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM n "
        f"WHERE {where}"
    )
