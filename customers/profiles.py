"""Who our customers are: adding one and changing one. Files of many go through customers/imports."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from customers.identities import add_identity
from customers.models import Customer, Identity
from events.boundary import clean_json


@transaction.atomic
def create_customer(
    *,
    email: str = "",
    phone: str = "",
    external_id: str = "",
    attributes: Mapping[str, Any] | None = None,
    at: datetime,
    **columns: Any,
) -> Customer:
    """A new customer, known by the identities told. Raises NotAnIdentity or BelongsToSomebodyElse, and then adds nobody."""
    customer = Customer.objects.create(
        attributes=clean_json(dict(attributes or {})), created_at=at, updated_at=at, **columns
    )
    told = {Identity.Kind.EMAIL: email, Identity.Kind.PHONE: phone, Identity.Kind.EXTERNAL: external_id}
    for kind, value in told.items():
        if value:
            add_identity(customer=customer, kind=kind, value=value, at=at)
    return customer


@transaction.atomic
def update_customer(
    *, customer: Customer, attributes: Mapping[str, Any] | None = None, at: datetime, **columns: Any
) -> Customer:
    """Change what is told and leave the rest; an attribute told as None is forgotten."""
    locked = Customer.objects.select_for_update().get(pk=customer.pk)
    merged = locked.attributes | clean_json(dict(attributes or {}))
    locked.attributes = {name: value for name, value in merged.items() if value is not None}
    for column, value in columns.items():
        setattr(locked, column, value)
    locked.updated_at = at
    locked.save(update_fields=["attributes", "updated_at", *columns])
    return locked
