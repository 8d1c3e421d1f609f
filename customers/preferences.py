"""What a customer wants to hear from us, by which way, and when not: their own choice, as they read it.

Surveys and service messages are on until somebody says no; marketing is off until somebody says yes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from customers.consent import KIND_OF_CHANNEL, record_consent, suppress
from customers.models import Channel, Consent, Customer, Identity, Suppression
from events.publishing import publish
from staff.audit import audit
from staff.models import AuditEntry

REST = timedelta(days=91)  # three months
ON_UNLESS_REFUSED = frozenset({Consent.Purpose.SURVEY, Consent.Purpose.SERVICE})

Key = tuple[str, str]  # purpose and channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to reach the customer, and what they hear by it; `stopped` says why nobody may write there at all."""

    channel: Channel
    address: str
    is_on: Mapping[str, bool]  # by purpose
    stopped: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """What the customer read beside a choice, and in which version of the page."""

    text: Mapping[Key, str]
    version: str


def ways_of(customer: Customer) -> list[Way]:
    """The ways by which `customer` can be reached, in three queries."""
    identities = list(customer.identities.order_by("-is_primary", "pk"))
    said = {(each.purpose, each.channel): each.state for each in customer.consents.all()}
    stops = stops_of(identities)
    return [
        Way(
            channel=channel,
            address=identity.value,
            is_on={
                purpose: is_on(said.get((purpose, channel)), purpose)
                and (channel, identity.digest) not in stops
                for purpose in Consent.Purpose.values
            },
            stopped=for_good(stops.get((channel, identity.digest), "")),
        )
        for channel in Channel
        if (identity := next((each for each in identities if each.kind == KIND_OF_CHANNEL[channel]), None))
    ]


def stops_of(identities: Sequence[Identity]) -> dict[Key, str]:
    digests = [identity.digest for identity in identities]
    stops = Suppression.objects.filter(digest__in=digests)
    return {
        (channel, digest): reason
        for channel, digest, reason in stops.values_list("channel", "digest", "reason")
    }


def for_good(reason: str) -> str:
    """Why the customer cannot switch it on again themselves; "" when they switched it off."""
    return "" if reason == Suppression.Reason.UNSUBSCRIBED else reason


def is_on(state: str | None, purpose: str) -> bool:
    if state is None:
        return purpose in ON_UNLESS_REFUSED
    return state == Consent.State.GRANTED


@transaction.atomic
def change_preferences(
    *,
    customer: Customer,
    wanted: Mapping[Key, bool],
    preferred_channel: str,
    wording: Wording,
    source: str,
    at: datetime,
) -> list[tuple[str, str, str]]:
    """Write down what changed, and nothing else: (purpose, channel, state) of each. Saving it again changes nothing.

    A way that is left as it was is not touched. One by which nothing is wanted any more is suppressed, so that no later
    import brings it back; where something is wanted again, the customer's own suppression ends, and what would come
    back with it unwanted is withdrawn. Nobody's bounce or complaint ends.
    """
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    wanted = without_untouched(wanted, ways_of(customer))
    said = {(each.purpose, each.channel): each.state for each in customer.consents.all()}
    changes: list[tuple[str, str, str]] = []
    for key, is_wanted in wanted.items():
        if is_on(said.get(key), key[0]) == is_wanted:
            continue
        state = Consent.State.GRANTED if is_wanted else Consent.State.WITHDRAWN
        record_consent(
            customer=customer,
            purpose=key[0],
            channel=key[1],
            state=state,
            source=source,
            wording=wording.text.get(key, ""),
            version=wording.version,
            at=at,
        )
        changes.append((*key, str(state)))
    for channel in sorted({channel for _purpose, channel in wanted}):
        open_or_close(customer, channel, wanted, at=at)
    has_moved = prefer(customer, preferred_channel, at=at)
    if changes or has_moved:
        announce(customer, changes, at=at)
    return changes


def without_untouched(wanted: Mapping[Key, bool], ways: Sequence[Way]) -> dict[Key, bool]:
    """What is wanted of the ways where it is not just what their customer hears now."""
    heard = {(purpose, way.channel.value): on for way in ways for purpose, on in way.is_on.items()}
    touched = {key[1] for key, is_wanted in wanted.items() if heard.get(key) != is_wanted}
    return {key: is_wanted for key, is_wanted in wanted.items() if key[1] in touched}


def open_or_close(customer: Customer, channel: str, wanted: Mapping[Key, bool], *, at: datetime) -> None:
    digests = customer.identities.filter(kind=KIND_OF_CHANNEL[Channel(channel)]).values_list(
        "digest", flat=True
    )
    if any(is_wanted for (_purpose, each), is_wanted in wanted.items() if each == channel):
        own = Suppression.objects.filter(channel=channel, reason=Suppression.Reason.UNSUBSCRIBED)
        own.filter(digest__in=list(digests)).delete()
        return
    for digest in digests:
        suppress(channel=channel, digest=digest, reason=Suppression.Reason.UNSUBSCRIBED, at=at)


def prefer(customer: Customer, channel: str, *, at: datetime) -> bool:
    """Whether that is another channel than before."""
    if channel == customer.preferred_channel:
        return False
    customer.preferred_channel, customer.updated_at = channel, at
    customer.save(update_fields=["preferred_channel", "updated_at"])
    return True


def announce(customer: Customer, changes: Sequence[tuple[str, str, str]], *, at: datetime) -> None:
    audit(user=None, action=AuditEntry.Action.CHANGED, subject=customer, at=at, fields=["preferences"])
    publish(
        "customers.preferences_changed",
        subject=customer.pk,
        at=at,
        changes=[list(change) for change in changes],
        preferred_channel=customer.preferred_channel,
    )
    no_surveys = [change for change in changes if change[0] == Consent.Purpose.SURVEY]
    if any(state == Consent.State.WITHDRAWN for _purpose, _channel, state in no_surveys):
        publish("customers.unsubscribed", subject=customer.pk, at=at)


@transaction.atomic
def rest_from_surveys(*, customer: Customer, at: datetime) -> datetime:
    """Ask nothing for three months; returns until when. A rest that lasts begins anew."""
    until = at + REST
    set_rest(customer, until, at=at)
    publish("customers.rest_began", subject=customer.pk, at=at, until=until.isoformat())
    return until


@transaction.atomic
def end_rest(*, customer: Customer, at: datetime) -> None:
    """Be asked again from now on; without a rest nothing happens."""
    resting = Customer.objects.filter(pk=customer.pk, snoozed_until__gt=at)
    if resting.exists():
        set_rest(customer, None, at=at)
        publish("customers.rest_ended", subject=customer.pk, at=at)


def set_rest(customer: Customer, until: datetime | None, *, at: datetime) -> None:
    Customer.objects.filter(pk=customer.pk).update(snoozed_until=until, updated_at=at)
    audit(user=None, action=AuditEntry.Action.CHANGED, subject=customer, at=at, fields=["snoozed_until"])
