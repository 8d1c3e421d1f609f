"""Segments that are lists: people put in one by one, from a rule as it was one day, or by how they are known."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.identities import digests_of
from customers.merging.moves import Belongings, Handover
from customers.models import Customer, Identity, Segment, SegmentMember
from customers.privacy.personal import Holding, Person
from customers.segments import members
from events.dates import say_day
from events.lookups import Among
from staff.access import visible
from staff.audit import audit
from staff.models import User

MOST_PASTED = 5_000  # lines
LONGEST_NAME = 120
PUT_ON_LIST = """
    INSERT INTO customers_segmentmember (segment_id, customer_id, added_at, added_by_id)
    SELECT %s, chosen.id, %s, %s FROM ({chosen}) AS chosen WHERE true
    ON CONFLICT DO NOTHING
"""
SEPARATORS = re.compile(r"[\n\r;,\t]+")


class NotAList(ValueError):
    """The members of a rule cannot be chosen by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """How many came to a list, how many were there before, and who is known to nobody."""

    added: int
    known: int
    unknown: Sequence[str] = ()


@transaction.atomic
def add_to_list(*, segment: Segment, customers: QuerySet[Customer], by: User | None, at: datetime) -> Added:
    """Put `customers` on the list, in one statement however many they are. Raises NotAList."""
    if segment.kind != Segment.Kind.LIST:
        raise NotAList(
            _("“%(segment)s” is worked out by its rule: nobody can be put in it.") % {"segment": segment}
        )
    try:
        chosen, params = customers.order_by().values("id").query.sql_with_params()
    except EmptyResultSet:
        return Added(added=0, known=0)
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            PUT_ON_LIST.replace("{chosen}", chosen), [segment.pk, adapt(at), by.pk if by else None, *params]
        )
        added = cursor.rowcount
    audit(user=by, action="changed", subject=segment, at=at, added=added)
    return Added(added=added, known=customers.count())


def add_known(*, segment: Segment, text: str, by: User, at: datetime) -> Added:
    """Put on the list whoever is known by a line of `text` and seen by `by`: an address, a number, an id of any kind."""
    lines = lines_in(text)
    found = found_by(lines, by=by)
    people = visible(Customer.objects.filter(Among("pk", set(found.values()))), by)
    result = add_to_list(segment=segment, customers=people, by=by, at=at)
    return Added(
        added=result.added, known=result.known, unknown=[line for line in lines if line not in found]
    )


def lines_in(text: str) -> list[str]:
    """Each thing that was pasted, once and in order; commas and semicolons part them as lines do."""
    parts = (part.strip() for part in SEPARATORS.split(text.replace("\x00", "")))
    return list(dict.fromkeys(part for part in parts if part))


def found_by(lines: Iterable[str], *, by: User) -> dict[str, int]:
    """The customer each line names, in one query; lines that name two people, or nobody in sight, are left out."""
    lines_of: dict[str, list[str]] = {}
    for line in lines:
        for digest in digests_of(line):
            lines_of.setdefault(digest, []).append(line)
    known = visible(Identity.objects.filter(Among("digest", lines_of)), by)
    owners: dict[str, set[int]] = {}
    for digest, customer in known.values_list("digest", "customer_id"):
        for line in lines_of[digest]:
            owners.setdefault(line, set()).add(customer)
    return {line: those.pop() for line, those in owners.items() if len(those) == 1}


@transaction.atomic
def remove_from_list(*, segment: Segment, customers: Sequence[int], by: User | None, at: datetime) -> int:
    """Take customers off the list; returns how many were on it. Raises NotAList."""
    if segment.kind != Segment.Kind.LIST:
        raise NotAList(_("“%(segment)s” is worked out by its rule.") % {"segment": segment})
    removed, _models = SegmentMember.objects.filter(Among("customer_id", customers), segment=segment).delete()
    audit(user=by, action="changed", subject=segment, at=at, removed=removed)
    return removed


@transaction.atomic
def freeze_segment(*, segment: Segment, by: User, at: datetime) -> Segment:
    """A list of those who are in `segment` now and seen by `by`; it stays as it is when they change."""
    frozen = Segment.objects.create(
        name=free_name(f"{segment.name}, {say_day(at.date())}"),
        description=segment.description,
        kind=Segment.Kind.LIST,
    )
    people = visible(members(segment=segment, at=at), by)
    add_to_list(segment=frozen, customers=people, by=by, at=at)
    return frozen


def free_name(name: str) -> str:
    """`name`, with a number when a segment has it."""
    for tried in names_like(name):
        if not Segment.objects.filter(name=tried).exists():
            return tried
    raise AssertionError


def names_like(name: str) -> Iterator[str]:
    yield name[:LONGEST_NAME]
    for n in range(2, 1_000):
        yield f"{name[: LONGEST_NAME - 6]} ({n})"


def move_memberships(handover: Handover) -> list[int]:
    """To lists the kept customer is not on; on the others both were, and the kept one stays."""
    there = SegmentMember.objects.filter(customer=handover.kept).values("segment")
    moving = SegmentMember.objects.filter(customer=handover.merged).exclude(segment__in=there)
    theirs = list(moving.order_by("pk").values_list("pk", flat=True))
    SegmentMember.objects.filter(Among("pk", theirs)).update(customer=handover.kept)
    return theirs


def give_back_memberships(handover: Handover, moved: list[int]) -> None:
    back = SegmentMember.objects.filter(Among("pk", moved), customer=handover.kept)
    back.update(customer=handover.merged)


def count_memberships(customer: int) -> int:
    return SegmentMember.objects.filter(customer=customer).count()


def tell_memberships(person: Person) -> Sequence[Mapping[str, object]]:
    rows = SegmentMember.objects.filter(customer__in=person.numbers).order_by("pk")
    return list(rows.values("segment__name", "added_at"))


def erase_memberships(person: Person, at: datetime) -> dict[str, int]:
    return {"lists": SegmentMember.objects.filter(customer__in=person.numbers).delete()[0]}


MEMBERSHIPS = Belongings(
    name="lists",
    title=gettext_lazy("Lists"),
    count=count_memberships,
    move=move_memberships,
    give_back=give_back_memberships,
)
LISTS = Holding(name="lists", title=gettext_lazy("Lists"), tell=tell_memberships, erase=erase_memberships)
