"""A dry run: the whole import in one transaction that is taken back, so that it says exactly what would happen."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction

from customers.imports.columns import check_mapping
from customers.imports.reading import Lines, read_records
from customers.imports.rows import Row, RowReader
from customers.imports.running import CHUNK, take
from customers.imports.writing import Change, Written, units_by_name, write_rows
from customers.models import CustomerImport

EXAMPLES = 20
LARGEST_ON_A_PAGE = 2_000_000  # bytes: a second or two, in which others cannot write


@dataclass(frozen=True, slots=True)
class Example:
    """One row that would be written, and what it says; for an update, what would differ: (name, old, new)."""

    line: int
    who: str
    differences: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Trial:
    """What an import would do."""

    position: int = 0
    rows_read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    created_rows: list[Example] = field(default_factory=list)
    updated_rows: list[Example] = field(default_factory=list)
    refused_rows: list[tuple[int, str]] = field(default_factory=list)

    def add(self, written: Written, *, rows: int, position: int) -> None:
        self.position = position
        self.rows_read += rows
        self.created += written.created
        self.updated += written.updated
        self.unchanged += written.unchanged
        self.refused += len(written.refused)
        changed = (change for change in written.changes if change.is_changed)
        fill(self.created_rows, (Example(row.line, who(row)) for row in written.new))
        fill(self.updated_rows, map(example_of, changed))
        fill(self.refused_rows, ((row.line, row.problem) for row in written.refused))


def try_import(
    *,
    customer_import: CustomerImport,
    mapping: Mapping[str, str],
    defaults: Mapping[str, str],
    at: datetime,
) -> Iterator[Trial]:
    """What importing would do, told after each chunk; nothing of it stays. Raises MappingError."""
    check_mapping(mapping, header=customer_import.header)
    tried = CustomerImport.objects.get(pk=customer_import.pk)
    tried.mapping, tried.defaults = dict(mapping), dict(defaults)
    reader = RowReader(
        header=tried.header, mapping=tried.mapping, defaults=tried.defaults, units=units_by_name(tried)
    )
    trial = Trial()
    with tried.file.open("rb") as file, taken_back():
        lines = Lines(file, position=tried.position, line=tried.line)
        rows = map(reader.read, read_records(lines, delimiter=tried.delimiter))
        for chunk in iter(partial(take, rows, CHUNK), []):
            written = write_rows(chunk, customer_import=tried, at=at)
            trial.add(written, rows=len(chunk), position=lines.position)
            yield trial
    yield trial


@contextmanager
def taken_back() -> Iterator[None]:
    """A transaction of which nothing stays."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def fill(examples: list[Any], more: Iterator[Any]) -> None:
    examples.extend(islice(more, EXAMPLES - len(examples)))


def who(row: Row) -> str:
    name = f"{row.columns.get('first_name', '')} {row.columns.get('last_name', '')}".strip()
    return " · ".join(filter(None, [name, *(value for _kind, value in row.identities)]))


def example_of(change: Change) -> Example:
    said: dict[str, Any] = {**change.row.columns, **change.row.attributes}
    differences = [
        (name, shown(change.before.get(name)), shown(value))
        for name, value in said.items()
        if change.before.get(name) != value
    ]
    return Example(change.row.line, who(change.row), differences + change.answers)


def shown(value: object) -> str:
    return "" if value is None else str(value)
