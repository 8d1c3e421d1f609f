"""How a campaign stands now: a small ledger is counted when it is asked for, a large one by a worker.

Counting a million rows takes a second or so. A page that is looked at every few seconds shows what a worker counted a
moment ago, and rings for it again; the longer the counting takes, the more rarely it is done.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from events.doorbell import ring
from staff.models import Unit
from surveys.ledger.counting import EDITION, count_ledger
from surveys.ledger.standing import Standing, standing_from
from surveys.models import Campaign, Invitation, Tally

LARGE = 20_000  # rows; below, counting is quicker than a page
FRESH = timedelta(seconds=3)
REST = 10  # times as long as counting took
COUNTS_AT_MOST = timedelta(minutes=2)


def standing_of(campaign: Campaign, *, at: datetime, unit: Unit | None = None) -> Standing | None:
    """How the campaign stands, or what of it concerns the customers of `unit`; None while it is counted first."""
    tally = Tally.objects.filter(campaign=campaign, unit=unit).first()
    if tally is None and not is_large(campaign):
        return standing_from(count_ledger(campaign, unit=unit, at=at), at=at)
    tally = tally or first_tally(campaign, unit=unit)
    if needs_counting(tally, at=at):
        wake(tally)
    counted_at = readable_since(tally)
    return standing_from(tally.counts, at=counted_at) if counted_at else None


def readable_since(tally: Tally) -> datetime | None:
    """When it was counted, if it was by a version of the product that counts the same."""
    return tally.counted_at if tally.counts.get("edition") == EDITION else None


def is_large(campaign: Campaign) -> bool:
    rows = Invitation.objects.filter(wave__campaign=campaign, is_test=False).order_by()
    return bool(rows[LARGE : LARGE + 1].values_list("pk", flat=True))


def first_tally(campaign: Campaign, *, unit: Unit | None) -> Tally:
    try:
        with transaction.atomic():
            return Tally.objects.create(campaign=campaign, unit=unit)
    except IntegrityError:  # somebody else looked for the first time at this very moment
        return Tally.objects.get(campaign=campaign, unit=unit)


def needs_counting(tally: Tally, *, at: datetime) -> bool:
    if tally.being_counted_until and tally.being_counted_until > at:
        return False
    rest = max(FRESH, timedelta(seconds=tally.seconds * REST))
    counted_at = readable_since(tally)
    return counted_at is None or counted_at <= at - rest


def wake(tally: Tally) -> None:
    from surveys.tasks import count_campaign_task  # noqa: PLC0415  tasks import this file

    ring(count_campaign_task, tally=tally.pk)


def count_again(*, tally: int, at: datetime) -> bool:
    """Count what `tally` stands for, unless it is fresh or somebody counts it now; whether it was counted."""
    found = Tally.objects.select_related("campaign", "unit").filter(pk=tally).first()
    if found is None or not needs_counting(found, at=at):
        return False
    free = Q(being_counted_until=None) | Q(being_counted_until__lte=at)
    mine = Tally.objects.filter(free, pk=tally)
    if not mine.update(being_counted_until=at + COUNTS_AT_MOST):
        return False
    began = time.monotonic()
    counts: dict[str, Any] = count_ledger(found.campaign, unit=found.unit, at=at)
    Tally.objects.filter(pk=tally).update(
        counts=counts, counted_at=at, seconds=time.monotonic() - began, being_counted_until=None
    )
    return True
