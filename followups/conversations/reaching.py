"""How the customer of a follow-up can be written to, and where they cannot, why."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Channel, Identity, Suppression
from followups.models import FollowUp

KINDS = {Identity.Kind.EMAIL: Channel.EMAIL, Identity.Kind.PHONE: Channel.SMS}
STOPPED_BY = {
    (Channel.EMAIL, Suppression.Reason.BOUNCED): _("Mails to this address came back. Call, or ask for another one."),
    (Channel.EMAIL, Suppression.Reason.COMPLAINED): _("They reported a mail of ours as spam. Call instead."),
    (Channel.SMS, Suppression.Reason.BOUNCED): _("Nobody has this number any more."),
    (Channel.SMS, Suppression.Reason.COMPLAINED): _("They reported an SMS of ours as spam."),
    (Channel.SMS, Suppression.Reason.UNSUBSCRIBED): _("They asked their provider for no more SMS. Call instead."),
}  # fmt: skip


class CannotWrite(Exception):
    """The customer cannot be written to; nothing was changed."""


class NobodyToWrite(CannotWrite):
    """The answer was given anonymously, or the customer was erased."""


class NotTheirAddress(CannotWrite):
    """It is no address, or no longer one, of this customer."""


class AddressStopped(CannotWrite):
    """Nobody may write to this address, whatever for; `why` says what happened."""

    def __init__(self, why: str | Promise) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True)
class Way:
    """One address; `why_not` is "" where a person may write to it."""

    channel: Channel
    address: str
    why_not: str | Promise = ""

    @property
    def name(self) -> str:
        return f"{self.channel.value}:{self.address}"


def ways_to(follow_up: FollowUp) -> Sequence[Way]:
    """All addresses of the customer, e-mail first, the primary ones first.

    Who wants no surveys can still be answered: a person's reply to their complaint is no campaign. What came back or was
    reported as spam stays closed to everybody.
    """
    customer = follow_up.customer
    if customer is None or customer.erased_at:
        return ()
    identities = list(
        Identity.objects.filter(customer=customer, kind__in=KINDS).order_by("kind", "-is_primary", "pk")
    )
    reasons = {
        (stop.channel, stop.digest): stop.reason
        for stop in Suppression.objects.filter(digest__in=[each.digest for each in identities])
    }
    ways = [way_of(identity, reasons) for identity in identities]
    return sorted(ways, key=lambda way: way.channel != Channel.EMAIL)


def way_of(identity: Identity, reasons: dict[tuple[str, str], str]) -> Way:
    channel = KINDS[Identity.Kind(identity.kind)]
    reason = reasons.get((channel, identity.digest))
    why_not = STOPPED_BY.get((channel, Suppression.Reason(reason)), "") if reason else ""
    return Way(channel, identity.value, why_not)


def open_way(follow_up: FollowUp, *, channel: str, address: str) -> Way:
    """The way to `address`, the first open one of the channel for ""; raises CannotWrite."""
    ways = [way for way in ways_to(follow_up) if way.channel == channel]
    if not ways and (follow_up.customer is None or follow_up.customer.erased_at):
        raise NobodyToWrite
    wanted = [way for way in ways if address in {"", way.address}]
    if not wanted:
        raise NotTheirAddress
    for way in wanted:
        if not way.why_not:
            return way
    raise AddressStopped(wanted[0].why_not)
