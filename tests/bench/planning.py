"""Planning a campaign for a million customers with the whole contact policy, against copying as many finished rows.

BENCH_PEOPLE says how many. The database invents them itself: each has an address, most agreed to surveys, some said
no or are not to be written to, and three of ten were asked by another campaign lately. Three caps and quiet hours hold.
"""

import os
import time
from collections.abc import Callable, Iterator
from datetime import time as clock
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from staff.models import User
from surveys.campaigns.comparing import choose_better_subjects
from surveys.campaigns.life import finish_campaigns, start_due_campaigns
from surveys.campaigns.second_looks import look_again
from surveys.ledger.tallies import count_again
from surveys.models import Campaign, ContactCap, ContactRules, Invitation, Tally, Wave
from surveys.planning.reminders import plan_reminders
from surveys.planning.rounds import plan_rounds
from surveys.planning.waves import write_ledger
from surveys.preflight.counting import count_everybody
from tests.factories.surveys import CampaignFactory

MANY = int(os.environ.get("BENCH_PEOPLE", "1000000"))
ROUNDS = 3
TIDY = {"postgresql": "VACUUM ANALYZE", "sqlite": "ANALYZE"}
DIGEST = {
    "postgresql": "encode(sha256(('c' || n)::bytea), 'hex')",
    "sqlite": "MD5('c' || n) || MD5('d' || n)",
}

PEOPLE = """
    INSERT INTO customers_customer (id, first_name, last_name, language, time_zone, country, attributes,
        preferred_channel, created_at, updated_at)
    SELECT n, 'Amina', 'Hadžić' || n, CASE n % 5 WHEN 0 THEN 'en' WHEN 1 THEN 'ru' WHEN 2 THEN 'bs' WHEN 3 THEN 'fa'
        ELSE 'zh-hans' END, CASE n % 4 WHEN 0 THEN 'Europe/Sarajevo' WHEN 1 THEN 'Asia/Tehran'
        WHEN 2 THEN 'Asia/Shanghai' ELSE 'America/Los_Angeles' END, 'BA', '{{}}', '', {now}, {now}
    FROM numbers
"""
ADDRESSES = """
    INSERT INTO customers_identity (customer_id, kind, source, value, digest, is_primary)
    SELECT n, 'email', '', 'customer' || n || '@mail' || (n % 500) || '.example', {digest}, {true} FROM numbers
"""
CONSENTS = """
    INSERT INTO customers_consent (customer_id, purpose, channel, state, source, at)
    SELECT n, 'survey', 'email', CASE WHEN n % 20 = 0 THEN 'withdrawn' ELSE 'granted' END, 'import', {now}
    FROM numbers WHERE n % 5 > 0 OR n % 20 = 0
"""
STOPS = """
    INSERT INTO customers_suppression (channel, digest, reason, at)
    SELECT 'email', {digest}, 'bounced', {now} FROM numbers WHERE n % 50 = 1
"""
MESSAGES = """
    INSERT INTO surveys_invitation (wave_id, customer_id, state, reason, channel, address, digest, language, variant,
        due_at, sent_at, occasion, error, attempts, reminders_sent, is_test, context)
    SELECT {wave}, n, 'sent', '', 'email', '', '', 'en', '', {sent}, {sent}, '', '', 1, 0, {false}, '{{}}'
    FROM numbers WHERE n % 10 < 3
"""
COPIED = """
    INSERT INTO surveys_invitation (wave_id, customer_id, state, reason, cap_id, channel, address, digest, language,
        variant, due_at, occasion, error, attempts, reminders_sent, is_test, context)
    SELECT %s, customer_id, state, reason, cap_id, channel, address, digest, language, variant, due_at, occasion, error,
        attempts, reminders_sent, is_test, context
    FROM finished
"""


def measurements(folder: Path) -> Iterator[dict[str, Any]]:
    invent()
    campaign = CampaignFactory(survey__kind="relationship")
    wave = Wave.objects.create(campaign=campaign)
    planned, copied = [], []
    with transaction.atomic():
        plan(wave)
        execute(
            "CREATE TEMPORARY TABLE finished AS SELECT * FROM surveys_invitation WHERE wave_id = %s", wave.pk
        )
        execute("DELETE FROM surveys_invitation WHERE wave_id = %s", wave.pk)
    for _ in range(ROUNDS):
        planned.append(undone(lambda: plan(wave)))
        copied.append(undone(lambda: execute(COPIED, wave.pk)))
    yield measured("planning with the whole contact policy", median(planned), median(copied))
    began = time.perf_counter()
    counted = sum(each.people for each in count_everybody(campaign, at=timezone.now()))
    if counted != MANY:
        raise AssertionError(f"{counted} counted of {MANY}")
    yield measured("counting the same before the launch", time.perf_counter() - began, median(copied))
    plan(wave)
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.SENDING)
    execute(TIDY[connection.vendor])
    yield from looked_at(campaign)
    yield swept(campaign)


