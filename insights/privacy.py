"""Nobody is recognised in a figure: groups of one to four people are hidden, and cannot be worked out.

A group is also hidden when the same page shows a wider one that has only one to four people more; and of a series
with hidden steps whose people could be counted by subtraction, one more step is hidden.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from surveys.metrics import SHOWN_FROM, Histogram


@dataclass(frozen=True)
class Cell:
    """How many of a group gave each score from 0; `wider` counts the same group with each filter taken away."""

    counts: tuple[int, ...] = ()
    wider: tuple[int, ...] = ()

    @classmethod
    def of(cls, cells: Iterable["Cell"]) -> "Cell":
        """All these groups taken together; they were filtered alike."""
        parts = list(cells)
        return cls(added(part.counts for part in parts), added(part.wider for part in parts))

    @property
    def histogram(self) -> Histogram:
        return Histogram(dict(enumerate(self.counts)))

    @property
    def n(self) -> int:
        return sum(self.counts)

    @property
    def is_shown(self) -> bool:
        return not is_few(self.n) and not any(is_few(wider - self.n) for wider in self.wider)


def added(rows: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def is_few(people: int) -> bool:
    return 0 < people < SHOWN_FROM


def shown_steps(cells: Sequence[Cell]) -> list[bool]:
    """Which steps of a series are shown beside its total: those hidden hold five people or more, or none."""
    shown = [cell.is_shown for cell in cells]
    hidden = sum(cell.n for cell, is_shown in zip(cells, shown, strict=True) if not is_shown)
    if is_few(hidden):
        rest = [index for index, cell in enumerate(cells) if shown[index] and cell.n]
        if rest:
            shown[min(rest, key=lambda index: cells[index].n)] = False
    return shown
