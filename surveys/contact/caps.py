"""How often somebody may be asked: the SQL that says who has to wait, for one customer and for a million alike.

A message counts from the moment it went out; one that is being handed over counts as now, one whose fate is unknown
from when it was due. An invitation's own mails do not stand in the way of its reminder, everybody else's do.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from events.lookups import among
from surveys.models import ContactCap

Statement = tuple[str, list[Any]]

# Every message to a customer as a row of its own: an invitation remembers up to four moments. Each has a survey; LEFT
# keeps SQLite from reading the whole ledger once for every wave.
MESSAGES = """
    SELECT invitation.customer_id AS customer, invitation.channel, survey.kind, CASE turn.n
        WHEN 1 THEN invitation.sent_at
        WHEN 2 THEN invitation.first_reminded_at
        WHEN 3 THEN CASE WHEN invitation.reminders_sent > 1 THEN invitation.reminded_at END
        ELSE CASE WHEN invitation.state = 'sending' THEN {now}
             WHEN invitation.state = 'unknown' THEN invitation.due_at END
        END AS at, CASE WHEN turn.n = 4 AND invitation.state = 'sending' THEN 1 ELSE 0 END AS in_flight
    FROM surveys_invitation invitation
    LEFT JOIN surveys_wave wave ON wave.id = invitation.wave_id
    LEFT JOIN surveys_campaign campaign ON campaign.id = wave.campaign_id
    LEFT JOIN surveys_survey survey ON survey.id = campaign.survey_id
    CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) turn
    WHERE NOT invitation.is_test {narrowed}
"""
WAITS_OF_CAP = """
    SELECT customer, {cap} AS cap, '{channel}' AS channel, {until} AS until, in_flight FROM (
        SELECT customer, at, ROW_NUMBER() OVER newest AS nth, MAX(in_flight) OVER newest AS in_flight
        FROM message WHERE at > {since} {of_kind}
        WINDOW newest AS (PARTITION BY customer ORDER BY at DESC, in_flight)
    ) AS counted WHERE nth = {most}
"""
WAITS_OF_REST = """
    SELECT id AS customer, CAST(NULL AS BIGINT) AS cap, '' AS channel, snoozed_until AS until, 0 AS in_flight
    FROM customers_customer WHERE snoozed_until > {now} {narrowed}
"""


def waits(
    caps: Sequence[ContactCap],
    *,
    kind: str,
    at: datetime,
    customers: Iterable[int] | None = None,
    leaving_out: Iterable[int] = (),
) -> Statement:
    """A query of (customer, cap, channel, until, in_flight): who may not be asked by a survey of `kind` at `at`.

    `channel` is empty where the wait holds for all; it is `in_flight`, 1, where a message is just being handed over that
    may yet be refused, else 0. `customers` narrows it; invitations `leaving_out` do not count.
    """
    caps = [cap for cap in caps if cap.survey_kind in {"", kind}]
    now = f"CAST(%s AS {MOMENT[connection.vendor]})"
    moment = connection.ops.adapt_datetimefield_value(at)
    keys = None if customers is None else list(customers)
    rest, params = narrowed("id", keys)
    parts: list[Statement] = [(WAITS_OF_REST.format(now=now, narrowed=rest), [moment, *params])]
    for cap in caps:
        since = connection.ops.adapt_datetimefield_value(at - timedelta(days=cap.days))
        of_kind = f"AND kind = '{cap.survey_kind}'" if cap.survey_kind else ""
        of_channel = f"AND channel = '{cap.channel}'" if cap.channel else ""
        sql = WAITS_OF_CAP.format(
            cap=cap.pk,
            channel=cap.channel,
            until=plus_days("at", cap.days),
            since=now,
            of_kind=of_kind + of_channel,
            most=cap.most,
        )
        parts.append((sql, [since]))
    return with_messages(parts, caps, at=at, now=now, keys=keys, leaving_out=list(leaving_out))


def with_messages(
    parts: list[Statement],
    caps: Sequence[ContactCap],
    *,
    at: datetime,
    now: str,
    keys: list[int] | None,
    leaving_out: list[int],
) -> Statement:
    """The parts as one query, with the messages they count where there is anything to count."""
    union = " UNION ALL ".join(sql for sql, _params in parts)
    params = [param for _sql, each in parts for param in each]
    if not caps:
        return union, params
    since = connection.ops.adapt_datetimefield_value(at - timedelta(days=max(cap.days for cap in caps)))
    of_customers, customer_params = narrowed("invitation.customer_id", keys)
    condition, among_them = among(leaving_out)
    not_those = f"AND NOT invitation.id {condition}" if leaving_out else ""
    recent = (
        f"AND (invitation.sent_at > {now} OR invitation.reminded_at > {now}"
        " OR invitation.state IN ('sending', 'unknown'))"
    )
    messages = MESSAGES.format(now=now, narrowed=f"{recent} {of_customers} {not_those}")
    moment = connection.ops.adapt_datetimefield_value(at)
    first = [moment, since, since, *customer_params, *([among_them] if leaving_out else [])]
    return f"WITH message AS ({messages}) {union}", [*first, *params]


MOMENT = {"postgresql": "timestamptz", "sqlite": "text"}


def narrowed(column: str, keys: list[int] | None) -> Statement:
    if keys is None:
        return "", []
    condition, param = among(keys)
    return f"AND {column} {condition}", [param]


def plus_days(column: str, days: int) -> str:
    if connection.vendor == "postgresql":
        return f"{column} + INTERVAL '{days} days'"
    return f"django_format_dtdelta('+', {column}, {days * 24 * 3600 * 1_000_000})"


def moment_of(raw: Any) -> datetime:
    """A moment as the database's driver gives it: SQLite's are in UTC, as texts or without a zone."""
    moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(raw)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
