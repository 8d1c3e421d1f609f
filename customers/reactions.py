"""What this room does when something happens elsewhere."""

from collections.abc import Sequence

from customers.consent import suppress, unsubscribe
from customers.models import Channel, Customer, Suppression
from events.models import Event

REASONS = {"bounced": Suppression.Reason.BOUNCED, "complained": Suppression.Reason.COMPLAINED}


def stop_writing_to(events: Sequence[Event]) -> None:
    """Never write again to an address that does not exist, complained, or asked the provider for no more."""
    for event in events:
        channel, kind, digest = (event.payload[name] for name in ("channel", "kind", "digest"))
        if not digest or channel not in Channel:
            continue
        if kind in REASONS:
            suppress(channel=channel, digest=digest, reason=REASONS[kind], at=event.at)
        if kind == "unsubscribed":
            for customer in Customer.objects.filter(identities__digest=digest).distinct():
                unsubscribe(customer=customer, channel=channel, source=f"provider:{event.pk}", at=event.at)
            suppress(channel=channel, digest=digest, reason=Suppression.Reason.UNSUBSCRIBED, at=event.at)
