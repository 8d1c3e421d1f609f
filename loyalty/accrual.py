"""Giving points to many members at once: a handful of statements, whatever their number."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from json import dumps
from typing import Any

from django.db import connection, transaction

from events.publishing import wake
from loyalty.ledger import checked
from loyalty.models import Account, Program
from loyalty.posting import POSTED

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Earning:
    """What one customer earned, by the customer's number."""

    customer: int
    points: int
    source: str
    at: datetime
    note: str = ""


def enrol_all(*, program: Program, joined_at: Mapping[int, datetime]) -> None:
    """Make customers members of `program`, each from their moment on; who is one stays as they are."""
    Account.objects.bulk_create(
        (
            Account(program=program, customer_id=customer, joined_at=at)
            for customer, at in sorted(joined_at.items())
        ),
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def earn_points_for_all(*, program: Program, rows: Iterable[Earning]) -> int:
    """Give members their points, each once for its source; returns how many entries are new.

    Customers who are not members are passed over. A batch is one transaction; raises PointsOutOfRange.
    """
    remaining = iter(rows)
    new = 0
    while batch := list(islice(remaining, BATCH)):
        new += earn_batch(program, batch)
    return new


@transaction.atomic
def earn_batch(program: Program, rows: Sequence[Earning]) -> int:
    first: dict[tuple[int, str], list[Any]] = {}
    for row in rows:
        first.setdefault((row.customer, row.source), values_of(row))
    lock_accounts(program, {row.customer for row in rows})
    words = DIALECTS[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(
            ADD_ENTRIES.format(**words), {"program": program.pk, "rows": dumps(list(first.values()))}
        )
        ids = [number for (number,) in cursor.fetchall()]
        if ids:
            new = {"new": dumps(ids), "type": POSTED}
            cursor.execute(MOVE_BALANCES.format(**words), new)
            cursor.execute(ANNOUNCE.format(**words), new)
            transaction.on_commit(wake, robust=True)
    return len(ids)


def values_of(row: Earning) -> list[Any]:
    moment = connection.ops.adapt_datetimefield_value(row.at)
    return [row.customer, checked(row.points), row.source, row.note, str(moment)]


def lock_accounts(program: Program, customers: Iterable[int]) -> None:
    """Hold the accounts in the order of their numbers: two batches never wait for each other in a circle."""
    if connection.features.has_select_for_update:
        accounts = Account.objects.filter(program=program, customer__in=customers).order_by("pk")
        list(accounts.select_for_update().values_list("pk"))


# Where the two databases differ: how a list of rows, a list of ids and a JSON object are said.
DIALECTS: dict[str, dict[str, str]] = {
    "postgresql": {
        "earnings": """(
            SELECT position, (value->>0)::bigint AS customer, (value->>1)::bigint AS points,
                value->>2 AS source, value->>3 AS note, (value->>4)::timestamptz AS at
            FROM jsonb_array_elements(%(rows)s::jsonb) WITH ORDINALITY AS given (value, position)
        )""",
        "new": "SELECT value::bigint FROM jsonb_array_elements_text(%(new)s::jsonb)",
        "object": "jsonb_build_object",
    },
    "sqlite": {
        "earnings": """(
            SELECT key AS position, value->>0 AS customer, value->>1 AS points,
                value->>2 AS source, value->>3 AS note, value->>4 AS at
            FROM json_each(%(rows)s)
        )""",
        "new": "SELECT value FROM json_each(%(new)s)",
        "object": "json_object",
    },
}
ADD_ENTRIES = """
    INSERT INTO loyalty_entry (account_id, kind, points, source, note, at)
    SELECT account.id, 'earned', earning.points, earning.source, earning.note, earning.at
    FROM {earnings} AS earning
    JOIN loyalty_account AS account
        ON account.program_id = %(program)s AND account.customer_id = earning.customer
    WHERE TRUE
    ORDER BY earning.position
    ON CONFLICT (account_id, kind, source) DO NOTHING
    RETURNING id
"""
MOVE_BALANCES = """
    UPDATE loyalty_account SET balance = balance + moved.points
    FROM (
        SELECT account_id, SUM(points) AS points FROM loyalty_entry WHERE id IN ({new}) GROUP BY account_id
    ) AS moved
    WHERE loyalty_account.id = moved.account_id
"""
ANNOUNCE = """
    INSERT INTO events_event (type, subject, payload, at)
    SELECT %(type)s, entry.id,
        {object}('customer', account.customer_id, 'points', entry.points, 'kind', entry.kind), entry.at
    FROM loyalty_entry AS entry JOIN loyalty_account AS account ON account.id = entry.account_id
    WHERE entry.id IN ({new})
    ORDER BY entry.id
"""
