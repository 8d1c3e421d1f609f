import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.database import copy_migrated_database

ROWS = 20_000
MANAGE = [sys.executable, "manage.py"]
FINISH = (
    "import django; django.setup(); from django.utils import timezone; "
    "from customers.imports.running import run_imports; assert run_imports(at=timezone.now(), seconds=300)"
)


@pytest.mark.slow
def test_an_import_killed_in_the_middle_is_finished_by_a_worker_without_doubling(tmp_path):
    database = tmp_path / "cx.sqlite3"
    environment = os.environ | {
        "STATE_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{database}",
        "DJANGO_SETTINGS_MODULE": "cxplatform.settings",
    }
    lines = ["id,email,name", *(f"{n},p{n}@mail.example,Person {n}" for n in range(ROWS))]
    file = tmp_path / "customers.csv"
    file.write_text("\n".join(lines))
    copy_migrated_database(database)

    importer = subprocess.Popen(
        [*MANAGE, "import_customers", str(file)], env=environment, stderr=subprocess.DEVNULL
    )
    while not (done := rows_read(database)) and importer.poll() is None:
        time.sleep(0.02)
    importer.send_signal(signal.SIGKILL)
    importer.wait()
    killed_after = rows_read(database)
    assert 0 < done <= killed_after < ROWS

    execute(database, "UPDATE customers_customerimport SET lease_until = NULL")  # as two minutes later
    subprocess.run([sys.executable, "-c", FINISH], env=environment, check=True)

    assert execute(
        database, "SELECT state, rows_read, created_count, refused_count FROM customers_customerimport"
    ) == [("done", ROWS, ROWS, 0)]
    assert execute(database, "SELECT count(*) FROM customers_customer") == [(ROWS,)]
    assert execute(database, "SELECT count(*), count(DISTINCT value) FROM customers_identity") == [
        (2 * ROWS, 2 * ROWS)
    ]


def rows_read(database) -> int:
    return sum(rows for (rows,) in execute(database, "SELECT rows_read FROM customers_customerimport"))


def execute(database, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()
