"""Who a person is in our data, and what the rooms lend: what they keep about one, how it goes, how long it stays."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import phonenumbers
from django.conf import settings
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from customers.models import Customer, Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Everything by which a customer, and those merged into them, can be found in a text."""

    numbers: tuple[int, ...]
    names: tuple[str, ...]  # full ones, and lone ones that stand out
    addresses: tuple[str, ...]  # e-mails, phones in the usual spellings, other identities

    @property
    def words(self) -> tuple[str, ...]:
        return (*self.addresses, *self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What a room keeps about a person. `tell` gives it as rows; `erase` takes it out, again and again if need be."""

    name: str
    title: str | Promise
    tell: Callable[[Person], Sequence[Mapping[str, object]]]
    erase: Callable[[Person, datetime], dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """A kind of data that may be forgotten. `due(before)` are the rows, `forget` does it to some of them."""

    kind: str
    title: str | Promise
    what_happens: str | Promise
    due: Callable[[datetime], QuerySet[Any]]
    forget: Callable[[Sequence[int], datetime], int]


@cache
def holdings() -> tuple[Holding, ...]:
    lent: tuple[Holding, ...] = import_string(settings.PERSONAL_DATA)
    return lent


@cache
def retentions() -> dict[str, Retention]:
    lent: tuple[Retention, ...] = import_string(settings.RETENTIONS)
    return {retention.kind: retention for retention in lent}


def person_of(customer: Customer) -> Person:
    rows = family_of(customer)
    numbers = tuple(row.pk for row in rows)
    identities = Identity.objects.filter(customer__in=numbers).order_by("pk")
    countries = {row.pk: row.country for row in rows}
    addresses = {
        spelling
        for identity in identities
        for spelling in spellings(identity, country=countries[identity.customer_id])
    }
    names = {name for row in rows if (name := name_of(row))}
    return Person(numbers=numbers, names=tuple(sorted(names)), addresses=tuple(sorted(addresses)))


def name_of(row: Customer) -> str:
    """The full name; a lone one where it is long enough to be no part of other words."""
    if row.first_name and row.last_name:
        return f"{row.first_name} {row.last_name}"
    lone = row.first_name or row.last_name
    return lone if len(lone) >= SHORTEST_WORD else ""


def family_of(customer: Customer) -> list[Customer]:
    """The customer and everybody merged into them, however many steps away."""
    rows, layer = [customer], [customer]
    while layer:
        layer = list(Customer.everybody.filter(merged_into__in=layer).order_by("pk"))
        rows += layer
    return rows


SHORTEST_WORD = 5  # characters; a shorter external id would be found in everything


def spellings(identity: Identity, *, country: str) -> Iterable[str]:
    if identity.kind == Identity.Kind.PHONE:
        number = phonenumbers.parse(identity.value, country)
        forms = phonenumbers.PhoneNumberFormat
        national = phonenumbers.format_number(number, forms.NATIONAL)
        yield identity.value
        yield identity.value[1:]
        yield phonenumbers.format_number(number, forms.INTERNATIONAL)
        yield national
        yield "".join(character for character in national if character.isdigit())
    elif len(identity.value) >= SHORTEST_WORD:
        yield identity.value


def naming(words: Iterable[str], *fields: str) -> Q:
    """Rows whose `fields`, cast by `with_texts`, hold one of `words`, also as JSON writes them."""
    wanted = {form for word in words for form in (word, json.dumps(word)[1:-1])}
    condition = Q(pk__in=[])
    for field in fields:
        for word in wanted:
            condition |= Q(**{f"{field}_text__icontains": word})
    return condition


def rows_naming(model: type[Model], words: Iterable[str], *fields: str) -> QuerySet[Any]:
    rows = model._base_manager.annotate(**{f"{field}_text": Cast(field, TextField()) for field in fields})
    return rows.filter(naming(words, *fields))
