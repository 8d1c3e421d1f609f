"""A real browser before the real pages: Chromium through Playwright, a mail server, and a worker at work."""

import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from celery import current_app
from celery.schedules import crontab
from django.db import connections
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    FrameLocator,
    Page,
    expect,
    sync_playwright,
)

from customers.models import Channel
from cxplatform.schedule import SCHEDULE
from tests.waiting import eventually

# The headless shell is the same browser without a window around its pages, and takes a third of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
FEATURES = [  # Chromium starts a process for each of them with every page
    "SpareRendererForSitePerProcess",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # Playwright's own list, which a second flag of this name replaces
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
]
FLAGS = [
    f"--disable-features={','.join(FEATURES)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

LEAVING = ("Execution context was destroyed", "Frame was detached")
PATIENCE = 15_000  # milliseconds: a busy machine is no failure
expect.set_options(timeout=PATIENCE)

# Playwright runs an event loop in the test's thread, in which Django would refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(
            "No Chromium here: apt-get install chromium-headless-shell fonts-noto-core fonts-noto-cjk, or set CHROMIUM."
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
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()


class Mailbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 kept"


@pytest.fixture
def mailbox(settings: Any) -> Iterator[list[EmailMessage]]:
    """A mail server on this machine that the platform is set to use; the mails it took."""
    handler = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_URL = f"smtp://127.0.0.1:{port}"
    settings.EMAIL_BACKEND = "mail.backend.PostOfficeBackend"  # the suite would keep mails in memory
    yield handler.mails
    server.stop()


@pytest.fixture
def worker() -> Iterator[None]:
    """Somebody who runs what the schedule and the bells start, over and over; the nightly tasks excepted."""
    current_app.loader.import_default_modules()
    stop = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        often = [entry["task"] for entry in SCHEDULE.values() if not isinstance(entry["schedule"], crontab)]
        sending = current_app.tasks["surveys.tasks.send_invitations_task"]
        try:
            while not stop.wait(0.2):
                for name in often:
                    current_app.tasks[name].apply(throw=True)
                for channel in Channel:
                    sending.apply(kwargs={"channel": channel.value}, throw=True)
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


def becomes_true(page: Page, expression: str) -> None:
    """Wait for a JavaScript expression. Playwright's own wait evaluates it from a timer, where the page's policy forbids it."""
    eventually(lambda: unless_it_navigates(lambda: page.evaluate(expression)))


def unless_it_navigates(look: Callable[[], Any]) -> Any:
    """What `look` sees; None at the very moment in which another document takes the place of the one it looks at."""
    try:
        return look()
    except Error as error:
        if any(words in error.message for words in LEAVING):
            return None
        raise


def choose(scope: Page | FrameLocator, name: str) -> None:
    """Choose a point of a scale as a person does: by its label, for the radio button itself is out of sight."""
    scope.get_by_role("radio", name=re.compile(rf"^{name}\b")).locator("xpath=..").click()
