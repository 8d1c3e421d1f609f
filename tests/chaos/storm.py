"""Fifty faults while a campaign with reminders goes out by two channels.

    python -m tests.chaos.storm [--recipients 20000] [--faults 50] [--seed N]

Prints one JSON line; exits with 1 when somebody was written to twice or forgotten. It needs PostgreSQL's and Redis's
programs, not their servers.

Two workers and a scheduler run against a PostgreSQL and a Redis of their own; a mail server and an SMS gateway write
down what they take, outside of all of them. Faults come in random order, one every few seconds: a worker or the
scheduler is killed, Redis is killed and comes back empty, PostgreSQL falls over and recovers. In the end the send
ledger is compared with what was really taken.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from tests.chaos.aftermath import Aftermath
from tests.chaos.servers import Server, own_postgres, own_redis
from tests.sink import running_sink
from tests.sms_gateway import running_sms_gateway

WORKERS = 2
LEASE_SECONDS = 20
FAULTS = ("worker", "worker", "scheduler", "redis", "postgres")
PAUSES = (1.0, 4.0)  # seconds between two faults
A_FAULT = 6.0  # seconds that one takes with the pause before it and the servers' coming back


class Crew:
    """The product's own processes, each in a group of its own; who was killed is replaced."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def names(self) -> Iterator[tuple[str, list[str]]]:
        celery = [sys.executable, "-m", "celery", "-A", "cxplatform"]
        for n in range(WORKERS):
            quiet = ["--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
            yield (
                f"worker {n}",
                [*celery, "worker", "-n", f"w{n}@%h", "--pool", "threads", "--concurrency", "2", *quiet],
            )
        yield "scheduler", [*celery, "beat", "--loglevel", "ERROR"]

    def fill(self) -> None:
        for name, command in self.names():
            process = self.processes.get(name)
            if process is None or process.poll() is not None:
                self.processes[name] = subprocess.Popen(
                    command,
                    env=dict(self.environment),
                    start_new_session=True,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )

    def kill(self, name: str) -> None:
        process = self.processes[name]
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def dismiss(self) -> None:
        for name in self.processes:
            self.kill(name)


@contextmanager
def crew(environment: Mapping[str, str]) -> Iterator[Crew]:
    hands = Crew(environment)
    hands.fill()
    try:
        yield hands
    finally:
        hands.dismiss()


def weather(folder: Path, *, recipients: int, faults: int, seed: int) -> Aftermath:
    """The whole run, from empty servers to the verdict."""
    with (
        own_postgres(folder) as (postgres, database_url),
        own_redis(folder) as (redis, redis_url),
        running_sink(folder / "mails.log", "--delay", "0.002") as sink,
        running_sms_gateway(folder / "sms.log", "--delay", "0.002") as gateway,
    ):
        environment = {
            "STATE_DIR": str(folder / "state"),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "EMAIL_URL": sink.url,
            "SMS_URL": gateway.as_gateway,
            "OUTBOUND_ALLOW_PRIVATE": "127.0.0.0/8",
            "SENDING_LEASE_SECONDS": str(LEASE_SECONDS),
            "MAIL_CONNECTIONS": "16",
            "DJANGO_SETTINGS_MODULE": "cxplatform.settings",
        }
        os.environ.update(environment)
        from tests.chaos.two_channels import Campaigning  # noqa: PLC0415  Django is set up on these servers

        campaigning = Campaigning.begin(recipients, seconds=faults * A_FAULT)
        began = time.monotonic()
        with crew({**os.environ, **environment}) as hands:
            happened = strike(hands, {"redis": redis, "postgres": postgres}, faults=faults, seed=seed)
            campaigning.wait_until_settled(patience=600)
        return campaigning.aftermath(
            taken=Counter([*sink.accepted(), *gateway.accepted()]),
            faults=happened,
            may_be_unknown=sum(happened[fault] for fault in ("worker",)) * 2 * 16
            + happened["postgres"] * WORKERS * 2 * 16,
            seconds=round(time.monotonic() - began, 1),
        )


def strike(hands: Crew, servers: Mapping[str, Server], *, faults: int, seed: int) -> Counter[str]:
    """One fault after the other; what was killed is back before the next."""
    dice = random.Random(seed)
    happened: Counter[str] = Counter()
    for _ in range(faults):
        time.sleep(dice.uniform(*PAUSES))
        fault = dice.choice(FAULTS)
        happened[fault] += 1
        match fault:
            case "worker":
                hands.kill(f"worker {dice.randrange(WORKERS)}")
            case "scheduler":
                hands.kill("scheduler")
            case "redis":
                servers["redis"].restart(signal.SIGKILL)
            case "postgres":
                servers["postgres"].restart(signal.SIGQUIT)
        hands.fill()
    return happened


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--faults", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        aftermath = weather(Path(folder), **vars(options))
    print(json.dumps({"name": "storm", **asdict(aftermath)}))
    return 0 if aftermath.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
