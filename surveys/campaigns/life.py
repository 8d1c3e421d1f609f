"""The life of a campaign: draft → scheduled → sending ⇄ paused → done, or cancelled on the way."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from events.doorbell import ring
from staff.models import User
from surveys.answering.closing import closing_of_survey
from surveys.campaigns.approving import require_approval, what_goes_out
from surveys.campaigns.diary import Step, note
from surveys.campaigns.second_looks import may_go_out, require_second_look
from surveys.models import Campaign, Claim, Invitation
from surveys.planning.one_by_one import one_by_one
from surveys.planning.rules import problems_of
from surveys.planning.triggers import make_up_for_hold
from surveys.planning.waves import plan_wave
from surveys.sending.stopping import stop_planned

State = Campaign.State


class WrongState(Exception):
    """What was asked is not possible in the campaign's present state; its words say why."""


class NotReady(ValueError):
    """Something a campaign needs is missing; its words say what."""


def schedule_campaign(*, campaign: Campaign, starts_at: datetime, by: User | None, at: datetime) -> None:
    """Let `campaign` start at `starts_at`; a time that has passed means now. `by` answers for it from now on.

    Raises NotReady, WrongState, or ApprovalNeeded where it would ask so many that a second person has to agree.
    """
    if campaign.survey.version_id is None:
        raise NotReady(_("The survey is not published yet. Publish it first."))
    if closing_of_survey(campaign.survey, at=at):
        raise NotReady(_("The survey takes no answers. Open it first."))
    if campaign.ends_at and campaign.ends_at <= max(starts_at, at):
        raise NotReady(_("The campaign would end before it starts."))
    for problem in problems_of(campaign):
        raise NotReady(problem.sentence)
    require_approval(campaign, at=at)
    starts_at = max(starts_at, at)
    still = Campaign.objects.filter(pk=campaign.pk, approved_at=campaign.approved_at)
    allowed = {State.DRAFT, State.SCHEDULED}
    with transaction.atomic():
        move(campaign, allowed, State.SCHEDULED, among=still, starts_at=starts_at, launched_by=by)
        note(Step.LAUNCHED, campaign=campaign, by=by, at=at)
        transaction.on_commit(wake, robust=True)


@transaction.atomic
def pause_campaign(*, campaign: Campaign, by: User | None, at: datetime) -> None:
    """Stop sending; at most the messages in the senders' hands still go out. Raises WrongState."""
    move(campaign, {State.SENDING}, State.PAUSED)
    note(Step.PAUSED, campaign=campaign, by=by, at=at)


def resume_campaign(*, campaign: Campaign, by: User | None, at: datetime) -> None:
    """Go on where it stopped. Raises WrongState, or ApprovalNeeded where what goes out changed and somebody has to agree."""
    if campaign.state == State.PAUSED:
        require_second_look(campaign, at=at)
    held_at = campaign.held_at
    with transaction.atomic():
        move(campaign, {State.PAUSED}, State.SENDING)
        note(Step.RESUMED, campaign=campaign, by=by, at=at)
        make_up_for_hold(campaign, held_at=held_at, at=at)
        transaction.on_commit(wake, robust=True)


@transaction.atomic
def cancel_campaign(*, campaign: Campaign, by: User | None, at: datetime) -> None:
    """Never send what is not sent yet, and take no more answers. Raises WrongState."""
    move(campaign, {State.DRAFT, State.SCHEDULED, State.SENDING, State.PAUSED}, State.CANCELLED)
    note(Step.CANCELLED, campaign=campaign, by=by, at=at)
    stop_planned(Invitation.objects.filter(wave__campaign=campaign), reason=Invitation.Reason.NONE)


def move(
    campaign: Campaign,
    allowed: Iterable[str],
    state: str,
    *,
    among: QuerySet[Campaign] | None = None,
    **changes: object,
) -> None:
    """One guarded step; of two people who try, one wins and the other is told. `among` narrows what it may meet.

    Whatever held the campaign ends with it.
    """
    changes["held_at"] = None
    mine = Campaign.objects.filter(pk=campaign.pk) if among is None else among
    if not mine.filter(state__in=allowed).update(state=state, **changes):
        campaign.refresh_from_db()
        if campaign.state in allowed:
            raise WrongState(_("Somebody changed the campaign at the same time. Look at it again."))
        raise WrongState(
            _("The campaign is now “%(state)s”; this is not possible any more.")
            % {"state": campaign.get_state_display()}
        )
    campaign.state = State(state)
    for name, value in changes.items():
        setattr(campaign, name, value)


def start_due_campaigns(*, at: datetime) -> int:
    """Let every campaign whose time has come send, and plan those that ask once; returns how many.

    One that needs somebody's agreement and no longer has it is held.
    """
    due = Campaign.objects.due(at).order_by("pk").values_list("pk", flat=True)
    return one_by_one(list(due), lambda pk: start_campaign(pk=pk, at=at))


@transaction.atomic
def start_campaign(*, pk: int, at: datetime) -> bool:
    """False where somebody was faster, is at it, or has to agree first."""
    locked = Campaign.objects.due(at).select_for_update(of=("self",), skip_locked=True)
    campaign = locked.select_related("survey", "segment", "sender").filter(pk=pk).first()
    if campaign is None or not may_go_out(campaign, at=at):
        return False
    move(campaign, {State.SCHEDULED}, State.SENDING, cleared_of=what_goes_out(campaign))
    note(Step.STARTED, campaign=campaign, by=None, at=at)
    if campaign.kind == Campaign.Kind.ONCE:
        plan_wave(campaign=campaign, at=at)
    make_up_for_hold(campaign, held_at=campaign.starts_at, at=at)
    return True


@transaction.atomic
def finish_campaigns(*, at: datetime) -> int:
    """End those that are past their end or, of those that ask once, have nothing left to send; returns how many."""
    waiting = Invitation.objects.waiting().filter(wave__campaign=OuterRef("pk"))
    in_hand = Claim.objects.filter(wave__campaign=OuterRef("pk"))
    to_remind = Invitation.objects.to_remind().filter(
        wave__campaign=OuterRef("pk"), reminders_sent__lt=OuterRef("reminders")
    )
    is_live = Exists(waiting) | Exists(in_hand) | (Q(reminders__gt=0) & Exists(to_remind))
    over = Q(state=State.SENDING, kind=Campaign.Kind.ONCE, waves__planned_at__isnull=False) & ~is_live
    ended = Q(state__in=(State.SENDING, State.PAUSED), ends_at__lte=at)
    found = list(Campaign.objects.filter(ended | over).values_list("pk", flat=True))
    if not found:
        return 0
    locked = Campaign.objects.filter(pk__in=found).order_by("pk").select_for_update(no_key=True)
    theirs = Campaign.objects.filter(pk__in=[campaign.pk for campaign in locked])
    unsent = Invitation.objects.filter(wave__campaign__in=theirs.filter(ended))
    stop_planned(unsent, reason=Invitation.Reason.CLOSED)
    still = list(theirs.filter(ended | over))  # somebody may have sent something again
    for campaign in still:
        note(Step.ENDED, campaign=campaign, by=None, at=at)
    done = Campaign.objects.filter(pk__in=[campaign.pk for campaign in still])
    return done.update(state=State.DONE, held_at=None)


def wake() -> None:
    from surveys.tasks import run_campaigns_task  # noqa: PLC0415  tasks import this file

    ring(run_campaigns_task)
