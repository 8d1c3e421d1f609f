"""How many people are at or near a cap when a week begins, once what is going to leave has left.

One statement. Each message that counts is a row: what is out, what waits in the send ledger, the reminders that follow,
and what campaigns with a date will send. They are counted by customer, cap and week, and then the customers are.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from staff.models import Unit
from surveys.campaigns import coming
from surveys.contact.caps import MESSAGES, MOMENT, Statement, plus_days
from surveys.contact.verdicts import Policy, policy_now, verdicts
from surveys.models import Campaign, ContactCap, Survey
from surveys.planning.waves import among_those_of

# Who rests has a row without a moment, and so has who is asked by rounds that begin: on a day of their own.
LOADED = """
    WITH message(customer, channel, kind, at, campaign, rests_until) AS ({messages})
    SELECT {totals} FROM (
        SELECT customer, MAX(rests_until) AS rests_until, {sums} FROM message {among} GROUP BY customer
    ) AS loaded
"""
RESTING = """
    SELECT id, CAST('' AS text), CAST('' AS text), CAST(NULL AS {moment}), CAST(0 AS BIGINT), snoozed_until
    FROM customers_customer WHERE snoozed_until > {now}
"""
OUT = "SELECT customer, channel, kind, at, 0, NULL FROM ({messages}) AS gone WHERE at IS NOT NULL"
RECENT = (
    "AND (invitation.sent_at > {now} OR invitation.reminded_at > {now}"
    " OR invitation.state IN ('sending', 'unknown'))"
)
TO_COME = "SELECT theirs.*, 0, NULL FROM ({rows}) AS theirs"
OF_SCHEDULED = """
    SELECT customer, channel, '{kind}', {comes_at}, CASE WHEN turn.n = 0 THEN {campaign} ELSE 0 END, NULL
    FROM ({verdicts}) AS verdict CROSS JOIN ({turns}) AS turn WHERE state <> 'excluded' {in_time}
