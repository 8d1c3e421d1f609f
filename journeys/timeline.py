"""A customer's timeline: newest first, a page at a time, at the same cost at any depth."""

from dataclasses import dataclass

from customers.models import Customer
from journeys.models import Interaction
from journeys.words import Line, line_of

PAGE = 20


@dataclass(frozen=True)
class Timeline:
    """One page. `next_before` is the last interaction on it, when there are older ones."""

    lines: list[Line]
    kind: str
    next_before: int | None


def timeline_of(customer: Customer, *, kind: str = "", before: int | None = None) -> Timeline:
    """The page of `customer`'s timeline below the interaction `before`, of one `kind` if that is given."""
    interactions = Interaction.objects.filter(customer=customer).select_related("touchpoint")
    if kind in Interaction.Kind.values:
        interactions = interactions.filter(kind=kind)
    last = Interaction.objects.filter(customer=customer, pk=before).first() if before else None
    if last:
        interactions = interactions.before(last)
    rows = list(interactions[: PAGE + 1])
    return Timeline(
        lines=[line_of(interaction) for interaction in rows[:PAGE]],
        kind=kind if kind in Interaction.Kind.values else "",
        next_before=rows[PAGE - 1].pk if len(rows) > PAGE else None,
    )
