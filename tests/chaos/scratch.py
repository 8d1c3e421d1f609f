"""A database of one's own, and Django set up on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psycopg
from django.core.management import call_command
from django.db import connections

from tests.database import copy_migrated_database

NAME = "cx_chaos"


@contextmanager
def scratch_database(database: str, folder: Path, *, name: str = NAME) -> Iterator[str]:
    """The URL of an empty, migrated database that is gone afterwards; Django of this process uses it."""
    os.environ["STATE_DIR"] = str(folder)
    if database == "sqlite":
        url = f"sqlite:///{folder / 'cx.sqlite3'}"
    else:
        url = f"{database.rpartition('/')[0]}/{name}"
        execute(database, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    os.environ["DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "cxplatform.settings"
    django.setup()
    if database == "sqlite":
        copy_migrated_database(folder / "cx.sqlite3")
    call_command("migrate", verbosity=0)
    try:
        yield url
    finally:
        connections.close_all()
        if database != "sqlite":
            execute(database, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def execute(database: str, *statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]