def swept(campaign: Campaign) -> dict[str, Any]:
    """What the sweep of every ten seconds takes, days later, when everybody waits for a reminder that is not due yet."""
    at = timezone.now()
    Invitation.objects.filter(wave__campaign=campaign).update(state=Invitation.State.SENT, sent_at=at)
    Campaign.objects.filter(pk=campaign.pk).update(reminders=1, remind_after_days=3)
    execute(TIDY[connection.vendor])
    steps = (
        start_due_campaigns,
        look_again,
        plan_rounds,
        choose_better_subjects,
        plan_reminders,
        finish_campaigns,
    )
    seconds = [sum(timed(lambda: step(at=at)) for step in steps) for _again in range(3)]  # noqa: B023  called at once
    return shown("a sweep while all wait for reminders", median(seconds), 0.2)


def looked_at(campaign: Campaign) -> Iterator[dict[str, Any]]:
    """The cockpit while such a campaign is sent: what a worker counts, and what a page and its moving part take."""
    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.create(username="bench", is_staff=True, is_superuser=True))
    address = reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])
    client.get(address)
    began = time.perf_counter()
    count_again(tally=Tally.objects.get(campaign=campaign).pk, at=timezone.now())
    yield shown("a worker counts the ledger", time.perf_counter() - began, 5)
    CampaignFactory(state=Campaign.State.SCHEDULED, starts_at=timezone.now() + timedelta(days=3), reminders=1)
    calendar = reverse("admin:surveys_campaign_calendar")
    seconds = timed(lambda: client.get(calendar + "?counted", headers={"hx-request": "true"}))
    yield shown("the figures of the calendar, as many again with a date", seconds, 30)
    for name, query in (("cockpit", ""), ("its progress", "?progress")):
        seconds = median(timed(lambda: client.get(address + query)) for _ in range(9))  # noqa: B023  called before the next turn
        yield shown(name, seconds, 0.2)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def shown(name: str, seconds: float, limit: float) -> dict[str, Any]:
    return {
        "name": f"{name}, {MANY:,} people",
        "value": round(seconds * 1000),
        "unit": "ms",
        "limit": round(limit * 1000),
        "ratio": round(seconds / limit, 2),
    }


def measured(name: str, seconds: float, limit: float) -> dict[str, Any]:
    return {
        "name": f"{name}, {MANY:,} people",
        "value": round(MANY / seconds),
        "unit": "rows/s",
        "limit": round(MANY / limit),
        "ratio": round(limit / seconds, 2),
    }


def invent() -> None:
    """People, what stands against some of them, messages of the last three weeks, and a policy."""
    wave = Wave.objects.create(campaign=CampaignFactory(survey__kind="relationship"))
    postgres = connection.vendor == "postgresql"
    execute("CREATE TEMPORARY TABLE numbers (n BIGINT)")
    series = (
        "generate_series(1, %s)"
        if postgres
        else "(WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < %s) SELECT n FROM up)"
    )
    execute(f"INSERT INTO numbers SELECT * FROM {series} AS t", MANY)
    told = {
        "now": "CURRENT_TIMESTAMP",
        "sent": "CURRENT_TIMESTAMP - (n % 21 + 1) * INTERVAL '1 day'"
        if postgres
        else "DATETIME('now', '-' || (n % 21 + 1) || ' days')",
        "digest": DIGEST[connection.vendor],
        "wave": wave.pk,
        "true": "TRUE",
        "false": "FALSE",
    }
    for statement in (PEOPLE, ADDRESSES, CONSENTS, STOPS, MESSAGES):
        execute(statement.format(**told))
    ContactCap.objects.create(most=1, days=14)
    ContactCap.objects.create(most=2, days=90, survey_kind="relationship")
    ContactCap.objects.create(most=1, days=7, channel="email")
    ContactRules.objects.create(quiet_from=clock(20), quiet_until=clock(9))
    execute(TIDY[connection.vendor])


def plan(wave: Wave) -> None:
    rows = write_ledger(wave, wave.campaign, at=timezone.now())
    if rows != MANY:
        raise AssertionError(f"{rows} planned of {MANY}")


def undone(work: Callable[[], object]) -> float:
    """Seconds for `work`, which is taken back, so that the next round writes into a table of the same size."""
    with transaction.atomic():
        began = time.perf_counter()
        work()
        seconds = time.perf_counter() - began
        transaction.set_rollback(True)
    execute(TIDY[connection.vendor])
    return seconds


def execute(statement: str, *params: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
