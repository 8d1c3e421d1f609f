"""Migrating takes longer than most files of the suite: the empty SQLite database it makes is kept in var/.

Every worker begins with a copy, and goes back to it after a test that committed: emptying all tables would take far
longer, and take the rows along that migrations put there. The file is named after the contents of all migrations, so that none of them changes
unseen; when there is none of that name, the first worker migrates, as an installation would, and the others wait.
"""

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import django
from django.apps import apps
from django.db import connection, transaction

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "var"


def copy_migrated_database(target: Path) -> None:
    with migrated_database() as kept:
        shutil.copy(kept, target)


def migrate_ahead() -> None:
    """Whoever needs the database a moment later waits for the rest only."""
    with migrated_database():
        pass


@contextmanager
def migrated_database() -> Iterator[Path]:
    FOLDER.mkdir(exist_ok=True)
    kept = FOLDER / f"migrated-{digest_of_migrations()}.sqlite3"
    with (FOLDER / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for older in FOLDER.glob("migrated-*"):
                older.unlink()
            migrate(FOLDER / "migrated-unfinished").rename(kept)
        yield kept


def digest_of_migrations() -> str:
    digest = hashlib.sha256(django.__version__.encode())
    for app in apps.get_app_configs():
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def migrate(file: Path) -> Path:
    with tempfile.TemporaryDirectory() as state_dir:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"],
            cwd=PROJECT,
            env=os.environ
            | {
                "STATE_DIR": state_dir,
                "DATABASE_URL": f"sqlite:///{file}",
                "DJANGO_SETTINGS_MODULE": "cxplatform.settings",
            },
            check=True,
        )
    return file


def go_back_to(migrated: Path) -> None:
    connection.ensure_connection()
    with closing(sqlite3.connect(migrated)) as source:
        source.backup(connection.connection, sleep=0.01)


def keep_migrated_rows() -> list[str]:
    """The tables of a fresh PostgreSQL database that migrations filled; their rows are kept in a schema of their own."""
    filled = [name for name in tables_with_rows() if name != "django_migrations"]
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS migrated CASCADE; CREATE SCHEMA migrated")
        for name in filled:
            cursor.execute(f'CREATE TABLE migrated."{name}" AS TABLE "{name}"')
    return filled


def go_back_to_rows(migrated: list[str]) -> None:
    """Truncating takes PostgreSQL two seconds, as every table has files; deleting a few rows takes none.

    Their triggers, such as those of the ledgers, are off meanwhile: a superuser may do that.
    """
    filled = [name for name in tables_with_rows() if name != "django_migrations"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(";".join(f'DELETE FROM "{name}"' for name in filled))
        cursor.execute(";".join(f'INSERT INTO "{name}" TABLE migrated."{name}"' for name in migrated))


def tables_with_rows() -> list[str]:
    names = connection.introspection.table_names()
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in names)
        )
        return [name for (name,) in cursor]


def keep_migrated_numbers() -> None:
    """Where the sequences of a fresh PostgreSQL database stand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE migrated.sequences AS"
            " SELECT CAST(format('%I.%I', schemaname, sequencename) AS regclass) AS sequence,"
            " COALESCE(last_value, start_value) AS value, last_value IS NOT NULL AS is_called FROM pg_sequences"
        )


def number_as_migrated() -> None:
    """PostgreSQL gives no number twice, whatever was rolled back; SQLite does, and draws go by the numbers of rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(sequence, value, is_called) FROM migrated.sequences")
