"""Campaigns that wait for something to happen: each interaction is one occasion, however often it is told."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Q, QuerySet

from journeys.interactions import RESERVED
from journeys.models import Interaction
from surveys.answering.closing import closing_of_survey
from surveys.models import Campaign
from surveys.planning.details import only_where
from surveys.planning.occasions import Occasion, invite

LONGEST_TOLD = 200
AT_ONCE = 500
TOLD_LATE = timedelta(days=1)


def what_triggers(campaign: Campaign) -> QuerySet[Interaction]:
    """What happened that `campaign` asks about: who writes back to a survey is not asked again for it."""
    own = Q(*(Q(source__startswith=reserved) for reserved in RESERVED), _connector=Q.OR)
    found = Interaction.objects.filter(only_where(campaign), kind=campaign.trigger).exclude(own)
    return (
        found.filter(touchpoint=campaign.trigger_touchpoint_id) if campaign.trigger_touchpoint_id else found
    )


def invite_because_of(interactions: Iterable[Interaction], *, campaign: Campaign, at: datetime) -> int:
    """Put whoever did what `campaign` waits for since it started into its ledger; returns how many rows are new."""
    occasions = [
        Occasion(
            customer=interaction.customer_id,
            key=f"interaction:{interaction.pk}",
            at=interaction.at,
            context=told_in_surveys(interaction),
        )
        for interaction in interactions
        if campaign.starts_at is None or interaction.at >= campaign.starts_at
    ]
    return invite(campaign=campaign, occasions=occasions, at=at) if occasions else 0


def make_up_for_hold(campaign: Campaign, *, held_at: datetime | None, at: datetime) -> int:
    """Nobody wanted it to be held: what happened since counts as if it had not been; returns how many rows are new.

    What happened before stands in the ledger, unless it was told late.
    """
    is_triggered = campaign.kind == Campaign.Kind.TRIGGERED
    if held_at is None or not is_triggered or closing_of_survey(campaign.survey, at=at):
        return 0
    missed = what_triggers(campaign).filter(at__gte=held_at - TOLD_LATE).select_related("touchpoint")
    interactions = missed.order_by("at", "pk").iterator(AT_ONCE)
    written = 0
    while some := list(islice(interactions, AT_ONCE)):
        written += invite_because_of(some, campaign=campaign, at=at)
    return written


def told_in_surveys(interaction: Interaction) -> dict[str, str]:
    """Where it happened, and its words and numbers, which the survey's conditions and texts may use."""
    told = {
        str(name)[:40]: str(value)[:LONGEST_TOLD]
        for name, value in interaction.detail.items()
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    }
    return told | ({"touchpoint": interaction.touchpoint.slug} if interaction.touchpoint else {})
