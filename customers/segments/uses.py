"""Who uses a segment, and what it is made of: the rooms lend the first through settings.SEGMENT_USES; a used segment stays."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Persona, Segment
from customers.segments.rules import segments_in

MOST_NAMED = 3


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
