"""What customers did, as segment conditions: each room lends its own."""

from typing import Any

ACTIVITIES: tuple[Any, ...] = ()
