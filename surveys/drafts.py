"""Campaigns before they are launched: only then their contents may change."""

from typing import Any

from django.db import transaction

from staff.models import User
from surveys.campaigns import State, move
from surveys.models import Campaign


def draft_campaign(*, by: User, **contents: Any) -> Campaign:
    """A new campaign that nobody hears of until it is scheduled."""
    return Campaign.objects.create(created_by=by, state=State.DRAFT, **contents)


@transaction.atomic
def change_draft(*, campaign: Campaign, **contents: Any) -> None:
    """Change what is still a draft. Raises WrongState."""
    move(campaign, {State.DRAFT}, State.DRAFT, **contents)


@transaction.atomic
def discard_draft(*, campaign: Campaign) -> None:
    """Delete what is still a draft. Raises WrongState."""
    move(campaign, {State.DRAFT}, State.DRAFT)
    campaign.delete()
