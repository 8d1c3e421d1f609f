"""The next channel, where one refused an address for good: while the message is handed over, or later."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from customers.models import Customer, Identity
from events.lookups import Among
from surveys.answering.closing import campaign_takes_answers
from surveys.contact.addressees import Addressee, addressees_of
from surveys.contact.judging import Verdict, judge_by
from surveys.models import Campaign, Invitation
from surveys.models.invitations import InvitationQuerySet
from surveys.sending.unsending import announce_unsent

State = Invitation.State
UNREACHED = (State.FAILED, State.EXCLUDED)
REACHING = (*Invitation.PENDING, State.SENT, State.UNKNOWN)
# One that asks once is done before its end, when all is handed over; most of what comes back comes later.
GOES_ON = Q(state__in=[Campaign.State.SENDING, Campaign.State.PAUSED]) | Q(
    state=Campaign.State.DONE, kind=Campaign.Kind.ONCE
)


def reroute(refused: list[Addressee], campaign: Campaign, *, at: datetime) -> None:
    """Plan invitations that failed, or were left out because the address is dead, for a channel not tried yet.

    First come, first served.
    """
    preferred = preferences_of(refused) if len(campaign.channels) > 1 else {}
    for addressee in refused:
        later = channels_after(addressee.channel, preferred.get(addressee.customer_id, ""), campaign=campaign)
        if verdict := first_verdict(addressee, later, campaign, at=at):
            Invitation.objects.filter(Among("pk", [addressee.pk]), state__in=UNREACHED).update(
                state=verdict.state,
                reason=verdict.reason,
                cap=verdict.cap,
                channel=verdict.channel,
                address=verdict.address,
                digest=verdict.digest,
                due_at=verdict.due_at,
            )


def preferences_of(addressees: list[Addressee]) -> dict[int, str]:
    customers = Customer.objects.filter(Among("pk", sorted({each.customer_id for each in addressees})))
    return dict(customers.values_list("pk", "preferred_channel"))


def channels_after(channel: str, preferred: str, *, campaign: Campaign) -> list[str]:
    """What is left of the order in which a customer's channels are tried: the one they prefer, then the campaign's."""
    order = sorted(campaign.channels, key=lambda each: each != preferred)
    return order[order.index(channel) + 1 :] if channel in order else []


def first_verdict(
    addressee: Addressee, channels: list[str], campaign: Campaign, *, at: datetime
) -> Verdict | None:
    """By the first of `channels` that nothing stands against, and whose address nobody else of the wave is written to at."""
    while channels:
        verdict = judge_by(channels, addressee.customer_id, campaign, at=at)
        if verdict is None or verdict.state == State.EXCLUDED:
            return None
        if not is_taken(verdict, addressee):
            return verdict
        channels = channels[channels.index(verdict.channel) + 1 :]
    return None


def is_taken(verdict: Verdict, addressee: Addressee) -> bool:
    """Whether somebody else of the wave was or will be sent a message to this address."""
    holders = Identity.objects.filter(digest=verdict.digest).values("customer")
    theirs = Invitation.objects.filter(
        wave=addressee.wave_id, customer__in=holders, channel=verdict.channel, digest=verdict.digest
    )
    return theirs.exclude(customer=addressee.customer_id).filter(state__in=REACHING, is_test=False).exists()


@transaction.atomic
def reroute_returned(returned: InvitationQuerySet, *, at: datetime) -> None:
    """Plan those of `returned` that failed after all for the next channel, until their campaign's end.

    One that was done goes on sending. What came back is no message for the contact policy then, and the next one is the
    first. Of who was reminded already nobody knows which message came back: they stay failed.
    """
    sending = Campaign.objects.filter(GOES_ON, campaign_takes_answers(at=at))
    failed = returned.filter(
        state=State.FAILED, reminders_sent=0, is_test=False, answered_at=None, wave__campaign__in=sending
    )
    for invitation in failed.select_related("wave__campaign__survey", "wave__campaign__segment"):
        row = Invitation.objects.filter(pk=invitation.pk)
        row.update(sent_at=None, delivered_at=None)
        reroute(addressees_of(row), invitation.wave.campaign, at=at)
        stays = row.filter(state=State.FAILED).update(
            sent_at=invitation.sent_at, delivered_at=invitation.delivered_at
        )
        if not stays:
            announce_unsent([invitation])
            done = Campaign.objects.filter(pk=invitation.wave.campaign_id, state=Campaign.State.DONE)
            done.update(state=Campaign.State.SENDING)
