"""Adding an entry to the ledger and moving its account's balance: both or neither, and once."""

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from events.publishing import publish, wake
from loyalty.models import Account, Entry

POSTED = "loyalty.entry_posted"


class NotEnoughPoints(Exception):
    """The balance is lower than what should be taken; nothing was posted."""


def post(entry: Entry) -> Entry:
    """Add `entry` and move its account's balance, or return the one posted before. Raises NotEnoughPoints."""
    write = post_in_one_statement if connection.vendor == "postgresql" else post_step_by_step
    try:
        with transaction.atomic():
            return write(entry)
    except IntegrityError:  # somebody posted the same meanwhile, or `reverses` is taken
        if posted := posted_before(entry):
            return posted
        raise


def posted_before(entry: Entry) -> Entry | None:
    return Entry.objects.filter(account=entry.account_id, kind=entry.kind, source=entry.source).first()


def payload_of(entry: Entry, *, customer: int) -> dict[str, Any]:
    return {"customer": customer, "points": entry.points, "kind": entry.kind}


def post_step_by_step(entry: Entry) -> Entry:
    """The same on any database."""
    if posted := posted_before(entry):
        return posted
    account = Account.objects.filter(pk=entry.account_id)
    if not account.filter(balance__gte=-entry.points).update(balance=F("balance") + entry.points):
        raise NotEnoughPoints
    entry.save(force_insert=True)
    publish(POSTED, subject=entry.pk, at=entry.at, **payload_of(entry, customer=entry.account.customer_id))
    return entry


# The account's row is the lock. Of two that post the same, the second waits there and then meets the constraint.
ONE_STATEMENT = """
    WITH moved AS (
        UPDATE loyalty_account SET balance = balance + %(points)s
        WHERE id = %(account)s AND balance >= -%(points)s AND NOT EXISTS (
            SELECT 1 FROM loyalty_entry
            WHERE account_id = %(account)s AND kind = %(kind)s AND source = %(source)s)
        RETURNING id, customer_id
    ), entry AS (
        INSERT INTO loyalty_entry (account_id, kind, points, source, reverses_id, reward_id, note, at)
        SELECT id, %(kind)s, %(points)s, %(source)s, %(reverses)s, %(reward)s, %(note)s, %(at)s FROM moved
        RETURNING id
    ), announced AS (
        INSERT INTO events_event (type, subject, payload, at)
        SELECT %(type)s, entry.id,
            jsonb_build_object('customer', customer_id, 'points', %(points)s, 'kind', %(kind)s), %(at)s
        FROM entry, moved
    )
    SELECT id FROM entry
"""


def post_in_one_statement(entry: Entry) -> Entry:
    """The same as post_step_by_step in one round trip instead of four; PostgreSQL only."""
    values: dict[str, Any] = {
        "account": entry.account_id,
        "kind": str(entry.kind),
        "points": entry.points,
        "source": entry.source,
        "reverses": entry.reverses_id,
        "reward": entry.reward_id,
        "note": entry.note,
        "at": entry.at,
        "type": POSTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(ONE_STATEMENT, values)
        row = cursor.fetchone()
    if row is None:
        if posted := posted_before(entry):
            return posted
        raise NotEnoughPoints
    entry.pk = row[0]
    entry._state.adding = False
    transaction.on_commit(wake, robust=True)
    return entry