"""


class Load(NamedTuple):
    """Of one kind of survey: how many people cannot be asked when a week begins, for a cap or for the rest they asked for.

    `near` could be asked only once more; None where the caps let nobody be asked twice.
    """

    kind: str
    at_cap: int
    resting: int
    near: int | None


class Loaded(NamedTuple):
    """The loads of each moment, and how many people each campaign with a date is going to ask."""

    loads: Sequence[Sequence[Load]]
    people: Mapping[int, int]


def load_at(
    moments: Sequence[datetime],
    *,
    scheduled: Sequence[Campaign] = (),
    at: datetime,
    unit: Unit | None = None,
) -> Loaded:
    """The load at each of `moments`, none of them before `at`; with a unit, of its customers. Without caps there is none."""
    policy = policy_now()
    sums = [sum_of(cap, n, moment) for cap in policy.caps for n, moment in enumerate(moments)]
    sums += [(f"COUNT(CASE WHEN campaign = {each.pk} THEN 1 END) AS of_{each.pk}", []) for each in scheduled]
    if not sums:
        return Loaded([[] for _each in moments], {})
    kinds = Survey.Kind.values if policy.caps else []
    totals = [
        each
        for n, moment in enumerate(moments)
        for kind in kinds
        for each in totals_of(policy, kind, n, moment)
    ]
    totals += [(f"COALESCE(SUM(of_{each.pk}), 0)", []) for each in scheduled]
    counted = iter(counts_of(list(messages_of(policy, scheduled, at=at)), sums, totals, unit=unit))
    loads = [
        [load_from(policy, kind, next(counted), next(counted), next(counted)) for kind in kinds]
        for _each in moments
    ]
    return Loaded(loads, {each.pk: int(next(counted)) for each in scheduled})


def counts_of(
    messages: Sequence[Statement],
    sums: Sequence[Statement],
    totals: Sequence[Statement],
    *,
    unit: Unit | None,
) -> Sequence[int]:
    among, among_params = among_those_of(unit)
    statement = LOADED.format(
        messages=" UNION ALL ".join(sql for sql, _params in messages),
        totals=", ".join(sql for sql, _params in totals),
        sums=", ".join(sql for sql, _params in sums),
        among=among,
    )
    params = [param for _sql, each in (*messages, *totals, *sums) for param in each]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, *among_params])
        counted: Sequence[int] = cursor.fetchone()
    return counted


def sum_of(cap: ContactCap, n: int, moment: datetime) -> Statement:
    """How many messages of one customer count for `cap` at the moment of this number."""
    narrower = [("kind", cap.survey_kind), ("channel", cap.channel)]
    of = "".join(f" AND {column} = '{value}'" for column, value in narrower if value)
    sql = f"COUNT(CASE WHEN at > {now()} AND at <= {now()}{of} THEN 1 END) AS {name_of(cap, n)}"
    return sql, [adapted(moment - timedelta(days=cap.days)), adapted(moment)]


def totals_of(policy: Policy, kind: str, n: int, moment: datetime) -> Iterator[Statement]:
    """Of all customers: who is at a cap, else rests, else would be at a cap with one message more."""
    theirs = [cap for cap in policy.caps if cap.survey_kind in {"", kind}]
    capped = any_of(f"{name_of(cap, n)} >= {cap.most}" for cap in theirs)
    nearly = any_of(f"{name_of(cap, n)} >= {cap.most - 1}" for cap in theirs if cap.most > 1)
    rests = f"COALESCE(rests_until > {now()}, FALSE)"
    yield f"COUNT(CASE WHEN {capped} THEN 1 END)", []
    yield f"COUNT(CASE WHEN NOT ({capped}) AND {rests} THEN 1 END)", [adapted(moment)]
    yield f"COUNT(CASE WHEN NOT ({capped}) AND NOT {rests} AND ({nearly}) THEN 1 END)", [adapted(moment)]


def load_from(policy: Policy, kind: str, at_cap: int, resting: int, near: int) -> Load:
    is_any_near = any(cap.most > 1 and cap.survey_kind in {"", kind} for cap in policy.caps)
    return Load(kind, at_cap, resting, near if is_any_near else None)


def messages_of(policy: Policy, scheduled: Sequence[Campaign], *, at: datetime) -> Iterator[Statement]:
    yield RESTING.format(moment=MOMENT[connection.vendor], now=now()), [adapted(at)]
    if policy.caps:
        since = adapted(at - timedelta(days=max(cap.days for cap in policy.caps)))
        messages = MESSAGES.format(now=now(), narrowed=RECENT.format(now=now()))
        yield OUT.format(messages=messages), [adapted(at), since, since]
        for rows in (coming.waiting(at=at), *coming.reminders(at=at)):
            columns = rows.order_by().values_list(
                "customer_id", "channel", "wave__campaign__survey__kind", "comes_at"
            )
            sql, params = columns.query.sql_with_params()
            yield TO_COME.format(rows=sql), list(params)
    for campaign in scheduled:
        yield of_scheduled(campaign, policy, at=at)


def of_scheduled(campaign: Campaign, policy: Policy, *, at: datetime) -> Statement:
    """What it would send if it started when it is to, with its reminders, as if nobody answered."""
    starts_at = max(campaign.starts_at or at, at)
    hours = replace(policy.hours, send_at=campaign.send_at)
    sql, params = verdicts(campaign, policy=replace(policy, hours=hours), at=starts_at)
    is_once = campaign.kind == Campaign.Kind.ONCE
    turns = range(campaign.reminders + 1 if is_once else 1)
    moments = " ".join(f"WHEN {n} THEN {plus_days('due_at', n * campaign.remind_after_days)}" for n in turns)
    comes_at = f"CASE turn.n {moments} END" if is_once else f"CAST(NULL AS {MOMENT[connection.vendor]})"
    has_end = is_once and campaign.ends_at is not None
    statement = OF_SCHEDULED.format(
        kind=campaign.survey.kind,
        comes_at=comes_at,
        campaign=campaign.pk,
        verdicts=sql,
        turns=" UNION ALL ".join(f"SELECT {n} AS n" for n in turns),
        in_time=f"AND {comes_at} < {now()}" if has_end else "",
    )
    return statement, [*params, *([adapted(campaign.ends_at)] if has_end else [])]


def name_of(cap: ContactCap, n: int) -> str:
    return f"cap_{cap.pk}_{n}"


def any_of(conditions: Iterator[str]) -> str:
    return " OR ".join(conditions) or "1 = 0"


def now() -> str:
    return f"CAST(%s AS {MOMENT[connection.vendor]})"


def adapted(moment: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
