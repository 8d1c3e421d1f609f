"""Sending again what did not arrive, or may not have: a person's decision, about a whole campaign or some rows."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When
from django.utils.translation import gettext as _

from events.lookups import Among
from staff.models import User
from surveys.campaigns.diary import Step, note
from surveys.campaigns.life import WrongState, wake
from surveys.models import Campaign, Invitation
from surveys.models.invitations import InvitationQuerySet
from surveys.sending.unsending import announce_unsent

State = Invitation.State
LIVE = (Campaign.State.SENDING, Campaign.State.PAUSED, Campaign.State.DONE)


def may_retry(campaign: Campaign, *, at: datetime) -> bool:
    """Whether its messages may still go out: it was not cancelled, and its end has not come."""
    return campaign.state in LIVE and (campaign.ends_at is None or campaign.ends_at > at)


@transaction.atomic
def retry_campaign(*, campaign: Campaign, state: str, by: User | None, at: datetime) -> int:
    """Plan everything that is `state`, *failed* or *unknown*, anew; returns how many. Raises WrongState.

    What failed never arrived, so nobody gets it twice; an address that came back or is suppressed stays left out. What
    is unknown may have arrived. A campaign that was done goes on sending.
    """
    if not lock_live(Campaign.objects.filter(pk=campaign.pk), at=at):
        raise WrongState(_("The campaign has ended; nothing of it is sent any more."))
    return plan_anew(Invitation.objects.filter(wave__campaign=campaign), state=state, by=by, at=at)


@transaction.atomic
def retry_invitations(*, invitations: Sequence[int], state: str, by: User | None, at: datetime) -> int:
    """The same for these rows of the send ledger; those of campaigns that have ended stay what they are."""
    chosen = Invitation.objects.filter(Among("pk", invitations))
    live = lock_live(Campaign.objects.filter(pk__in=chosen.values("wave__campaign")), at=at)
    return plan_anew(chosen.filter(wave__campaign__in=live), state=state, by=by, at=at)


def lock_live(campaigns: QuerySet[Campaign], *, at: datetime) -> list[int]:
    open_end = Q(ends_at=None) | Q(ends_at__gt=at)
    live = campaigns.select_for_update().filter(open_end, state__in=LIVE)
    return list(live.order_by("pk").values_list("pk", flat=True))


def plan_anew(invitations: InvitationQuerySet, *, state: str, by: User | None, at: datetime) -> int:
    """A row keeps the number of its attempts: each message that leaves is known by a name of its own."""
    stuck = invitations.to_send_again().filter(state=state)
    theirs = list(Campaign.objects.filter(pk__in=stuck.values("wave__campaign")).order_by("pk"))
    for campaign in theirs:
        note(Step.SENT_AGAIN, campaign=campaign, by=by, at=at)
    if (
        state == State.FAILED
    ):  # a provider may have taken it first: what did not arrive is no first mail to remind of
        first = stuck.filter(reminders_sent=0)
        announce_unsent(first.exclude(sent_at=None).select_related("wave"))
        first.update(sent_at=None, delivered_at=None)
        take_back_reminder(stuck.filter(reminders_sent__gt=0))
    planned = stuck.update(state=State.PLANNED, due_at=at, reason="", error="")
    Campaign.objects.filter(pk__in=[each.pk for each in theirs], state=Campaign.State.DONE).update(
        state=Campaign.State.SENDING
    )
    transaction.on_commit(wake, robust=True)
    return planned


def take_back_reminder(invitations: InvitationQuerySet) -> None:
    """Their newest message, a reminder, did not arrive: sent again it is not one more, and caps do not count it."""
    one_before = Case(When(reminders_sent__gt=1, then=F("first_reminded_at")))
    invitations.update(
        reminders_sent=F("reminders_sent") - 1, reminded_at=one_before, first_reminded_at=one_before
    )
