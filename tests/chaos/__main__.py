"""Kill the worker again and again while a campaign goes out: `make chaos`.

    python -m tests.chaos [--recipients 5000] [--kills 5]

Then, where PostgreSQL's and Redis's programs are installed, the storm: 20,000 recipients and 50 faults, some six minutes
(`python -m tests.chaos.storm`). Prints one JSON line per run; exits with 1 when somebody was written to twice or forgotten. It uses databases of
its own: a SQLite file in a folder that is deleted afterwards and, with TEST_DATABASE_URL, a database "cx_chaos" beside
the one named there.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.chaos.servers import postgres_programs
from tests.sink import running_sink


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipients", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--database", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.database:
        return endure(options)
    failures = 0
    for database in databases():
        command = [sys.executable, "-m", "tests.chaos", "--database", database]
        command += ["--recipients", str(options.recipients), "--kills", str(options.kills)]
        failures += subprocess.run(command, check=False).returncode != 0
    if postgres_programs() and shutil.which("redis-server"):
        failures += subprocess.run([sys.executable, "-m", "tests.chaos.storm"], check=False).returncode != 0
    return 1 if failures else 0


def databases() -> list[str]:
    return ["sqlite", *([os.environ["TEST_DATABASE_URL"]] if "TEST_DATABASE_URL" in os.environ else [])]


def endure(options: argparse.Namespace) -> int:
    """One campaign on one database, from an empty one to the verdict."""
    from tests.chaos.scratch import scratch_database  # noqa: PLC0415  Django is set up by the scratch database

    with (
        tempfile.TemporaryDirectory() as folder,
        scratch_database(options.database, Path(folder)) as database_url,
    ):
        from tests.chaos.campaign import environment_for, make_campaign, run  # noqa: PLC0415  needs Django

        with running_sink(Path(folder) / "accepted.log") as sink:
            environment = environment_for(
                state_dir=Path(folder),
                email_url=sink.url,
                database_url=database_url,
                redis_url=os.environ.get("TEST_REDIS_URL", "") if options.database != "sqlite" else "",
            )
            campaign = make_campaign(options.recipients)
            verdict = run(campaign, sink=sink, kills=options.kills, environment=environment, patience=180)
    print(json.dumps({"database": database_url.partition(":")[0], **asdict(verdict)}))
    return 1 if verdict.doubled or verdict.lost else 0


if __name__ == "__main__":
    sys.exit(main())
