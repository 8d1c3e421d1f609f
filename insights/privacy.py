"""Nobody is recognised in a figure: groups of one to four people are hidden, and cannot be worked out.

A group is also hidden when the same page shows a wider one that has only one to four people more; and of a series
with hidden steps whose people could be counted by subtraction, one more step is hidden.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from surveys.metrics import SHOWN_FROM, Histogram

NOBODY = Histogram()


@dataclass(frozen=True)
class Cell:
    """A group's scores; `wider` counts the same group with each filter taken away in turn."""

    histogram: Histogram = field(default_factory=Histogram)
    wider: tuple[int, ...] = ()

    @property
    def n(self) -> int:
        return self.histogram.total()

    @property
    def is_shown(self) -> bool:
        return not is_few(self.n) and not any(is_few(wider - self.n) for wider in self.wider)

    def __add__(self, other: "Cell") -> "Cell":
        wider = self.wider or (0,) * len(other.wider)
        added = zip(wider, other.wider or (0,) * len(wider), strict=True)
        return Cell(self.histogram + other.histogram, tuple(one + more for one, more in added))


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
