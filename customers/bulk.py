"""Many rows at once, in the words of each database: COPY on PostgreSQL, executemany on SQLite."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

Row = tuple[Any, ...]

EACH_OF_AN_ARRAY = """
    SELECT found.value, found.id, found.customer_id, found.is_primary
    FROM unnest(%s::text[]) AS wanted(value) CROSS JOIN LATERAL (
        SELECT * FROM customers_identity WHERE kind = %s AND source = %s AND value = wanted.value LIMIT 1
    ) AS found
"""
EACH_OF_A_JSON_LIST = """
    SELECT value, id, customer_id, is_primary FROM customers_identity
    WHERE kind = %s AND source = %s AND value IN (SELECT value FROM json_each(%s))
"""


def identities_among(
    values: Sequence[str], *, kind: str, source: str = ""
) -> list[tuple[str, int, int, bool]]:
    """Value, key, customer and is_primary of the identities of `kind` and `source` that are there.

    Each value is looked up in the index by itself: PostgreSQL, whose statistics lag behind a running import,
    would otherwise read all identities of the kind for every chunk.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(EACH_OF_AN_ARRAY, [list(values), kind, source])
        else:
            cursor.execute(EACH_OF_A_JSON_LIST, [kind, source, json.dumps(values)])
        return [
            (value, pk, customer_id, bool(is_primary))
            for value, pk, customer_id, is_primary in cursor.fetchall()
        ]


def refresh_statistics(*models: type[Model]) -> None:
    """After many new rows: PostgreSQL plans by what it knows of its tables, and would learn it only later."""
    if connection.vendor == "postgresql":
        tables = ", ".join(f'"{model._meta.db_table}"' for model in models)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {tables}")


def reserve_ids(model: type[Model], n: int) -> Sequence[int]:
    """`n` fresh primary keys of `model`; call it inside the transaction that uses them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, n]
            )
            return [pk for (pk,) in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
    return range(last + 1, last + 1 + n)


def insert_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Insert `rows` of `columns`, already in the form the database keeps."""
    names = ", ".join(f'"{column}"' for column in columns)
    table = f'"{model._meta.db_table}"'
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(rows))  # noqa: S608  our own names


def update_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Set `columns` of rows by primary key; each row is the new values and then the key."""
    assignments = ", ".join(f'"{column}" = %s' for column in columns)
    with connection.cursor() as cursor:
        cursor.executemany(
            f'UPDATE "{model._meta.db_table}" SET {assignments} WHERE "id" = %s',  # noqa: S608  our own names
            list(rows),
        )
