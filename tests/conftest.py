from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.utils import timezone, translation

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday


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


@pytest.fixture(scope="session", autouse=True)
def _ledger_can_be_flushed():
    from tests.loyalty.flushing import lift_triggers_while_flushing  # noqa: PLC0415  settings must be read first

    with pytest.MonkeyPatch.context() as monkeypatch:
        lift_triggers_while_flushing(monkeypatch)
        yield
