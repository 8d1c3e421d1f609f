"""What customers agreed to, and addresses nobody may write to any more."""

from datetime import datetime

from django.db import transaction

from customers.identities import NotAnIdentity, digest_of, normal_form
from customers.models import (
    Channel,
    Consent,
    ConsentProof,
    ConsentRecord,
    Customer,
    Identity,
    Suppression,
)
from events.publishing import publish
from staff.models import User

KIND_OF_CHANNEL = {
    Channel.EMAIL: Identity.Kind.EMAIL,
    Channel.SMS: Identity.Kind.PHONE,
    Channel.APP: Identity.Kind.EXTERNAL,
}


SOURCE_KINDS = {
    "staff": ConsentRecord.SourceKind.STAFF,
    "import": ConsentRecord.SourceKind.IMPORT,
    "link": ConsentRecord.SourceKind.LINK,
    "confirmed": ConsentRecord.SourceKind.CONFIRMED,
}


@transaction.atomic
def record_consent(
    *,
    customer: Customer,
    purpose: str,
    channel: str,
    state: str,
    source: str,
    at: datetime,
    wording: str = "",
    version: str = "",
    by: User | None = None,
) -> Consent:
    """Write down what `customer` agreed to or withdrew: a line in the ledger, and the state it leads to.

    `source` says how we know, `wording` in which `version` what they were shown, `by` who wrote it down.
    """
    add_to_ledger(
        customer=customer,
        purpose=purpose,
        channel=channel,
        state=state,
        proof=ConsentProof(source=source, wording=wording, version=version, by=by),
        at=at,
    )
    consent, _ = Consent.objects.update_or_create(
        customer=customer,
        purpose=purpose,
        channel=channel,
        defaults={"state": state, "source": source, "at": at},
    )
    return consent


def add_to_ledger(
    *, customer: Customer, purpose: str, channel: str, state: str, proof: ConsentProof, at: datetime
) -> ConsentRecord:
    """A line in the consent ledger with what proves it; the present state does not change."""
    record = ConsentRecord.objects.create(
        customer_number=customer.pk,
        purpose=purpose,
        channel=channel,
        state=state,
        source_kind=kind_of_source(proof.source),
        at=at,
    )
    proof.record = record
    proof.save()
    return record


def kind_of_source(source: str) -> str:
    beginning = source.partition(":")[0].partition(" ")[0]
    return SOURCE_KINDS.get(beginning, ConsentRecord.SourceKind.PROGRAM)


def suppress(*, channel: str, digest: str, reason: str, at: datetime) -> None:
    """Never write to the address behind `digest` again; the first reason stays."""
    Suppression.objects.get_or_create(channel=channel, digest=digest, defaults={"reason": reason, "at": at})


def suppress_address(*, channel: str, address: str, reason: str, at: datetime) -> None:
    """As `suppress`, for an address as a person writes it. Raises NotAnIdentity."""
    normal = normal_form(kind=KIND_OF_CHANNEL[Channel(channel)], value=address, country="")
    suppress(channel=channel, digest=digest_of(normal), reason=reason, at=at)


def digest_of_recipient(*, channel: str, address: str) -> str:
    """What an address that was written to is recognised by; "" when it is none."""
    try:
        normal = normal_form(kind=KIND_OF_CHANNEL[Channel(channel)], value=address, country="")
    except (NotAnIdentity, ValueError):
        return ""
    return digest_of(normal)


def is_suppressed(*, channel: str, digest: str) -> bool:
    return Suppression.objects.filter(channel=channel, digest=digest).exists()


@transaction.atomic
def unsubscribe(
    *,
    customer: Customer,
    channel: str = Channel.EMAIL,
    purpose: str = Consent.Purpose.SURVEY,
    source: str,
    at: datetime,
) -> None:
    """Take `customer` out: consent is withdrawn and the address suppressed, so no later import brings it back."""
    already = Consent.objects.filter(
        customer=customer, purpose=purpose, channel=channel, state=Consent.State.WITHDRAWN
    ).exists()
    record_consent(
        customer=customer,
        purpose=purpose,
        channel=channel,
        state=Consent.State.WITHDRAWN,
        source=source,
        at=at,
    )
    kind = KIND_OF_CHANNEL[Channel(channel)]
    for digest in customer.identities.filter(kind=kind).values_list("digest", flat=True):
        suppress(channel=channel, digest=digest, reason=Suppression.Reason.UNSUBSCRIBED, at=at)
    if not already:
        publish("customers.unsubscribed", subject=customer.pk, at=at)
