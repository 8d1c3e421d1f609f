"""What the contact policy says of single customers: the statement that judges everybody, narrowed to them."""

import copy
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from surveys.contact.caps import moment_of
from surveys.contact.verdicts import Policy, policy_now, verdicts
from surveys.models import Campaign


class Verdict(NamedTuple):
    """What the contact policy says of one customer, in the order of the statement's columns."""

    language: str
    channel: str
    address: str
    digest: str
    variant: str
    state: str
    reason: str
    cap: int | None
    due_at: datetime
    time_zone: str


def judge(
    customers: Collection[int], campaign: Campaign, *, policy: Policy, at: datetime
) -> dict[int, Verdict]:
    """The verdict on each of `customers` who is in the campaign's segment: one query."""
    if not customers:
        return {}
    sql, params = verdicts(campaign, policy=policy, at=at, customers=customers)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return {
            customer: Verdict._make((*told, moment_of(due_at), time_zone))
            for customer, *told, due_at, time_zone in cursor.fetchall()
        }


def judge_by(channels: list[str], customer: int, campaign: Campaign, *, at: datetime) -> Verdict | None:
    """The verdict on one customer if the campaign had only these channels; None outside of its segment."""
    narrowed = copy.copy(campaign)
    narrowed.channels = channels
    return judge([customer], narrowed, policy=policy_now(send_at=campaign.send_at), at=at).get(customer)
