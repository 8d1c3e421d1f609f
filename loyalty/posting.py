"""Adding an entry to the ledger and moving its account's balance: both or neither, and once."""

from json import dumps
from typing import Any

from django.db import IntegrityError, connection, transaction

from events.publishing import wake
from loyalty.models import Entry

POSTED = "loyalty.entry_posted"


class NotEnoughPoints(Exception):
    """The balance is lower than what should be taken; nothing was posted."""


def post(entry: Entry) -> Entry:
    """Add `entry` and move its account's balance, or return the one posted before. Raises NotEnoughPoints."""
    write = write_at_once if connection.vendor == "postgresql" else write_step_by_step
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            number = write(entry, cursor)
    except IntegrityError:  # somebody posted the same meanwhile, or `reverses` is taken
        if posted := posted_before(entry):
            return posted
        raise
    if number is None:
        if posted := posted_before(entry):
            return posted
        raise NotEnoughPoints
    entry.pk = number
    entry._state.adding = False
    transaction.on_commit(wake, robust=True)
    return entry


def posted_before(entry: Entry) -> Entry | None:
    return Entry.objects.filter(account=entry.account_id, kind=entry.kind, source=entry.source).first()


def payload_of(entry: Entry, *, customer: int) -> dict[str, Any]:
    return {"customer": customer, "points": entry.points, "kind": entry.kind}


# The account's row is the lock. Of two that post the same, the second waits there; it then finds the first one's
# entry, or meets its constraint.
MOVE_BALANCE = """
    UPDATE loyalty_account SET balance = balance + %(points)s
    WHERE id = %(account)s AND balance >= -%(points)s AND NOT EXISTS (
        SELECT 1 FROM loyalty_entry WHERE account_id = %(account)s AND kind = %(kind)s AND source = %(source)s)
    RETURNING customer_id
"""
ADD_ENTRY = """
    INSERT INTO loyalty_entry (account_id, kind, points, source, reverses_id, reward_id, note, at)
    VALUES (%(account)s, %(kind)s, %(points)s, %(source)s, %(reverses)s, %(reward)s, %(note)s, %(at)s)
    RETURNING id
"""
ANNOUNCE = """
    INSERT INTO events_event (type, subject, payload, at) VALUES (%(type)s, %(entry)s, %(payload)s, %(at)s)
"""
ALL_IN_ONE = f"""
    WITH moved AS ({MOVE_BALANCE}), entry AS (
        INSERT INTO loyalty_entry (account_id, kind, points, source, reverses_id, reward_id, note, at)
        SELECT %(account)s, %(kind)s, %(points)s, %(source)s, %(reverses)s, %(reward)s, %(note)s, %(at)s
        FROM moved
        RETURNING id
    ), announced AS (
        INSERT INTO events_event (type, subject, payload, at)
        SELECT %(type)s, entry.id,
            jsonb_build_object('customer', customer_id, 'points', %(points)s, 'kind', %(kind)s), %(at)s
        FROM entry, moved
    )
    SELECT id FROM entry
"""  # noqa: S608  both parts stand here


def write_step_by_step(entry: Entry, cursor: Any) -> int | None:
    """Three statements any database knows; returns the entry's id, or None when the balance was not moved."""
    values = values_of(entry)
    cursor.execute(MOVE_BALANCE, values)
    moved = cursor.fetchone()
    if moved is None:
        return None
    cursor.execute(ADD_ENTRY, values)
    number: int = cursor.fetchone()[0]
    payload = dumps(payload_of(entry, customer=moved[0]))
    cursor.execute(ANNOUNCE, values | {"entry": number, "payload": payload})
    return number


def write_at_once(entry: Entry, cursor: Any) -> int | None:
    """The same in one round trip; PostgreSQL only."""
    cursor.execute(ALL_IN_ONE, values_of(entry))
    row = cursor.fetchone()
    return row[0] if row else None


def values_of(entry: Entry) -> dict[str, Any]:
    return {
        "account": entry.account_id,
        "kind": str(entry.kind),
        "points": entry.points,
        "source": entry.source,
        "reverses": entry.reverses_id,
        "reward": entry.reward_id,
        "note": entry.note,
        "at": connection.ops.adapt_datetimefield_value(entry.at),
        "type": POSTED,
    }
