"""Giving points to many members at once: a handful of statements, whatever their number."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from json import dumps

from django.db import connection, transaction

from events.publishing import publish_each
from loyalty.ledger import checked
from loyalty.models import Account, Entry, Program
from loyalty.posting import POSTED, payload_of

BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Earning:
    """What one customer earned, by the customer's number."""

    customer: int
    points: int
    source: str
    at: datetime
    note: str = ""


def enrol_all(*, program: Program, customers: Iterable[int], at: datetime) -> None:
    """Make the customers of these numbers members of `program`; who is one stays as they are."""
    Account.objects.bulk_create(
        (Account(program=program, customer_id=customer, joined_at=at) for customer in sorted(customers)),
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def earn_points_for_all(*, program: Program, rows: Iterable[Earning]) -> list[Entry]:
    """Give members their points, each once for its source; returns the new entries.

    Customers who are not members are passed over. A batch is one transaction; raises PointsOutOfRange.
    """
    remaining = iter(rows)
    entries: list[Entry] = []
    while batch := list(islice(remaining, BATCH)):
        entries += earn_batch(program, batch)
    return entries


@transaction.atomic
def earn_batch(program: Program, rows: Sequence[Earning]) -> list[Entry]:
    accounts = lock_accounts(program, {row.customer for row in rows})
    wanted: dict[tuple[int, str], Entry] = {}
    for row in rows:
        if account := accounts.get(row.customer):
            wanted.setdefault((account, row.source), entry_of(row, account))
    for key in posted_before(wanted):
        wanted.pop(key, None)
    entries = Entry.objects.bulk_create(wanted.values())
    move_balances(entries)
    customers = {account: customer for customer, account in accounts.items()}
    publish_each(
        POSTED,
        ((entry.pk, entry.at, payload_of(entry, customer=customers[entry.account_id])) for entry in entries),
    )
    return entries


def entry_of(row: Earning, account: int) -> Entry:
    return Entry(
        account_id=account,
        kind=Entry.Kind.EARNED,
        points=checked(row.points),
        source=row.source,
        note=row.note,
        at=row.at,
    )


def lock_accounts(program: Program, customers: Iterable[int]) -> dict[int, int]:
    """Account by customer, locked in the order of their numbers: two batches never wait for each other in a circle."""
    accounts = Account.objects.filter(program=program, customer__in=customers).order_by("pk")
    return dict(accounts.select_for_update().values_list("customer", "pk"))


def posted_before(wanted: Iterable[tuple[int, str]]) -> Iterable[tuple[int, str]]:
    keys = list(wanted)
    posted = Entry.objects.filter(
        kind=Entry.Kind.EARNED,
        account__in={account for account, _ in keys},
        source__in={source for _, source in keys},
    )
    return list(posted.order_by().values_list("account", "source"))


MOVE_BALANCES = """
    UPDATE loyalty_account SET balance = balance + moved.points
    FROM (
        SELECT account_id, SUM(points) AS points FROM loyalty_entry WHERE id {in_these} GROUP BY account_id
    ) AS moved
    WHERE loyalty_account.id = moved.account_id
"""


def move_balances(entries: Sequence[Entry]) -> None:
    """Add the sums of these new entries to the balances of their accounts."""
    ids = [entry.pk for entry in entries]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(MOVE_BALANCES.format(in_these="= ANY(%s)"), [ids])
        else:
            cursor.execute(
                MOVE_BALANCES.format(in_these="IN (SELECT value FROM json_each(%s))"), [dumps(ids)]
            )
