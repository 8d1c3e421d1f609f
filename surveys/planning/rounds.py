"""Campaigns that ask again and again: each customer on a day of their own in every period, so that answers come daily.

The day is drawn from campaign and customer and stays the same in every period. Each day's people are planned when the
day has come; a scheduler that slept or a campaign that was paused catches up, and two of them plan nobody twice. Whoever
is more than half a period late waits for their next day, or they would be asked twice within the other half.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from surveys.answering.closing import campaign_takes_answers
from surveys.contact.verdicts import drawn_for_days
from surveys.models import Campaign, Wave
from surveys.planning.one_by_one import one_by_one
from surveys.planning.waves import write_ledger


def plan_rounds(*, at: datetime) -> int:
    """Plan whoever's day has come in the recurring campaigns that are sending; returns how many rows were written."""
    campaigns = Campaign.objects.filter(
        campaign_takes_answers(at=at), kind=Campaign.Kind.RECURRING, state=Campaign.State.SENDING
    )
    waves = Wave.objects.filter(campaign__in=campaigns).order_by("number")
    last = {wave.campaign_id: wave for wave in waves}
    behind = [each for each in campaigns if not is_planned(last.get(each.pk), each, at=at)]
    return one_by_one(behind, lambda campaign: plan_round(campaign.pk, at=at))


def is_planned(last: Wave | None, campaign: Campaign, *, at: datetime) -> bool:
    """Whether everybody whose day has come stands in the ledger already."""
    return last is not None and (last.number, last.days_planned) >= place_in_rounds(campaign, at=at)


def plan_round(pk: int, *, at: datetime) -> int:
    campaign = Campaign.objects.select_related("survey", "segment").get(pk=pk)
    number, days = place_in_rounds(campaign, at=at)
    period = period_of(campaign)
    earliest = days - 1 - period // 2
    planned = 0
    if number > 1:
        planned += plan_days(campaign, number - 1, since=period + earliest, until=period, at=at)
    return planned + plan_days(campaign, number, since=earliest, until=days, at=at)


def period_of(campaign: Campaign) -> int:
    """In days."""
    return max(campaign.every_weeks, 1) * 7


def place_in_rounds(campaign: Campaign, *, at: datetime) -> tuple[int, int]:
    """The number of the round at `at`, from 1, and how many of its days have begun, by the organisation's clock."""
    starts_at = campaign.starts_at or at
    passed = max((timezone.localdate(at) - timezone.localdate(starts_at)).days, 0)
    rounds, day = divmod(passed, period_of(campaign))
    return rounds + 1, day + 1


@transaction.atomic
def plan_days(campaign: Campaign, number: int, *, since: int, until: int, at: datetime) -> int:
    """Plan those days of the round up to `until`, counted from 0, that are not planned yet; of two schedulers one does."""
    wave, _created = Wave.objects.get_or_create(campaign=campaign, number=number)
    if wave.days_planned >= until:
        return 0
    mine = Wave.objects.filter(pk=wave.pk, days_planned=wave.days_planned)
    if not mine.update(days_planned=until, planned_at=at):
        return 0
    since = max(wave.days_planned, since)
    if since >= until:
        return 0
    period = period_of(campaign)
    theirs = drawn_for_days(campaign, since=since / period, until=until / period, at=at)
    return write_ledger(wave, campaign, at=at, customers=theirs)
