from __future__ import annotations

from datetime import UTC, datetime

import pytest

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def at() -> datetime:
    return NOON
