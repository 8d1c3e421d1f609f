"""What stands above the answers in a file: the names of its columns, in one line or, with some tools, in two or three."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import IO
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from customers.imports.files import DELIMITERS
from customers.imports.reading import Lines, Record, read_records
from surveys.switching.moments import NotAMoment, moment_of
from surveys.switching.taken import NotReadable
from surveys.switching.tools import DATE, ID, Tool, tool_named, tool_of

MOST_COLUMNS = 500
LONGEST_NAME = 200
IMPORT_ID = "ImportId"
ZONE_IN_JSON = re.compile(r'"timeZone":\s*"([^"]+)"')
WITHOUT_MEANING = {"response", "open-ended response"}


@dataclass(frozen=True)
class Head:
    """`header` names every column, `labels` is a second line about them or empty; the answers begin at the place.

    `zone` is the one the head says dates are in, if it says so.
    """

    delimiter: str
    header: list[str]
    labels: list[str]
    tool: str
    zone: str
    position: int  # bytes
    line: int


def read_head(file: IO[bytes]) -> Head:
    """The head of a table kept in UTF-8. Raises NotReadable."""
    delimiter = max(DELIMITERS, key=lambda each: width_of(file, each))
    lines = Lines(file, position=0, line=0)
    records = read_records(lines, delimiter=delimiter)
    first = next(records, None)
    if first is None or first.problem:
        raise NotReadable(_("The first line must hold the names of the columns."))
    if not 1 < len(first.cells) <= MOST_COLUMNS:
        raise NotReadable(
            _(
                "The file must have between 2 and %(most)s columns, separated by commas, semicolons or tabs; it has "
                "%(count)s."
            )
            % {"most": MOST_COLUMNS, "count": len(first.cells)}
        )
    header = [named(cell) for cell in first.cells]
    tool = tool_of(header)
    place = lines.position, lines.line
    labels: list[str] = []
    zone = ""
    for record in islice(records, tool_named(tool).head_lines - 1):
        if not is_head(record, header, tool_named(tool)):
            break
        if any(IMPORT_ID in cell for cell in record.cells):
            zone = zone_in(record.cells)
        else:
            labels = [named(cell) for cell in record.cells]
        place = lines.position, lines.line
    lines.go_to(*place)
    if next(read_records(lines, delimiter=delimiter), None) is None:
        raise NotReadable(
            _("There is no answer in this file: it has a line of column names and nothing below.")
        )
    header, labels = carried_on(header, labels)
    return Head(delimiter, header, labels, tool, zone, *place)


def width_of(file: IO[bytes], delimiter: str) -> int:
    first = next(read_records(Lines(file, position=0, line=0), delimiter=delimiter), None)
    return len(first.cells) if first and not first.problem else 0


def named(cell: str) -> str:
    return " ".join(cell.replace("\x00", "").split())[:LONGEST_NAME]


def is_head(record: Record, header: Sequence[str], tool: Tool) -> bool:
    """Whether a line belongs to the head still: where answers have their number or date, it has none."""
    if record.problem:
        return False
    told = dict(zip((name.lower() for name in header), record.cells, strict=False))
    ids = [told.get(name, "").strip() for name, target in tool.columns.items() if target == ID]
    dates = [told[name] for name, target in tool.columns.items() if target == DATE and name in told]
    is_named = any(" " in each or each.startswith("{") for each in ids)
    return not any(ids) or (is_named and not any(map(is_date, dates)))


def zone_in(cells: Sequence[str]) -> str:
    """The time zone that Qualtrics writes above its dates, in JSON."""
    named_zones = (ZONE_IN_JSON.search(cell) for cell in cells)
    return next((found[1] for found in named_zones if found and found[1] in available_timezones()), "")


def is_date(text: str) -> bool:
    for days_first in (True, False):
        try:
            moment_of(text, days_first=days_first, zone=UTC)
        except NotAMoment:
            continue
        return True
    return False


def carried_on(header: Sequence[str], labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """A question of several columns is named above the first one only: its name is carried on to the others."""
    labels = [*labels, *[""] * (len(header) - len(labels))][: len(header)]
    labels = ["" if label.lower() in WITHOUT_MEANING else label for label in labels]
    return list(names_carried(header, labels)), labels if any(labels) else []


def names_carried(header: Sequence[str], labels: Sequence[str]) -> Iterator[str]:
    last = ""
    for name, label in zip(header, labels, strict=True):
        last = name or (last if label else "")
        yield last
