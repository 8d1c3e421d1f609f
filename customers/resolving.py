"""The one door from identities to a customer: known, new, or a conflict that waits for a person."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from customers.identities import BelongsToSomebodyElse, NotAnIdentity, add_identity, normal_form, own_source
from customers.lookup import Known, rows_of
from customers.models import Customer, IdentityConflict
from customers.profiles import create_customer
from events.lookups import Among
from staff.access import limit_of, visible
from staff.models import User

ATTEMPTS = 3  # each loses only to somebody who wrote one of the identities meanwhile


class SeveralPeople(Exception):
    """Identities told together belong to several people: nobody but a person can say who is meant."""

    def __init__(self, *, identities: list[Known], customers: set[int]) -> None:
        super().__init__(identities, customers)
        self.identities, self.customers = identities, customers


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Who is meant; with a `conflict` nobody can say, and `customer` is None."""

    customer: Customer | None
    is_new: bool = False
    conflict: IdentityConflict | None = None


def resolve(
    *, identities: Iterable[Known], at: datetime, source: str, create: bool = True, **profile: Any
) -> Resolution:
    """The customer known by `identities`, who is then known by all of them; a new one with `profile` if nobody is.

    Raises NotAnIdentity. Identities of several people change nothing and leave a conflict.
    """
    try:
        customer, is_new = customer_known_by(identities=identities, at=at, create=create, **profile)
    except SeveralPeople as error:
        conflict = record_conflict(
            identities=error.identities, customers=error.customers, source=source, at=at
        )
        return Resolution(customer=None, conflict=conflict)
    return Resolution(customer=customer, is_new=is_new)


def customer_known_by(
    *,
    identities: Iterable[Known],
    at: datetime,
    create: bool = True,
    seen_by: User | None = None,
    **profile: Any,
) -> tuple[Customer | None, bool]:
    """As `resolve`, for a transaction that a refusal undoes: who is meant, and whether they are new.

    `seen_by` meets nobody beyond their unit, and adds to it. Raises NotAnIdentity, SeveralPeople, and
    BelongsToSomebodyElse for who is out of sight.
    """
    wanted = normal_forms(identities, country=profile.get("country", ""))
    if not wanted:
        raise NotAnIdentity(_("Give at least one identity."))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return known_once(wanted, at=at, create=create, seen_by=seen_by, profile=profile)
        except BelongsToSomebodyElse:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError


def normal_forms(identities: Iterable[Known], *, country: str) -> list[Known]:
    """Each of `identities` once, as it is stored. Raises NotAnIdentity."""
    country = country or settings.COUNTRY
    return list(dict.fromkeys(normal_known(known, country=country) for known in identities))


def owners_of(wanted: Iterable[Known]) -> set[int]:
    """The numbers of the customers known by any of `wanted`, which are in their normal form."""
    return {customer for *_key, customer in rows_of((k.kind, k.source, k.value) for k in wanted)}


def normal_known(known: Known, *, country: str) -> Known:
    kind, value, source = known
    return Known(kind, normal_form(kind=kind, value=value, country=country), own_source(kind, source))


def known_once(
    wanted: list[Known], *, at: datetime, create: bool, seen_by: User | None, profile: dict[str, Any]
) -> tuple[Customer | None, bool]:
    owners = owners_of(wanted)
    if len(owners) > 1:
        raise SeveralPeople(identities=wanted, customers=owners)
    if owners:
        owner = Customer.everybody.filter(pk=owners.pop())
        found = (visible(owner, seen_by) if seen_by else owner).select_for_update(of=("self",)).first()
        if found is None:
            raise BelongsToSomebodyElse(_("Another customer is known by this identity."))
        customer, is_new = found, False
    elif create:
        unit = limit_of(seen_by) if seen_by else None
        customer, is_new = create_customer(at=at, **({"unit": unit} | profile)), True
    else:
        return None, False
    known = set(customer.identities.values_list("kind", "value", "source"))
    for each in wanted:
        if each not in known:
            add_identity(customer=customer, kind=each.kind, value=each.value, source=each.source, at=at)
    return customer, is_new


def record_conflict(
    *, identities: Iterable[Known], customers: Iterable[int], source: str, at: datetime
) -> IdentityConflict:
    """Let a person decide whether `customers` are one; the same conflict waits once."""
    [conflict] = record_conflicts([(identities, customers)], source=source, at=at)
    return conflict


def record_conflicts(
    several: Iterable[tuple[Iterable[Known], Iterable[int]]], *, source: str, at: datetime
) -> list[IdentityConflict]:
    """As `record_conflict`, for many in three statements; returns those that wait, however long already."""
    told: dict[str, tuple[list[list[str]], list[int]]] = {}
    for identities, customers in several:
        owners = sorted(set(customers))
        rows = sorted([known.kind, known.value, known.source] for known in identities)
        told[hashlib.sha256(json.dumps([rows, owners]).encode()).hexdigest()] = rows, owners
    if not told:
        return []
    with transaction.atomic():
        IdentityConflict.objects.bulk_create(
            [
                IdentityConflict(
                    identities=[dict(zip(Known._fields, row, strict=True)) for row in rows],
                    fingerprint=fingerprint,
                    source=source[:40],
                    at=at,
                )
                for fingerprint, (rows, _owners) in sorted(told.items())
            ],
            ignore_conflicts=True,
        )
        waiting = list(
            IdentityConflict.objects.filter(Among("fingerprint", told), state=IdentityConflict.State.OPEN)
        )
        between = IdentityConflict.customers.through
        between.objects.bulk_create(
            [
                between(identityconflict_id=conflict.pk, customer_id=owner)
                for conflict in waiting
                for owner in told[conflict.fingerprint][1]
            ],
            ignore_conflicts=True,
        )
    return waiting


def dismiss_conflict(*, conflict: IdentityConflict, by: User, at: datetime) -> None:
    """They are different people."""
    IdentityConflict.objects.filter(pk=conflict.pk, state=IdentityConflict.State.OPEN).update(
        state=IdentityConflict.State.DISMISSED, decided_by=by, decided_at=at
    )


def present_customer(pk: int) -> int:
    """The key of whom a merged customer is now, however often they were merged."""
    while merged_into := Customer.everybody.values_list("merged_into", flat=True).get(pk=pk):
        pk = merged_into
    return pk
