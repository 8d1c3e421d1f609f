"""PostgreSQL statements that run hundreds of times a second: planned once, and at work while the caller goes on.

Planning such a statement costs as much as running it, and waiting for it as much as what else there is to do. The
driver has no call that sends a statement and comes back for its rows; its wrapper of libpq has. Imported where PostgreSQL is in use: SQLite needs no driver.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from select import select
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.transaction import TransactionManagementError
from psycopg import errors, pq

Row = tuple[str | None, ...]
PLACEHOLDER = re.compile(r"%\((\w+)\)s")

_prepared: WeakKeyDictionary[object, dict[str, bytes]] = (
    WeakKeyDictionary()
)  # names of statements, by connection


def run_beside(statement: str, values: Mapping[str, str], *, meanwhile: Callable[[int], None]) -> list[Row]:
    """The rows of a statement with %(named)s values, all of them as PostgreSQL writes them; it is a commit of its own.

    While it runs `meanwhile` is called once, with the number of a socket that can be read when the rows are there.
    Raises TransactionManagementError in a transaction.
    """
    if connection.in_atomic_block:
        raise TransactionManagementError("What runs beside something else commits by itself.")
    connection.ensure_connection()
    with connection.wrap_database_errors:
        try:
            return rows_of(statement, values, meanwhile=meanwhile)
        except errors.InvalidSqlStatementName:  # after a rollback the driver forgets whatever was prepared
            _prepared.pop(connection.connection)
            return rows_of(statement, values, meanwhile=lambda _until: None)


def rows_of(statement: str, values: Mapping[str, str], *, meanwhile: Callable[[int], None]) -> list[Row]:
    server = connection.connection.pgconn
    numbered_statement, names = numbered(statement)
    parameters = [values[name].encode() for name in names]
    if connection.connection.prepare_threshold is None:  # a pooler between us shares connections
        server.send_query_params(numbered_statement, parameters)
    else:
        server.send_query_prepared(name_of(statement), parameters)
    while server.flush():
        select([], [server.socket], [])
    try:
        meanwhile(server.socket)
    finally:
        results = []
        while result := server.get_result():
            results.append(result)
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise errors.error_from_result(result)
    [result] = results
    columns = range(result.nfields)
    return [tuple(text(result.get_value(row, column)) for column in columns) for row in range(result.ntuples)]


def text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


@cache
def numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    """The statement with $1, $2 … for its names, and those."""
    names = tuple(dict.fromkeys(PLACEHOLDER.findall(statement)))
    return PLACEHOLDER.sub(lambda found: f"${names.index(found[1]) + 1}", statement).encode(), names


def name_of(statement: str) -> bytes:
    """What the statement is called on this connection; it is prepared when it is not yet."""
    known = _prepared.setdefault(connection.connection, {})
    if statement not in known:
        name = b"beside_%d" % len(known)
        result = connection.connection.pgconn.prepare(name, numbered(statement)[0])
        if result.status != pq.ExecStatus.COMMAND_OK:
            raise errors.error_from_result(result)
        known[statement] = name
    return known[statement]
