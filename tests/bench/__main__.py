"""`make bench`: one JSON line per measurement, each with the raw floor measured in the same run.

    python -m tests.bench [NAME …]        NAME is sending, responses, imports, ledger, customers, dashboard, planning or followups; all of them by default

Runs on SQLite and, with TEST_DATABASE_URL, on PostgreSQL; each bench in a process and a database of its own.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

BENCHES = ("sending", "responses", "imports", "ledger", "customers", "dashboard", "planning", "followups")


def main(names: list[str]) -> int:
    databases = ["sqlite", *([os.environ["TEST_DATABASE_URL"]] if "TEST_DATABASE_URL" in os.environ else [])]
    codes = [
        subprocess.run([sys.executable, "-m", "tests.bench", "--one", name, database], check=False).returncode
        for name in names or BENCHES
        for database in databases
    ]
    return max(codes)


def measure(name: str, database: str) -> None:
    from tests.chaos.scratch import scratch_database  # noqa: PLC0415  Django is set up by the scratch database

    with (
        tempfile.TemporaryDirectory() as folder,
        scratch_database(database, Path(folder), name=f"cx_bench_{name}"),
    ):
        bench = importlib.import_module(f"tests.bench.{name}")
        if database != "sqlite":
            wait_for_vacuum()
        for measurement in bench.measurements(Path(folder)):
            kind = "sqlite" if database == "sqlite" else "postgresql"
            print(json.dumps({**measurement, "name": f"{kind}: {measurement['name']}"}), flush=True)


def wait_for_vacuum() -> None:
    """A table that the database tidies up by itself at this moment is tidied up by us after that, however long it takes."""
    from django.db import connection  # noqa: PLC0415  Django is set up by now

    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--one", name, database]:
            measure(name, database)
        case names:
            sys.exit(main(names))
