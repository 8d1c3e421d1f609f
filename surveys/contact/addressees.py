"""What a sender needs to know of an invitation, and no more: read by the thousand."""

from typing import Any, NamedTuple

from django.db.models import BooleanField, ExpressionWrapper, F, Q

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


def addressees_of(invitations: InvitationQuerySet) -> list[Addressee]:
    rows = invitations.values_list(
        "pk", "wave_id", "customer_id", "address", "language", "attempts", "is_test",
        ExpressionWrapper(Q(sent_at__isnull=False), BooleanField()), "channel", "variant", "context",
        F("customer__first_name"), F("customer__time_zone"),
        ExpressionWrapper(Q(state=Invitation.State.DEFERRED), BooleanField()),
    )  # fmt: skip
    return [*map(Addressee._make, rows)]
