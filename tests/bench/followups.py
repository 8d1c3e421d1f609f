"""The inbox with a hundred thousand open follow-ups and two million resolved ones, and a sweep that finds them all overdue.

BENCH_FOLLOW_UPS says how many are open; twenty times as many are resolved. The database invents them itself.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from followups.models import FollowUp
from followups.working.escalation import escalate_overdue
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.staff import TeamFactory, UserFactory

OPEN = int(os.environ.get("BENCH_FOLLOW_UPS", "100000"))
RESOLVED_FOR_EACH = 20
TEAMS, PEOPLE = 5, 10  # teams, and people in each
QUERIES = 12

CUSTOMERS = """
    INSERT INTO customers_customer (id, first_name, last_name, language, time_zone, country, attributes,
        preferred_channel, created_at, updated_at)
    SELECT n, 'Amina', 'Hadžić' || n, 'en', 'Europe/Sarajevo', 'BA', '{{}}', '', {now}, {now} FROM numbers WHERE n <= {open}
"""
RESPONSES = """
    INSERT INTO surveys_surveyresponse (id, survey_id, customer_id, submitted_at, score, score_kind, language, channel,
        source, source_id, is_complete, is_test, has_comment, context)
    SELECT n, {survey}, n % {open} + 1, {now}, n % 7, 'nps', 'en', 'email', '', '', {true}, {false}, {false}, '{{}}'
    FROM numbers
"""
FOLLOW_UPS = """
    INSERT INTO followups_followup (id, source, summary, rule_id, survey_response_id, customer_id, score, team_id,
        owner_id, state, priority, opened_at, leg, leg_opened_at, contact_due_at, due_at, warn_at, manager_at, resolved_at, paused, rung, outcome,
        version)
    SELECT n, 'answer', '', {rule}, n, n % {open} + 1, n % 7, {team} + n % {teams}, {person} + n % {people},
        CASE WHEN n <= {open} THEN 'open' ELSE 'resolved' END, 3, {opened}, 1, {opened}, {due}, {due}, NULL, {later},
        CASE WHEN n > {open} THEN {now} END, {paused}, 0, '', 1
    FROM numbers
"""


def measurements(folder: Path) -> Iterator[dict[str, Any]]:
    settings.ALLOWED_HOSTS = ["testserver"]
    person = invent()
    client = Client()
    client.force_login(person)
    address = reverse("admin:followups_inbox")
    for tab in ("mine", "team", "overdue", "resolved"):
        client.get(address, {"tab": tab})
        seconds = median(timed(lambda: client.get(address, {"tab": tab})) for _ in range(9))  # noqa: B023  called before the next turn
        yield shown(f"inbox, {tab}", round(seconds * 1000), 100, "ms")
        with CaptureQueriesContext(connection) as queries:
            client.get(address, {"tab": tab})
        yield shown(f"inbox, {tab}", len(queries), QUERIES, "queries")
    narrowed = {"tab": "team", "source": "answer", "priority": 3}
    seconds = median(timed(lambda: client.get(address, narrowed)) for _ in range(9))
    yield shown("inbox, narrowed", round(seconds * 1000), 100, "ms")
    with CaptureQueriesContext(connection) as queries:
        seconds = timed(lambda: escalate_overdue(at=timezone.now()))
    told = FollowUp.objects.filter(rung=FollowUp.Rung.LEAD).count()
    if told != OPEN:
        raise AssertionError(f"{told} of {OPEN} were escalated")
    updates = sum("UPDATE followups_followup" in query["sql"] for query in queries)
    yield shown("a sweep that escalates them all", round(seconds, 1), 60, "s")
    yield shown("statements in which it marks them", updates, 3, "statements")


def shown(name: str, value: float, limit: float, unit: str) -> dict[str, Any]:
    name = f"{name}, {OPEN:,} open and {OPEN * RESOLVED_FOR_EACH:,} resolved"
    return {"name": name, "value": value, "unit": unit, "limit": limit, "ratio": round(value / limit, 2)}


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def invent() -> Any:
    """Teams with people, and follow-ups that are spread over them; all that are open are overdue. Returns a person."""
    lead = UserFactory(roles=["Support"])
    people = UserFactory.create_batch(PEOPLE, roles=["Support"])
    teams = [TeamFactory(lead=lead, members=people) for _each in range(TEAMS)]
    rule = FollowUpRuleFactory(team=teams[0])
    postgres = connection.vendor == "postgresql"
    execute("CREATE TEMPORARY TABLE numbers (n BIGINT)")
    series = (
        "generate_series(1, %s)"
        if postgres
        else "(WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < %s) SELECT n FROM up)"
    )
    execute(f"INSERT INTO numbers SELECT * FROM {series} AS t", OPEN * (1 + RESOLVED_FOR_EACH))
    told = {
        "now": "CURRENT_TIMESTAMP",
        "opened": moment("- (n % 20 + 10)", postgres=postgres),
        "due": moment("- (n % 20 + 1)", postgres=postgres),
        "later": moment("+ 10", postgres=postgres),
        "paused": "INTERVAL '0'" if postgres else "0",
        "true": "TRUE",
        "false": "FALSE",
        "open": OPEN,
        "survey": rule.survey_id,
        "rule": rule.pk,
        "team": min(team.pk for team in teams),
        "teams": TEAMS,
        "person": min(person.pk for person in people),
        "people": PEOPLE,
    }
    for statement in (CUSTOMERS, RESPONSES, FOLLOW_UPS):
        execute(statement.format(**told))
    execute("VACUUM ANALYZE" if postgres else "ANALYZE")
    return people[0]


def moment(hours: str, *, postgres: bool) -> str:
    """So many hours from now, as an expression."""
    if postgres:
        return f"CURRENT_TIMESTAMP + ({hours}) * INTERVAL '1 hour'"
    return f"DATETIME('now', ({hours}) || ' hours')"


def execute(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
