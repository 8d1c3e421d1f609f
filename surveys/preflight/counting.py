"""Everybody a campaign would meet, counted and by name, from the very statement that plans them."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from staff.models import Unit
from surveys.contact.caps import moment_of
from surveys.contact.verdicts import policy_now, verdicts
from surveys.models import Campaign, Invitation
from surveys.planning.waves import among_those_of

State = Invitation.State
COUNTED = """
    SELECT channel, {domain}, language, state, reason, cap, time_zone, {hour}, COUNT(*)
    FROM ({verdicts}) AS verdict {among} GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
"""
NAMED = """
    SELECT customer, channel, language, state, reason, cap, due_at
    FROM (SELECT * FROM ({verdicts}) AS everybody {among}) AS verdict
    WHERE {conditions} ORDER BY customer LIMIT {most}
"""
HOUR = {
    "postgresql": "CASE WHEN state = 'excluded' THEN NULL ELSE date_trunc('hour', due_at) END",
    "sqlite": "CASE WHEN state = 'excluded' THEN NULL ELSE SUBSTR(due_at, 1, 13) || ':00:00' END",
}


class Counted(NamedTuple):
    """So many people of one fate; `due_at` is the hour in which they may be written to, None for the excluded.

    `domain` is the one of `domains` that receives their mail, else “”.
    """

    channel: str
    domain: str
    language: str
    state: str
    reason: str
    cap: int | None
    time_zone: str
    due_at: datetime | None
    people: int

    @property
    def is_recipient(self) -> bool:
        return self.state != State.EXCLUDED


class Named(NamedTuple):
    customer: int
    channel: str
    language: str
    state: str
    reason: str
    cap: int | None
    due_at: datetime


class Which(NamedTuple):
    """Whose names are asked for; what is None is not asked."""

    state: str | None = None
    reason: str | None = None
    cap: int | None = None
    channel: str | None = None
    language: str | None = None
    is_recipient: bool | None = None

    def conditions(self) -> Iterator[tuple[str, Any]]:
        for name in ("state", "reason", "cap", "channel", "language"):
            value = getattr(self, name)
            if value is not None:
                yield f"{name} = %s", value
        if self.is_recipient:
            yield "state <> %s", State.EXCLUDED.value


def count_everybody(
    campaign: Campaign, *, at: datetime, unit: Unit | None = None, domains: Collection[str] = ()
) -> list[Counted]:
    """One statement; with a unit only its customers are counted, and people of one of `domains` by themselves."""
    sql, params = verdicts(campaign, policy=policy_now(send_at=campaign.send_at), at=at)
    among, more_params = among_those_of(unit)
    domain, names = receiving_domain(domains)
    statement = COUNTED.format(verdicts=sql, among=among, domain=domain, hour=HOUR[connection.vendor])
    with connection.cursor() as cursor:
        cursor.execute(statement, [*names, *params, *more_params])
        return [
            Counted._make((*told, None if hour is None else moment_of(hour), people))
            for *told, hour, people in cursor.fetchall()
        ]


def receiving_domain(domains: Collection[str]) -> tuple[str, list[str]]:
    """Which of `domains` an address is of, as SQL and its params."""
    if not domains:
        return "''", []
    of_each = "WHEN address LIKE %s ESCAPE '!' THEN %s " * len(domains)
    names = [name for domain in domains for name in (f"%@{domain.replace('_', '!_')}", domain)]
    return f"CASE {of_each}ELSE '' END", names


def name_people(
    campaign: Campaign, which: Which, *, at: datetime, after: int = 0, most: int, unit: Unit | None = None
) -> Sequence[Named]:
    """Those of one fate in the order of their numbers, from the one behind `after` on."""
    sql, params = verdicts(campaign, policy=policy_now(send_at=campaign.send_at), at=at)
    among, more_params = among_those_of(unit)
    asked = [("customer > %s", after), *which.conditions()]
    statement = NAMED.format(
        verdicts=sql, among=among, conditions=" AND ".join(each for each, _value in asked), most=int(most)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, *more_params, *(value for _each, value in asked)])
        return [Named._make((*told, moment_of(due_at))) for *told, due_at in cursor.fetchall()]
