"""The three processes of the platform and a telephone company, side by side in one terminal until Ctrl-C."""

import os
import secrets
import signal
import socket
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
DEMO = {"TAKE_FILES": "1"}  # what is off by default, and worth seeing; the environment may say otherwise
SMS_URL = (
    "http-gateway://demo@127.0.0.1:{port}/?tls=no&secret={secret}&id=messages.0.id"
    "&field.to={{to}}&field.text={{text}}&field.ref={{id}}&field.callback={{callback}}"
)
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


def telephones(*, beside: int) -> tuple[dict[str, str], dict[str, str]]:
    """The command of the demo's telephone company, and the environment in which the platform hands it SMS.

    Neither where the environment names a provider of its own.
    """
    if os.environ.get("SMS_URL"):
        return {}, {}
    port, secret = free_port(beside + 1), secrets.token_urlsafe()
    command = {"telephones": f"{sys.executable} -m demo.gateway {port}"}
    inside = ",".join(filter(None, (os.environ.get("OUTBOUND_ALLOW_PRIVATE"), "127.0.0.1/32")))
    return command, {
        "SECRET": secret,
        "SMS_URL": SMS_URL.format(port=port, secret=secret),
        "OUTBOUND_ALLOW_PRIVATE": inside,
    }


def free_port(wanted: int) -> int:
    """`wanted`, or any other where somebody listens there."""
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", wanted))
        except OSError:
            listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run_processes(*, port: int, log: Path, when_ready: Callable[[], None]) -> int:
    """Run web, worker, scheduler and telephones until Ctrl-C or until one of them ends; returns the exit code.

    What they print goes to `log`; `when_ready` is called once when the pages answer.
    """
    with log.open("a", encoding="utf-8") as output:
        manager = Manager(Printer(output=output, colour=False))
        company, sms = telephones(beside=port)
        environment = DEMO | os.environ | sms | {"PYTHONUNBUFFERED": "1"}
        for name, command in (commands(port) | company).items():
            manager.add_process(name, command, env=environment)
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
