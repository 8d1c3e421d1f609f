"""Leaving by the link in a mail."""

from datetime import datetime

from customers.consent import unsubscribe
from surveys.models import Invitation


def leave_by_link(*, invitation: Invitation, at: datetime) -> None:
    """Take the customer of `invitation` out of surveys over its channel; doing it again changes nothing.

    The link of a test changes nothing: who follows it is one of us, not the customer it was written for.
    """
    if invitation.is_test:
        return
    unsubscribe(
        customer=invitation.customer,
        channel=invitation.channel,
        source=f"link:{invitation.pk}",
        at=at,
    )
