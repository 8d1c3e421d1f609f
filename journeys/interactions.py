"""Writing down what happened between a customer and the organisation: once for each id at its source."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from customers.models import Customer
from events.publishing import publish_each
from journeys.models import LONGEST_SUMMARY, Interaction, Touchpoint

RECORDED = "journeys.interaction_recorded"
BATCH = 1_000  # rows a statement
RACES_AT_MOST = 5
OWN = "platform:"  # sources of what the platform itself did
REPLY = "reply:"  # of what somebody wrote back to a campaign, whose number follows
RESERVED = (OWN, REPLY)

Key = tuple[str, str]  # source, external id


class ReservedSource(ValueError):
    """A source that begins with “platform:” or “reply:” belongs to the platform itself."""


def record_interaction(
    *,
    customer: Customer,
    kind: str,
    source: str,
    external_id: str,
    at: datetime,
    touchpoint: Touchpoint | None = None,
    summary: str = "",
    amount: Decimal | None = None,
    detail: dict[str, Any] | None = None,
    is_own: bool = False,
) -> Interaction:
    """Write one interaction down and announce it; a repeat returns the one there is and changes nothing.

    `is_own` is what the platform heard itself. Raises ReservedSource.
    """
    interaction = Interaction(
        customer=customer,
        touchpoint=touchpoint,
        kind=kind,
        source=source,
        external_id=external_id,
        at=at,
        summary=summary,
        amount=amount,
        detail=detail or {},
    )
    if record_interactions([interaction], at=at, is_own=is_own):
        return interaction
    return Interaction.objects.get(source=source, external_id=external_id)


def record_message(
    *,
    customer: Customer,
    text: str,
    source: str,
    external_id: str,
    at: datetime,
    touchpoint: Touchpoint | None = None,
    detail: dict[str, Any],
) -> Interaction:
    """What a customer wrote to us: its beginning is the summary, all of it stands beside the rest of the `detail`."""
    return record_interaction(
        customer=customer,
        kind=Interaction.Kind.MESSAGE,
        source=source,
        external_id=external_id,
        at=at,
        touchpoint=touchpoint,
        summary=text[:LONGEST_SUMMARY],
        detail={"text": text} | detail,
        is_own=True,
    )


@transaction.atomic
def record_interactions(
    rows: Iterable[Interaction], *, at: datetime, is_own: bool = False
) -> list[Interaction]:
    """Write many (unsaved) interactions down and announce the new ones; returns these, with their ids.

    Raises ReservedSource where they are not the platform's own (`is_own`); then nothing is kept.
    """
    new = add_to_timeline(rows if is_own else from_outside(rows))
    publish_each(RECORDED, ((interaction.pk, at, payload_of(interaction)) for interaction in new))
    return new


@transaction.atomic(savepoint=False)
def add_to_timeline(rows: Iterable[Interaction]) -> list[Interaction]:
    """Write many interactions down without announcing them: what another room has announced already."""
    return [interaction for batch in batches(once(rows)) for interaction in insert_new(batch, RACES_AT_MOST)]


def from_outside(rows: Iterable[Interaction]) -> Iterator[Interaction]:
    for row in rows:
        if row.source.startswith(RESERVED):
            raise ReservedSource(row.source)
        yield row


def payload_of(interaction: Interaction) -> dict[str, Any]:
    return {
        "customer": interaction.customer_id,
        "touchpoint": interaction.touchpoint_id,
        "kind": interaction.kind,
    }


def key_of(interaction: Interaction) -> Key:
    return interaction.source, interaction.external_id


def once(rows: Iterable[Interaction]) -> list[Interaction]:
    """The first of each key, in the keys' order: two writers with the same rows never wait for each other."""
    first: dict[Key, Interaction] = {}
    for row in rows:
        first.setdefault(key_of(row), row)
    return [first[key] for key in sorted(first)]


def batches(rows: Sequence[Interaction]) -> Iterator[list[Interaction]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, BATCH)):
        yield batch


def insert_new(rows: list[Interaction], races: int) -> list[Interaction]:
    """Insert those whose key is free; when another writer takes one meanwhile, look again."""
    taken = keys_taken(rows)
    free = [row for row in rows if key_of(row) not in taken]
    try:
        with transaction.atomic():
            return Interaction.objects.bulk_create(free)
    except IntegrityError:
        if not races:
            raise
    return insert_new(free, races - 1)


def keys_taken(rows: Sequence[Interaction]) -> set[Key]:
    by_source: dict[str, list[str]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row.external_id)
    wanted = Q(*(Q(source=source, external_id__in=ids) for source, ids in by_source.items()), _connector=Q.OR)
    return set(Interaction.objects.filter(wanted).values_list("source", "external_id"))
