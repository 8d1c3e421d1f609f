"""Who uses a segment, and what it is made of: the rooms lend the first through settings.SEGMENT_USES; a used segment stays."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Persona, Segment
from customers.segments.rules import MOST_NESTED, compile_rule, segments_in
from customers.segments.values import RuleError

MOST_NAMED = 3
NEW = 0  # the number of a segment that has none yet


@dataclass(frozen=True, slots=True)
class Usage:
    """One thing that uses a segment: what it is called, and where it stands."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentUse:
    """A way segments are used: `users(number)` lists who uses the segment with that number."""

    title: str | Promise
    users: Callable[[int], Iterable[Usage]]


class SegmentInUse(Exception):
    """The segment stays: its words say what uses it."""


@cache
def lent_uses() -> tuple[SegmentUse, ...]:
    lent: tuple[SegmentUse, ...] = import_string(settings.SEGMENT_USES)
    return lent


def uses_of(segment: Segment) -> list[tuple[str, Usage]]:
    """What uses `segment`: the kind of each user, and the user."""
    return [(str(use.title), user) for use in lent_uses() for user in use.users(segment.pk)]


def words_of(uses: list[tuple[str, Usage]]) -> str:
    named = ", ".join(f"{title} “{user.name}”" for title, user in uses[:MOST_NAMED])
    return f"{named} …" if len(uses) > MOST_NAMED else named


@transaction.atomic
def delete_segment(*, segment: Segment) -> None:
    """Delete a segment nobody uses. Raises SegmentInUse."""
    if uses := uses_of(segment):
        raise SegmentInUse(_("It is in use: %(uses)s. Change that first.") % {"uses": words_of(uses)})
    segment.delete()


def segments_using(number: int) -> list[Usage]:
    return [
        Usage(each.name, reverse("admin:customers_segment_change", args=[each.pk]))
        for each in Segment.objects.filter(kind=Segment.Kind.RULE).order_by("name")
        if number in segments_in(each.rule)
    ]


def personas_of(number: int) -> list[Usage]:
    return [
        Usage(each.name, reverse("admin:customers_persona_change", args=[each.pk]))
        for each in Persona.objects.filter(segment=number)
    ]


OTHER_SEGMENTS = SegmentUse(title=gettext_lazy("Segment"), users=segments_using)
PERSONAS = SegmentUse(title=gettext_lazy("Persona"), users=personas_of)


def parts_of(segment: Segment | None) -> list[Segment]:
    """A segment and all that it is made of, each once."""
    found: dict[int, Segment] = {}
    waiting = {segment.pk: segment} if segment else {}
    while waiting:
        found |= waiting
        named = set().union(*(segments_in(part.rule) for part in waiting.values()))
        waiting = Segment.objects.in_bulk(named - found.keys())
    return [found[number] for number in sorted(found)]


def check_rule(rule: Any, *, of: Segment | None, at: datetime) -> None:
    """Whether `rule` may become that of a segment: it can be understood, and so can what the segment is part of.

    Raises RuleError.
    """
    own = of.pk if of else NEW
    compile_rule(rule, at=at, within=(own,))
    others = Segment.objects.filter(kind=Segment.Kind.RULE).exclude(pk=own).in_bulk()
    named = {pk: segments_in(each.rule) for pk, each in others.items()} | {own: segments_in(rule)}
    below = levels_from({own}, lambda pk: named.get(pk, set()))
    above = levels_from({own}, lambda pk: {outer for outer, inner in named.items() if pk in inner})
    if len(below) + len(above) - 1 > MOST_NESTED:  # of its own parts alone the rule was told above
        raise RuleError(
            _(
                "Segments can be part of each other %(most)s times at most, and this one is part of “%(segment)s”."
            )
            % {"most": MOST_NESTED, "segment": others[min(above[-1])]}
        )


def levels_from(start: set[int], following: Callable[[int], set[int]]) -> list[set[int]]:
    """Who is reached in no step, one, two and so on; no further than what is too much anyway."""
    levels = [start]
    while len(levels) <= MOST_NESTED and (further := set().union(*map(following, levels[-1]))):
        levels.append(further)
    return levels
