"""A time limit for queries whose cost depends on what somebody chose on a page."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

LOOK_EVERY = 10_000  # SQLite's virtual machine instructions


class TookTooLong(Exception):
    """The database was stopped: the question needs a narrower choice."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Stop the queries inside after `seconds`. Raises TookTooLong."""
    stop_at = time.monotonic() + seconds
    try:
        if connection.vendor == "postgresql":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
                yield
        else:
            connection.ensure_connection()
            connection.connection.set_progress_handler(lambda: time.monotonic() > stop_at, LOOK_EVERY)
            yield
    except OperationalError as error:
        if time.monotonic() < stop_at:
            raise
        raise TookTooLong from error
    finally:
        if connection.vendor == "sqlite":
            connection.connection.set_progress_handler(None, 0)
