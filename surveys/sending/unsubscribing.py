"""Leaving by the link in a mail, or by telling whoever carries the messages."""

from datetime import datetime

from customers.consent import suppress, unsubscribe
from customers.models import Consent, Suppression
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


def leave_by_provider(*, invitation: Invitation, at: datetime) -> None:
    """Take who was sent `invitation` out of surveys over its channel, as they told the provider.

    Providers name the message, not always the address. What is known already is not written down again, and nothing is
    of a test.
    """
    if invitation.is_test:
        return
    customer, channel = invitation.customer, invitation.channel
    withdrawn = customer.consents.filter(
        purpose=Consent.Purpose.SURVEY, channel=channel, state=Consent.State.WITHDRAWN
    )
    if not withdrawn.exists():
        unsubscribe(customer=customer, channel=channel, source=f"provider:invitation.{invitation.pk}", at=at)
    if invitation.digest:
        reason = Suppression.Reason.UNSUBSCRIBED
        suppress(channel=channel, digest=invitation.digest, reason=reason, at=at)
