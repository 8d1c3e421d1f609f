"""Finding many customers at once by how the outside world knows them."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from customers.identities import NotAnIdentity, normal_form, own_source
from customers.models import Identity


class Known(NamedTuple):
    """An identity as a caller writes it."""

    kind: str
    value: str
    source: str = ""


def customers_known_as(wanted: Iterable[Known]) -> dict[Known, int]:
    """The id of each customer who is known, one query for all; those nobody knows are left out."""
    normal: dict[tuple[str, str, str], list[Known]] = {}
    for known in wanted:
        try:
            value = normal_form(kind=known.kind, value=known.value, country="")
        except NotAnIdentity:
            continue
        source = own_source(known.kind, known.source)
        normal.setdefault((known.kind, source, value), []).append(known)
    return {
        known: customer
        for kind, source, value, customer in rows_of(normal)
        for known in normal.get((kind, source, value), ())
    }


def rows_of(keys: Iterable[tuple[str, str, str]]) -> Iterable[tuple[str, str, str, int]]:
    values: dict[tuple[str, str], list[str]] = {}
    for kind, source, value in keys:
        values.setdefault((kind, source), []).append(value)
    if not values:
        return ()
    any_of = Q(
        *(Q(kind=kind, source=source, value__in=those) for (kind, source), those in values.items()),
        _connector=Q.OR,
    )
    return Identity.objects.filter(any_of).values_list("kind", "source", "value", "customer_id")
