"""How a program names a customer: by identities, through the one door that leaves conflicts to people."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from customers.lookup import Known
from customers.models import Identity
from customers.resolving import SeveralPeople, record_conflict
from staff.api.errors import Refused
from staff.api.views import Input

MOST_IDENTITIES = 20
SOURCE = "api"


class KnownInput(Input):
    kind = serializers.ChoiceField(choices=Identity.Kind.choices)
    value = serializers.CharField(max_length=320)
    source: Any = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        default="",
        help_text="Whose external id or handle it is.",
    )

    def to_internal_value(self, data: Any) -> Any:
        return Known(**super().to_internal_value(data))


def identities_input(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=KnownInput(), allow_empty=False, max_length=MOST_IDENTITIES, **options)


def waits_for_a_person(error: SeveralPeople) -> Refused:
    """The refusal of identities that belong to several people; the conflict is kept, the request is undone."""
    conflict = record_conflict(
        identities=error.identities, customers=error.customers, source=SOURCE, at=timezone.now()
    )
    return Refused(
        409,
        "identity_conflict",
        _("These identities belong to several customers; conflict %(number)s waits for a person to decide.")
        % {"number": conflict.pk},
    )
