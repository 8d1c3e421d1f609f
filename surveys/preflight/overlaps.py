"""Campaigns that would ask the same people so soon after one another that a cap makes one of them wait."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet

from customers.models import Customer
from customers.segments import members
from staff.access import within
from staff.models import Unit
from surveys.models import Campaign, ContactCap, Invitation

MOST = 5  # campaigns compared, the nearest first
USUAL = 7  # days, where no cap says how long one message counts
State, Kind = Campaign.State, Campaign.Kind


class Overlap(NamedTuple):
    """So many people are asked by `campaign` too."""

    campaign: Campaign
    people: int


def window_of(campaign: Campaign) -> timedelta:
    """How long a message of this kind of survey counts, by the longest cap."""
    kinds = ["", campaign.survey.kind]
    days = ContactCap.objects.working().filter(survey_kind__in=kinds).values_list("days", flat=True)
    return timedelta(days=max(days, default=USUAL))


def overlaps_of(campaign: Campaign, *, at: datetime, unit: Unit | None = None) -> Iterator[Overlap]:
    """Campaigns that start, or still send, within the time a message counts: one count for each, five at most."""
    window = window_of(campaign)
    starts_at = max(campaign.starts_at or at, at)
    near = Q(state=State.SCHEDULED, starts_at__range=(starts_at - window, starts_at + window))
    sending = Q(state__in=[State.SENDING, State.PAUSED], kind__in=[Kind.ONCE, Kind.RECURRING])
    others = Campaign.objects.filter(near | sending).exclude(pk=campaign.pk)
    mine = members(segment=campaign.segment, at=at)
    if unit is not None:
        mine = within(mine, unit)
    for other in others.select_related("segment").order_by("-starts_at", "-pk")[:MOST]:
        people = among(mine, other, at=at).count()
        if people:
            yield Overlap(other, people)


def among(mine: QuerySet[Customer], other: Campaign, *, at: datetime) -> QuerySet[Customer]:
    """Those of `mine` whom `other` is going to ask: who waits in its ledger, else who is in its segment."""
    if other.state != State.SCHEDULED and other.kind == Kind.ONCE:
        waiting = Invitation.objects.filter(
            customer=OuterRef("pk"), wave__campaign=other, state__in=Invitation.PENDING, is_test=False
        )
        return mine.filter(Exists(waiting))
    return mine.filter(pk__in=members(segment=other.segment, at=at).order_by().values("pk"))
