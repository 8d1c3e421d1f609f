"""How much a campaign that waits for something would have asked of late: the nearest to how much it will."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from django.db import connection

from staff.access import within
from staff.models import Unit
from surveys.contact.caps import moment_of
from surveys.contact.clock import Hours, next_turn
from surveys.contact.verdicts import policy_now, verdicts
from surveys.models import Campaign, Invitation
from surveys.planning.triggers import what_triggers
from surveys.preflight.counting import receiving_domain
from surveys.preflight.outlook import Due, on_the_hour

LOOKED_BACK = timedelta(days=28)  # whole weeks: what happens on Mondays comes on Mondays again
OF_RECIPIENTS = """
    SELECT seen.customer_id, seen.at, time_zone, channel, {domain}
    FROM ({seen}) AS seen INNER JOIN ({verdicts}) AS verdict ON verdict.customer = seen.customer_id
    WHERE state <> %s ORDER BY 1, 2
"""
MANY = 5_000  # rows that are fetched together


class Reached(NamedTuple):
    """By whose clock somebody lives, how they are written to, and which limited domain receives it, else “”."""

    time_zone: str
    channel: str
    domain: str


class Occasions(NamedTuple):
    """Of four weeks: how often what is waited for happened, and in which hours what it would have been asked about."""

    happened: int
    by_hour: Mapping[tuple[datetime, Reached], int]

    @property
    def asked(self) -> int:
        return sum(self.by_hour.values())


def occasions_of(
    campaign: Campaign, *, at: datetime, unit: Unit | None = None, domains: Collection[str] = ()
) -> Occasions:
    """Of the four weeks before `at`; two queries. Asked are those who could be asked now, by the cool-down."""
    seen = what_triggers(campaign).filter(at__gt=at - LOOKED_BACK, at__lte=at).order_by()
    if unit is not None:
        seen = within(seen, unit)
    sql, params = seen.values_list("customer_id", "at").query.sql_with_params()
    judged, more_params = verdicts(campaign, policy=policy_now(send_at=campaign.send_at), at=at)
    domain, names = receiving_domain(domains)
    statement = OF_RECIPIENTS.format(seen=sql, verdicts=judged, domain=domain)
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, [*names, *params, *more_params, Invitation.State.EXCLUDED.value])
        asked = asked_by_cooldown(in_turn(cursor), timedelta(days=campaign.cooldown_days))
        by_hour = Counter((on_the_hour(moment), reached) for moment, reached in asked)
    return Occasions(happened=seen.count(), by_hour=by_hour)


def in_turn(cursor: Any) -> Iterator[tuple[int, datetime, Reached]]:
    while rows := cursor.fetchmany(MANY):
        for customer, at, *reached in rows:
            yield customer, moment_of(at), Reached(*reached)


def asked_by_cooldown(
    occasions: Iterable[tuple[int, datetime, Reached]], cooldown: timedelta
) -> Iterator[tuple[datetime, Reached]]:
    """Those of `occasions`, in the order of customers and moments, that come no sooner than `cooldown` after the one before."""
    last: tuple[int, datetime] | None = None
    for customer, at, reached in occasions:
        if last is None or customer != last[0] or at >= last[1] + cooldown:
            yield at, reached
            last = customer, at


def same_again(occasions: Occasions, campaign: Campaign, *, hours: Hours, at: datetime) -> Iterator[Due]:
    """Who is asked when if the four weeks from `at` on bring the same, on the same days of the week, before its end."""
    waiting = timedelta(hours=campaign.delay_hours)
    for (hour, reached), people in sorted(occasions.by_hour.items()):
        again = hour + ceil((at - hour) / LOOKED_BACK) * LOOKED_BACK
        comes_at = next_turn(again + waiting, reached.time_zone, hours)
        if campaign.ends_at is None or comes_at < campaign.ends_at:
            yield Due(comes_at, reached.time_zone, people, reached.channel, reached.domain)
