from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.template import Context, Template
from django.test import TransactionTestCase, client
from django.utils import timezone, translation
from factory.django import DjangoModelFactory
from hypothesis import settings as hypothesis_settings

from tests.database import (
    copy_migrated_database,
    go_back_to,
    go_back_to_rows,
    keep_migrated_numbers,
    keep_migrated_rows,
    migrate_ahead,
    number_as_migrated,
)

# How long an example takes says more about the machine than about the code.
hypothesis_settings.register_profile("suite", deadline=None)
hypothesis_settings.load_profile("suite")

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday
MIGRATED = settings.STATE_DIR / "migrated.sqlite3"


def pytest_configure(config: pytest.Config) -> None:
    """SQLite is migrated while the workers still collect."""
    if not hasattr(config, "workerinput") and connection.vendor == "sqlite":
        Thread(target=migrate_ahead).start()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are cores: who waits for Chromium or for the database leaves one to another."""
    cores = os.cpu_count() or 1
    return cores + cores // 2


def pytest_collection_finish() -> None:
    """What was imported stays to the end: the garbage collector need not look through it again and again, nor so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture
def at() -> datetime:
    return NOON


@pytest.fixture(autouse=True)
def _speak_english_in_the_houses_time_zone():
    """A page shown in one test leaves its language and time zone behind; the next one starts without them."""
    translation.activate("en")
    timezone.deactivate()


@pytest.fixture(autouse=True)
def _forget_who_tried_links():
    """Links that lead nowhere are counted by the process: what one test tried must not hold up the next."""
    cache.clear()


@pytest.fixture(autouse=True)
def _forget_published_versions():
    """A version never changes, so processes keep it; in tests its number comes again with other contents."""
    from surveys.questions.questionnaires import published  # noqa: PLC0415  settings must be read first

    published.cache_clear()


@pytest.fixture(autouse=True)
def _count_from_the_beginning():
    """Names such as "Question 9" and "Question 10" sort otherwise than "1" and "2": none may depend on earlier tests."""
    for factory in DjangoModelFactory.__subclasses__():
        factory.reset_sequence(0)


@pytest.fixture(scope="session", autouse=True)
def _remember_pages_and_not_their_parts() -> Iterator[None]:
    """`reply.context` is the page's own: the client would copy that of each of the hundred templates in it as well."""
    store = client.store_rendered_templates

    def store_page(
        data: Any, signal: Any, sender: Any, template: Template, context: Context, **more: Any
    ) -> None:
        if context.template is template:
            store(data, signal, sender, template, context, **more)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(client, "store_rendered_templates", store_page)
        yield


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb, django_db_modify_db_settings) -> bool:
    """PostgreSQL migrates as pytest-django does; SQLite begins with a copy."""
    if connection.vendor == "postgresql":
        return django_db_keepdb
    copy_migrated_database(MIGRATED)
    shutil.copy(MIGRATED, connection.settings_dict["TEST"]["NAME"])
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """A test that commits leaves the database as the migrations did, and not empty."""
    go_back = partial(go_back_to, MIGRATED)
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock():
            go_back = partial(go_back_to_rows, keep_migrated_rows())
            keep_migrated_numbers()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(TransactionTestCase, "_fixture_teardown", lambda _test: go_back())
        yield


@pytest.fixture
def _django_db_helper(_django_db_helper) -> None:
    """Who is drawn into a sample or reads which subject goes by numbers of rows: each test begins with the same ones."""
    if connection.vendor == "postgresql":
        number_as_migrated()
