"""Waiting for what happens elsewhere: in another thread, another process, a browser."""

import time
from collections.abc import Callable
from typing import Any


def eventually(look: Callable[[], Any], *, until: Callable[[Any], Any] = bool, seconds: float = 20) -> Any:
    """What `look` sees once it satisfies `until`; fails after so many seconds."""
    give_up_at = time.monotonic() + seconds
    while not until(seen := look()):
        assert time.monotonic() < give_up_at, f"Still {seen!r}"
        time.sleep(0.02)
    return seen
