"""Erasing a customer: who they are goes, what they scored stays a number, and a signed receipt proves it."""

import hmac
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import CharField, JSONField, Model, Q, TextField

from customers.models import Customer, Erasure
from customers.privacy.holdings import files_naming
from customers.privacy.personal import Person, holdings, person_of, rows_naming
from staff.audit import audit
from staff.models import AuditEntry, User

PURPOSE = b"customers.erasure:"
REDACTED = "▮▮▮"
NOT_CUSTOMERS = {"auth", "contenttypes", "sessions", "axes", "migrations"}


class AlreadyErased(Exception):
    """This customer was erased before."""


def erase_customer(*, customer: Customer, by: User | None, at: datetime, reason: str) -> Erasure:
    """Take `customer`, and those merged into them, out of everything that was kept; their numbers stay.

    What a search finds afterwards is signed with the rest. Raises AlreadyErased or ImportInTheWay, and then nothing
    changes.
    """
    person = person_of(customer)
    with transaction.atomic():
        erasure = erase_person(person, by=by, at=at, reason=reason)
    left = len(mentions(person)) + len(files_naming(person))
    erasure.counts |= {"found_afterwards": left}
    erasure.is_verified = not left
    erasure.signature = sign(number=erasure.customer_number, at=erasure.at, counts=erasure.counts)
    erasure.save(update_fields=["counts", "is_verified", "signature"])
    return erasure


def erase_person(person: Person, *, by: User | None, at: datetime, reason: str) -> Erasure:
    rows = Customer.everybody.select_for_update().filter(pk__in=person.numbers)
    if any(row.erased_at for row in rows.order_by("pk")):
        raise AlreadyErased
    counts: Counter[str] = Counter()
    for holding in holdings():
        counts.update(holding.erase(person, at))
    counts["mentions"] = redact(person)
    number = person.numbers[0]
    erasure = Erasure.objects.create(
        customer_number=number,
        reason=reason,
        by=by,
        counts=dict(counts),
        at=at,
        signature=sign(number=number, at=at, counts=dict(counts)),
    )
    audit(user=by, action=AuditEntry.Action.ERASED, subject=Customer(pk=number), at=at, receipt=erasure.pk)
    return erasure


def redact(person: Person) -> int:
    """Black out the person wherever somebody else's texts name them; a namesake's full name is left alone."""
    found = 0
    for model, field in mentions(person):
        for row in rows_naming(model, wanted(person), field):
            model._base_manager.filter(pk=row.pk).update(**{field: without(getattr(row, field), person)})
            found += 1
    return found


def wanted(person: Person) -> tuple[str, ...]:
    return (*person.addresses, *(name for name in person.names if not has_namesake(name)))


def has_namesake(name: str) -> bool:
    """Whether somebody else is called so; of a lone name, whether it is anybody's first or last one."""
    first, _space, last = name.partition(" ")
    is_lone = not last
    called_so = Q(first_name=name) | Q(last_name=name) if is_lone else Q(first_name=first, last_name=last)
    return Customer.objects.filter(called_so).exists()


def without(value: Any, person: Person) -> Any:
    if isinstance(value, str):
        for word in sorted(wanted(person), key=len, reverse=True):
            value = re.sub(re.escape(word), REDACTED, value, flags=re.IGNORECASE)
        return value
    if isinstance(value, dict):
        return {without(key, person): without(part, person) for key, part in value.items()}
    if isinstance(value, list):
        return [without(part, person) for part in value]
    return value


def mentions(person: Person) -> list[tuple[type[Model], str]]:
    """The columns in which the person can still be found, by address or by full name."""
    words = wanted(person)
    return [
        (model, field)
        for model, field in text_columns()
        if words and rows_naming(model, words, field).exists()
    ]


def text_columns() -> Iterator[tuple[type[Model], str]]:
    """Every column of the platform in which somebody could have written a name."""
    for model in apps.get_models():
        if model._meta.app_label in NOT_CUSTOMERS or model is User:
            continue
        for field in model._meta.concrete_fields:
            is_text = isinstance(field, CharField | TextField | JSONField)
            if is_text and not field.choices and not field.primary_key:
                yield model, field.attname


def receipt_of(erasure: Erasure) -> dict[str, Any]:
    """What the receipt says; it can be checked without the database, by whoever has the key."""
    return {
        "customer": erasure.customer_number,
        "at": erasure.at.isoformat(),
        "counts": erasure.counts,
        "signature": erasure.signature,
    }


def is_genuine(receipt: Any) -> bool:
    """Whether a receipt was signed here and says what it said then."""
    try:
        number, at, counts = int(receipt["customer"]), str(receipt["at"]), dict(receipt["counts"])
        given, message = str(receipt["signature"]).encode(), canonical(number, at, counts)
    except (KeyError, TypeError, ValueError):
        return False
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    signed = [mac(message, key=key) for key in keys]
    return any(hmac.compare_digest(given, each.encode()) for each in signed)


def sign(*, number: int, at: datetime, counts: dict[str, int]) -> str:
    return mac(canonical(number, at.isoformat(), counts), key=settings.SECRET_KEY)


def canonical(number: int, at: str, counts: dict[str, Any]) -> bytes:
    return json.dumps([number, datetime.fromisoformat(at).timestamp(), counts], sort_keys=True).encode()


def mac(message: bytes, *, key: str) -> str:
    return hmac.digest(key.encode(), PURPOSE + message, "sha256").hex()
