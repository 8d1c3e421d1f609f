"""Campaigns that ask again and again: each customer on a day of their own in every period, so that answers come daily.

The day is drawn from campaign and customer and stays the same in every period. Each day's people are planned when the
day has come; a scheduler that slept catches up, and two of them plan nobody twice.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from surveys.answering.closing import survey_takes_answers
from surveys.contact.verdicts import drawn_for_days
from surveys.models import Campaign, Wave
from surveys.planning.waves import write_ledger


def plan_rounds(*, at: datetime) -> int:
    """Plan whoever's day has come in the recurring campaigns that are sending; returns how many rows were written."""
    campaigns = Campaign.objects.filter(
        survey_takes_answers(at=at), kind=Campaign.Kind.RECURRING, state=Campaign.State.SENDING
    )
    return sum(plan_round(campaign, at=at) for campaign in campaigns.select_related("survey", "segment"))


def plan_round(campaign: Campaign, *, at: datetime) -> int:
    number, days = place_in_rounds(campaign, at=at)
    planned = 0
    last = campaign.waves.exclude(number=number).order_by("-number").first()
    if last is not None:
        planned += plan_days(last, campaign, until=period_of(campaign), at=at)
    wave, _created = Wave.objects.get_or_create(campaign=campaign, number=number)
    return planned + plan_days(wave, campaign, until=days, at=at)


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
def plan_days(wave: Wave, campaign: Campaign, *, until: int, at: datetime) -> int:
    """Plan the days of the round up to `until`; of two schedulers one does."""
    since = wave.days_planned
    if since >= until:
        return 0
    mine = Wave.objects.filter(pk=wave.pk, days_planned=since)
    if not mine.update(days_planned=until, planned_at=at):
        return 0
    period = period_of(campaign)
    theirs = drawn_for_days(campaign, since=since / period, until=until / period, at=at)
    return write_ledger(wave, campaign, at=at, customers=theirs)
