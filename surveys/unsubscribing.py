"""Leaving by the link in a mail."""

from datetime import datetime

from customers.consent import unsubscribe
from surveys.models import Invitation


def leave_by_link(*, invitation: Invitation, at: datetime) -> None:
    """Take the customer of `invitation` out of surveys over its channel; doing it again changes nothing."""
    unsubscribe(
        customer=invitation.customer,
        channel=invitation.wave.campaign.channel,
        source=f"link:{invitation.pk}",
        at=at,
    )
