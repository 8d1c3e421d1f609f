"""Which event starts which reactions. Who reads this table and schedule.py knows everything that starts by itself."""

from events.delivery import Reaction

REACTIONS: dict[str, tuple[Reaction, ...]] = {}
