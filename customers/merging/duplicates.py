"""Customers who look like one person, found by what they share: one statement for each kind of likeness."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from customers.models import SuggestedDuplicate
from events.lookups import Among

MOST_IN_A_BLOCK = 50  # a name half a city bears says nothing
WRITTEN_AT_ONCE = 1_000

NAME = "LOWER(TRIM(first_name)) || ' ' || LOWER(TRIM(last_name))"
NAMED = "merged_into_id IS NULL AND erased_at IS NULL AND first_name <> '' AND last_name <> ''"


def of_attribute(name: str) -> str:
    if connection.vendor == "postgresql":
        return f"LOWER(TRIM(attributes->>'{name}'))"
    return f"LOWER(TRIM(CAST(json_extract(attributes, '$.{name}') AS TEXT)))"


def before_at(column: str) -> str:
    if connection.vendor == "postgresql":
        return f"split_part({column}, '@', 1)"
    return f"substr({column}, 1, instr({column}, '@') - 1)"


def blocks() -> Mapping[str, str]:
    """Each likeness with a query of customers (`id`) and what they share (`block`)."""
    return {
        "same_phone": """
            SELECT customer_id AS id, value AS block FROM customers_identity
            WHERE kind IN ('phone', 'handle', 'external') AND value LIKE '+%%'
        """,
        "same_card_or_device": """
            SELECT customer_id AS id, kind || ':' || value AS block FROM customers_identity
            WHERE kind IN ('card', 'device')
        """,
        "same_name_and_postcode": named_with("postcode"),
        "same_name_and_birthday": named_with("birthday"),
        "same_mail_name_and_last_name": f"""
            SELECT customer.id, {before_at("identity.value")} || ' ' || LOWER(TRIM(customer.last_name)) AS block
            FROM customers_identity identity JOIN customers_customer customer ON customer.id = identity.customer_id
            WHERE identity.kind = 'email' AND customer.last_name <> ''
        """,  # noqa: S608  our own words
    }


def named_with(attribute: str) -> str:
    shared = of_attribute(attribute)
    return f"""
        SELECT id, {NAME} || '|' || {shared} AS block FROM customers_customer WHERE {NAMED} AND {shared} <> ''
    """  # noqa: S608  our own words


PAIRS = """
    WITH likeness AS (SELECT DISTINCT id, block FROM ({block}) AS told),
    shared AS (SELECT block, COUNT(*) AS n FROM likeness GROUP BY block HAVING COUNT(*) > 1)
    SELECT one.id, other.id FROM shared
    JOIN likeness one ON one.block = shared.block
    JOIN likeness other ON other.block = shared.block AND other.id > one.id
    JOIN customers_customer first ON first.id = one.id AND first.merged_into_id IS NULL AND first.erased_at IS NULL
    JOIN customers_customer second
        ON second.id = other.id AND second.merged_into_id IS NULL AND second.erased_at IS NULL
    WHERE shared.n <= %s
"""
TOO_COMMON = """
    SELECT COUNT(*) FROM (
        SELECT block FROM (SELECT DISTINCT id, block FROM ({block}) AS told) AS likeness
        GROUP BY block HAVING COUNT(*) > %s
    ) AS common
"""


@dataclass(slots=True)
class Found:
    """What a search for duplicates found: how many pairs, and how many likenesses were too common to say anything."""

    pairs: int = 0
    too_common: int = 0
    reasons: dict[tuple[int, int], list[str]] = field(default_factory=dict)


def find_duplicates(*, at: datetime) -> Found:
    """Suggest who looks like one person. What was dismissed stays so; what looks alike no more is suggested no more."""
    found = Found()
    for reason, block in blocks().items():
        with connection.cursor() as cursor:
            cursor.execute(PAIRS.format(block=block), [MOST_IN_A_BLOCK])
            for pair in cursor.fetchall():
                found.reasons.setdefault(pair, []).append(reason)
            cursor.execute(TOO_COMMON.format(block=block), [MOST_IN_A_BLOCK])
            found.too_common += cursor.fetchone()[0]
    found.pairs = len(found.reasons)
    write_suggestions(found, at=at)
    return found


@transaction.atomic
def write_suggestions(found: Found, *, at: datetime) -> None:
    there = SuggestedDuplicate.objects.values_list("pk", "first", "second", "state")
    gone = [
        pk
        for pk, first, second, state in there.iterator()
        if state == SuggestedDuplicate.State.OPEN and (first, second) not in found.reasons
    ]
    SuggestedDuplicate.objects.filter(Among("pk", gone)).delete()
    SuggestedDuplicate.objects.bulk_create(
        (
            SuggestedDuplicate(first_id=first, second_id=second, reasons=reasons, found_at=at)
            for (first, second), reasons in sorted(found.reasons.items())
        ),
        batch_size=WRITTEN_AT_ONCE,
        update_conflicts=True,
        unique_fields=["first", "second"],
        update_fields=["reasons"],
    )


def dismiss_suggestion(*, suggestion: SuggestedDuplicate) -> None:
    """They are different people: never suggest these two again."""
    SuggestedDuplicate.objects.filter(pk=suggestion.pk).update(state=SuggestedDuplicate.State.DISMISSED)
