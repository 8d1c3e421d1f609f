"""A real browser before the real pages: Chromium through Playwright, a mail server, and a worker at work."""

import os
import shutil
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from celery import current_app
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from cxplatform.schedule import SCHEDULE

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# Playwright runs an event loop in the test's thread, in which Django would refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(
            "No Chromium here: apt-get install chromium fonts-noto-core fonts-noto-cjk, or set CHROMIUM."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, live_server: Any) -> Iterator[Any]:
    """Open a person's browser: `visit(locale="fa", javascript=False)` gives a context of its own."""
    contexts: list[BrowserContext] = []

    def open_context(*, locale: str = "en", javascript: bool = True, **options: Any) -> BrowserContext:
        context = chromium.new_context(
            base_url=live_server.url, locale=locale, java_script_enabled=javascript, **options
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()


class Mailbox(Message):
    """Keeps what arrives."""

    def __init__(self) -> None:
        super().__init__(EmailMessage)
        self.mails: list[EmailMessage] = []

    def handle_message(self, message: Any) -> None:
        self.mails.append(message)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[list[EmailMessage]]:
    """A mail server on this machine that the platform is set to use; the mails it took."""
    handler = Mailbox()
    server = Controller(handler, hostname="127.0.0.1", port=0)
    server.start()
    port = server.server.sockets[0].getsockname()[1]
    settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
    yield handler.mails
    server.stop()


@pytest.fixture
def worker() -> Iterator[None]:
    """Somebody who runs every task of the schedule, over and over, as scheduler and worker would."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        names = [entry["task"] for entry in SCHEDULE.values() if isinstance(entry["schedule"], int | float)]
        try:
            while not stop.wait(0.2):
                for name in names:
                    current_app.tasks[name].apply(throw=True)
        except BaseException as error:  # noqa: BLE001  told to the test below
            failures.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()
    assert failures == []
