"""Campaigns before they are launched: only then their contents may change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from staff.models import User
from surveys.campaigns.approving import WITHOUT_APPROVAL, ApprovalNeeded, require_approval
from surveys.campaigns.diary import Step, note
from surveys.campaigns.life import State, move
from surveys.models import Campaign


@transaction.atomic
def draft_campaign(*, by: User, at: datetime, **contents: Any) -> Campaign:
    """A new campaign that nobody hears of until it is scheduled."""
    campaign = Campaign.objects.create(created_by=by, state=State.DRAFT, **contents)
    note(Step.DRAFTED, campaign=campaign, by=by, at=at)
    return campaign


@transaction.atomic
def change_draft(*, campaign: Campaign, by: User | None, at: datetime, **contents: Any) -> None:
    """Change what is still a draft; who approved it has to look again. Raises WrongState."""
    note(Step.CHANGED, campaign=campaign, by=by, at=at, fields=changed_by(contents, campaign=campaign))
    move(campaign, {State.DRAFT}, State.DRAFT, **{**WITHOUT_APPROVAL, **contents})


@transaction.atomic
def change_before_start(*, campaign: Campaign, by: User | None, at: datetime, **contents: Any) -> bool:
    """Change a draft, or a scheduled campaign before it starts; who approved it has to look again.

    A scheduled one that needs a second person's agreement is a draft again: then True. Raises WrongState.
    """
    was_approved, was = campaign.approved_at is not None, State(campaign.state)
    note(Step.CHANGED, campaign=campaign, by=by, at=at, fields=changed_by(contents, campaign=campaign))
    move(campaign, {State.DRAFT, State.SCHEDULED} & {was}, was, **{**WITHOUT_APPROVAL, **contents})
    if was != State.SCHEDULED or not (was_approved or needs_approval(campaign, at=at)):
        return False
    move(campaign, {State.SCHEDULED}, State.DRAFT, launched_by=None)
    return True


def changed_by(contents: Mapping[str, Any], *, campaign: Campaign) -> list[str]:
    """The names of what would not stay as it is kept."""
    kept = Campaign.objects.filter(pk=campaign.pk).values(*contents).first() or {}
    return sorted(name for name, value in contents.items() if kept.get(name) != getattr(value, "pk", value))


def needs_approval(campaign: Campaign, *, at: datetime) -> bool:
    try:
        require_approval(campaign, at=at)
    except ApprovalNeeded:
        return True
    return False


@transaction.atomic
def discard_draft(*, campaign: Campaign, by: User | None, at: datetime) -> None:
    """Delete what is still a draft. Raises WrongState."""
    move(campaign, {State.DRAFT}, State.DRAFT)
    note(Step.DISCARDED, campaign=campaign, by=by, at=at, name=campaign.name)
    campaign.delete()
