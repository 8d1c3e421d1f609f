"""What is not sent any more: its campaign has ended, or was cancelled."""

from surveys.models import Campaign, Invitation
from surveys.models.invitations import InvitationQuerySet

REASON_OF = {
    Campaign.State.DONE: Invitation.Reason.CLOSED,
    Campaign.State.CANCELLED: Invitation.Reason.NONE,
}  # why nothing of a campaign in this state goes out any more


def stop_planned(invitations: InvitationQuerySet, *, reason: str) -> None:
    """Those never sent are cancelled; those that only waited for a reminder stay what they were: sent."""
    planned = invitations.waiting()
    planned.filter(sent_at=None).update(state=Invitation.State.CANCELLED, reason=reason)
    planned.exclude(sent_at=None).update(state=Invitation.State.SENT, reason="", cap=None)
