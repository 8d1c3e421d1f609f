"""How much a campaign that waits for something would have asked of late: the nearest to how much it will."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count

from staff.access import within
from staff.models import Unit
from surveys.models import Campaign
from surveys.planning.triggers import what_triggers
from surveys.preflight.counting import recipients_of

LOOKED_BACK = timedelta(days=28)


class Occasions(NamedTuple):
    """Of four weeks: how often what is waited for happened, and how often it would have been asked about."""

    happened: int
    asked: int


def occasions_of(campaign: Campaign, *, at: datetime, unit: Unit | None = None) -> Occasions:
    """Of the four weeks before `at`; two queries. Asked are those who could be asked now, by the cool-down."""
    seen = what_triggers(campaign).filter(at__gt=at - LOOKED_BACK, at__lte=at).order_by()
    if unit is not None:
        seen = within(seen, unit)
    theirs = seen.filter(customer__in=recipients_of(campaign, at=at))
    cooldown = timedelta(days=campaign.cooldown_days)
    if cooldown >= LOOKED_BACK:
        asked = theirs.aggregate(people=Count("customer", distinct=True))["people"]
    else:
        moments = theirs.order_by("customer", "at").values_list("customer", "at")
        asked = asked_by_cooldown(moments.iterator(), cooldown)
    return Occasions(happened=seen.count(), asked=asked)


def asked_by_cooldown(moments: Iterable[tuple[int, datetime]], cooldown: timedelta) -> int:
    """How many of (customer, moment), in this order, come no sooner than `cooldown` after the customer was asked last."""
    asked, last = 0, None
    for customer, at in moments:
        if last is None or customer != last[0] or at >= last[1] + cooldown:
            asked, last = asked + 1, (customer, at)
    return asked
