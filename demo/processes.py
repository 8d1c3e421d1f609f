"""The three processes of the platform, side by side in one terminal until Ctrl-C."""

import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from honcho.manager import Manager
from honcho.printer import Printer

STOPPED_BY_HAND = {128 + signal.SIGINT, 128 + signal.SIGTERM}
CELERY = f"{sys.executable} -m celery -A cxplatform"


def commands(port: int) -> dict[str, str]:
    return {
        "web": (
            f"{sys.executable} -m gunicorn cxplatform.wsgi --bind 127.0.0.1:{port} --workers 2 --threads 4"
            " --worker-class gthread --access-logfile -"
        ),
        "worker": f"{CELERY} worker --pool threads --concurrency 4 --without-gossip --without-mingle --loglevel INFO",
        "scheduler": f"{CELERY} beat --loglevel INFO",
    }


def run_processes(*, port: int, log: Path, when_ready: Callable[[], None]) -> int:
    """Run web, worker and scheduler until Ctrl-C or until one of them ends; returns the exit code.

    What they print goes to `log`; `when_ready` is called once when the pages answer.
    """
    with log.open("a", encoding="utf-8") as output:
        manager = Manager(Printer(output=output, colour=False))
        for name, command in commands(port).items():
            manager.add_process(name, command, env=os.environ | {"PYTHONUNBUFFERED": "1"})
        threading.Thread(target=wait_until_ready, args=(port, when_ready), daemon=True).start()
        manager.loop()
    return 0 if manager.returncode in STOPPED_BY_HAND else manager.returncode or 0


def wait_until_ready(port: int, when_ready: Callable[[], None]) -> None:
    while not answers(f"http://127.0.0.1:{port}/healthz/live"):
        time.sleep(0.1)
    when_ready()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:  # noqa: S310  our own address
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
