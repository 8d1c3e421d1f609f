"""What a sender needs to know of an invitation, and no more: read by the thousand."""

from typing import Any, NamedTuple

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Concat

from customers.consent import KIND_OF_CHANNEL
from customers.models import Channel, Identity
from surveys.models import Invitation
from surveys.models.invitations import InvitationQuerySet

AT_ONCE = 2048


class Addressee(NamedTuple):
    """What a sender needs to know of an invitation."""

    pk: int
    wave_id: int
    customer_id: int
    address: str
    language: str
    attempts: int
    is_test: bool
    is_reminder: bool
    channel: str
    variant: str
    context: dict[str, Any]
    first_name: str
    time_zone: str
    is_deferred: bool = False
    is_current: bool = True  # the customer is still reached there, and reads that language


def addressees_of(invitations: InvitationQuerySet) -> list[Addressee]:
    is_as_planned = Q(digest="") | Q(digest=of_identity_now("digest"), language=F("customer__language"))
    rows = invitations.values_list(
        "pk", "wave_id", "customer_id", "address", "language", "attempts", "is_test",
        flag(Q(sent_at__isnull=False)), "channel", "variant", "context",
        F("customer__first_name"), F("customer__time_zone"), flag(Q(state=Invitation.State.DEFERRED)),
        flag(is_as_planned),
    )  # fmt: skip
    return [*map(Addressee._make, rows)]


def flag(condition: Q) -> ExpressionWrapper:
    return ExpressionWrapper(condition, BooleanField())


def of_identity_now(field: str) -> Case:
    """`field` of the identity by which an invitation's customer is reached now by its channel; NULL where there is none."""
    identities = (
        When(channel=channel, then=Subquery(reached_by(channel).values(field)[:1])) for channel in Channel
    )
    return Case(*identities, output_field=CharField())


def reached_by(channel: Channel) -> QuerySet[Identity]:
    """As the statement that judges everybody sees it: the primary one, of ids of other programs the first.

    They are looked up by their customer: by a bare kind both databases may read all addresses there are.
    """
    theirs = Identity.objects.alias(of_kind=Concat("kind", Value("")))
    theirs = theirs.filter(customer=OuterRef("customer"), of_kind=KIND_OF_CHANNEL[channel])
    return theirs.order_by("pk") if channel is Channel.APP else theirs.filter(is_primary=True)
