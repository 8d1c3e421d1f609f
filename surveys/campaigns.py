"""The life of a campaign: draft → scheduled → sending ⇄ paused → done, or cancelled on the way."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from events.doorbell import ring
from surveys.models import Campaign, Invitation
from surveys.planning import plan_wave

State = Campaign.State


class WrongState(Exception):
    """What was asked is not possible in the campaign's present state; its words say why."""


class NotReady(ValueError):
    """Something a campaign needs is missing; its words say what."""


def schedule_campaign(*, campaign: Campaign, starts_at: datetime, at: datetime) -> None:
    """Let `campaign` start at `starts_at`; a time that has passed means now. Raises NotReady or WrongState."""
    if not campaign.survey.is_open:
        raise NotReady(_("The survey takes no answers. Open it first."))
    if not campaign.survey.questions.exists():
        raise NotReady(_("The survey has no question yet."))
    if campaign.ends_at and campaign.ends_at <= max(starts_at, at):
        raise NotReady(_("The campaign would end before it starts."))
    move(campaign, {State.DRAFT, State.SCHEDULED}, State.SCHEDULED, starts_at=starts_at)
    transaction.on_commit(wake, robust=True)


def pause_campaign(*, campaign: Campaign) -> None:
    """Stop sending; at most the messages in the senders' hands still go out. Raises WrongState."""
    move(campaign, {State.SENDING}, State.PAUSED)


def resume_campaign(*, campaign: Campaign) -> None:
    """Go on where it stopped. Raises WrongState."""
    move(campaign, {State.PAUSED}, State.SENDING)
    transaction.on_commit(wake, robust=True)


@transaction.atomic
def cancel_campaign(*, campaign: Campaign) -> None:
    """Never send what is not sent yet, and take no more answers. Raises WrongState."""
    move(campaign, {State.DRAFT, State.SCHEDULED, State.SENDING, State.PAUSED}, State.CANCELLED)
    stop_planned(Invitation.objects.filter(wave__campaign=campaign), reason=Invitation.Reason.NONE)


def move(campaign: Campaign, allowed: Iterable[str], state: str, **changes: object) -> None:
    """One guarded step; of two people who try, one wins and the other is told."""
    if not Campaign.objects.filter(pk=campaign.pk, state__in=allowed).update(state=state, **changes):
        campaign.refresh_from_db()
        raise WrongState(
            _("The campaign is now “%(state)s”; this is not possible any more.")
            % {"state": campaign.get_state_display()}
        )
    campaign.state = State(state)
    for name, value in changes.items():
        setattr(campaign, name, value)


def start_due_campaigns(*, at: datetime) -> int:
    """Plan every campaign whose time has come, and let it send; returns how many."""
    started = 0
    for campaign in Campaign.objects.due(at).select_related("survey", "segment"):
        with transaction.atomic():
            if Campaign.objects.filter(pk=campaign.pk, state=State.SCHEDULED).update(state=State.SENDING):
                plan_wave(campaign=campaign, at=at)
                started += 1
    return started


def finish_campaigns(*, at: datetime) -> int:
    """End those that have nothing left to send, no reminder to come, or are past their end; returns how many."""
    ended = Campaign.objects.filter(state=State.SENDING, ends_at__lte=at)
    stop_planned(Invitation.objects.filter(wave__campaign__in=ended), reason=Invitation.Reason.CLOSED)
    live = Invitation.objects.filter(wave__campaign=OuterRef("pk")).filter(
        Q(state__in=Invitation.PENDING)
        | Q(
            state=Invitation.State.SENT,
            answered_at=None,
            reminders_sent__lt=F("wave__campaign__reminders"),
            is_test=False,
        )
    )
    planned = Campaign.objects.filter(state=State.SENDING, waves__planned_at__isnull=False)
    done = planned.filter(Q(ends_at__lte=at) | ~Exists(live)).values_list("pk", flat=True)
    return Campaign.objects.filter(pk__in=list(done), state=State.SENDING).update(state=State.DONE)


def stop_planned(invitations: object, *, reason: str) -> None:
    """Those never sent are cancelled; those that only waited for a reminder stay what they were: sent."""
    planned = invitations.filter(state=Invitation.State.PLANNED)  # type: ignore[attr-defined]
    planned.filter(sent_at=None).update(state=Invitation.State.CANCELLED, reason=reason)
    planned.exclude(sent_at=None).update(state=Invitation.State.SENT)


def wake() -> None:
    from surveys.tasks import run_campaigns_task  # noqa: PLC0415  tasks import this file

    ring(run_campaigns_task)
