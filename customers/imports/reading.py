"""Reading a table record by record, each with the place where it ends, so that an import can go on from there.

A broken record costs its first line only: reading goes on with the next, so a missing quotation mark
does not swallow the rest of the file.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Self

from django.utils.translation import gettext as _

LONGEST_LINE = 500_000  # bytes
MOST_LINES = 100  # of one record


@dataclass(slots=True)
class Record:
    """One row of the file; `problem` says why it could not be taken apart, and then its one cell is the raw line."""

    line: int
    cells: list[str]
    problem: str = ""


class Lines:
    """The lines of a file from a position on, as text."""

    def __init__(self, file: IO[bytes], *, position: int, line: int) -> None:
        self.file = file
        self.go_to(position, line)

    def go_to(self, position: int, line: int) -> None:
        self.file.seek(position)
        self.position = position
        self.line = line
        self.lines_of_record = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        raw = self.file.readline(LONGEST_LINE)
        if not raw:
            raise StopIteration
        self.lines_of_record += 1
        if self.lines_of_record > MOST_LINES or len(raw) == LONGEST_LINE:
            raise csv.Error
        self.position += len(raw)
        self.line += 1
        return raw.decode()

    def skip_line(self) -> str:
        """Leave out the line at hand; returns how it begins."""
        start = b""
        while raw := self.file.readline(LONGEST_LINE):
            start = start or raw
            self.position += len(raw)
            if raw.endswith(b"\n"):
                break
        self.line += 1
        self.lines_of_record = 0
        return start[:2000].decode(errors="replace").rstrip("\n")


def read_records(lines: Lines, *, delimiter: str) -> Iterator[Record]:
    """Every record after the place where `lines` stands; afterwards `lines` stands where the record ended."""
    while True:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        start = lines.position, lines.line
        try:
            for cells in reader:
                if cells:
                    yield Record(start[1] + 1, cells)
                start = lines.position, lines.line
                lines.lines_of_record = 0
        except csv.Error:
            lines.go_to(*start)
            raw = lines.skip_line()
            yield Record(start[1] + 1, [raw], _("A quotation mark is missing, or the row is far too long."))
        else:
            return
