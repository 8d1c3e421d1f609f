"""A PostgreSQL and a Redis of one's own, to be killed and started again without disturbing anybody else's."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

PATIENCE = 30.0  # seconds a server has to answer


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def postgres_programs() -> Path | None:
    """Where initdb and postgres are; None where there is no PostgreSQL."""
    found = shutil.which("initdb")
    candidates = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return candidates[-1] if candidates else None


def as_nobody_special() -> list[str]:
    """PostgreSQL refuses to run as root; then its own user runs it."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []


@dataclass
class Server:
    """One server process that can be killed and started again."""

    command: list[str]
    answers: Callable[[], object]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        give_up_at = time.monotonic() + PATIENCE
        while True:
            try:
                self.answers()
            except (psycopg.Error, redis.RedisError):
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.1)
            else:
                return

    def stop(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)

    def restart(self, how: signal.Signals) -> None:
        self.stop(how)
        self.start()


@contextmanager
def own_postgres(folder: Path) -> Iterator[tuple[Server, str]]:
    """An empty PostgreSQL with its URL. SIGQUIT ends it at once and without tidying up, as a crash does."""
    programs, port, place = postgres_programs(), free_port(), folder / "postgres"
    if programs is None:
        raise RuntimeError("There is no PostgreSQL on this machine.")
    place.mkdir()
    if os.geteuid() == 0:
        shutil.chown(place, "postgres")
        for each in (folder, *folder.parents):
            if (
                each.stat().st_uid == 0
                and each.is_relative_to(Path(folder.anchor) / "tmp")
                and each.name != "tmp"
            ):
                each.chmod(each.stat().st_mode | 0o011)
    initdb = [
        *as_nobody_special(),
        str(programs / "initdb"),
        "-D",
        str(place),
        "-A",
        "trust",
        "-U",
        "postgres",
    ]
    subprocess.run([*initdb, "--no-sync"], check=True, stdout=subprocess.DEVNULL)
    url = f"postgres://postgres@127.0.0.1:{port}/postgres"
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "100"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [*as_nobody_special(), str(programs / "postgres"), "-D", str(place), "-p", str(port), *options]
    server = Server(command, answers=lambda: psycopg.connect(url, connect_timeout=2).close())
    server.start()
    try:
        yield server, url
    finally:
        server.stop(signal.SIGQUIT)


@contextmanager
def own_redis(folder: Path) -> Iterator[tuple[Server, str]]:
    """A Redis that keeps nothing on disk, with its URL: killed, it comes back empty."""
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    url = f"redis://127.0.0.1:{port}/0"
    client = redis.Redis(port=port, socket_timeout=2)
    server = Server([*command, "--dir", str(folder)], answers=client.ping)
    server.start()
    try:
        yield server, url
    finally:
        server.stop(signal.SIGKILL)
