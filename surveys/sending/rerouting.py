"""The next channel, where one refused an address for good: while the message is handed over, or later."""

from datetime import datetime

from django.db import transaction

from events.lookups import Among
from surveys.answering.closing import campaign_takes_answers
from surveys.contact.addressees import Addressee, addressees_of
from surveys.contact.judging import judge_by
from surveys.models import Campaign, Invitation
from surveys.models.invitations import InvitationQuerySet
from surveys.sending.unsending import announce_unsent

State = Invitation.State
STILL_SENDING = (Campaign.State.SENDING, Campaign.State.PAUSED)


def reroute(refused: list[Addressee], campaign: Campaign, *, at: datetime) -> None:
    """Plan invitations that failed for the channels after theirs, in which they have not been tried; first come, first served."""
    for addressee in refused:
        later = (
            campaign.channels[campaign.channels.index(addressee.channel) + 1 :]
            if (addressee.channel in campaign.channels)
            else []
        )
        verdict = judge_by(later, addressee.customer_id, campaign, at=at) if later else None
        if verdict is None or verdict.state == State.EXCLUDED:
            continue
        Invitation.objects.filter(Among("pk", [addressee.pk]), state=State.FAILED).update(
            state=verdict.state,
            reason=verdict.reason,
            cap=verdict.cap,
            channel=verdict.channel,
            address=verdict.address,
            digest=verdict.digest,
            due_at=verdict.due_at,
        )


@transaction.atomic
def reroute_returned(returned: InvitationQuerySet, *, at: datetime) -> None:
    """Plan those of `returned` that failed after all for the next channel, while their campaign sends.

    What came back is no message for the contact policy then, and the next one is the first. Of who was reminded already
    nobody knows which message came back: they stay failed.
    """
    sending = Campaign.objects.filter(campaign_takes_answers(at=at), state__in=STILL_SENDING)
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
