"""Running imports of customers, chunk by chunk, as customers/imports/uploads.py does with any file."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO

from django.db import transaction

from customers.bulk import refresh_statistics
from customers.imports.columns import check_mapping
from customers.imports.reading import Lines, read_records
from customers.imports.rows import Row, RowReader
from customers.imports.uploads import (
    WORK_AT_MOST,
    claim_first,
    discard,
    finish,
    go_on,
    hold_lease,
    kept,
    note_place,
    run_waiting,
    start,
    work_off,
)
from customers.imports.writing import units_by_name, write_rows
from customers.models import Consent, Customer, CustomerImport, Identity, RefusedRow
from events.doorbell import ring

CHUNK = 5_000


def start_import(
    *, customer_import: CustomerImport, mapping: Mapping[str, str], defaults: Mapping[str, str]
) -> None:
    """Let the workers import it with these columns. Raises MappingError or AlreadyStarted."""
    check_mapping(mapping, header=customer_import.header)
    start(customer_import, wake=wake, mapping=dict(mapping), defaults=dict(defaults))


def discard_import(*, customer_import: CustomerImport) -> bool:
    """Throw an uploaded file away before it is imported; False when its import has begun."""
    return discard(customer_import)


def try_again(*, customer_import: CustomerImport) -> bool:
    """Go on with a failed import from where it stopped; False when it has not failed."""
    return go_on(customer_import, wake=wake)


def wake() -> None:
    from customers.tasks import run_imports_task  # noqa: PLC0415  the task calls this module

    ring(run_imports_task)


def run_imports(*, at: datetime, seconds: float = WORK_AT_MOST) -> bool:
    """What a worker does when the bell rings; False when it stopped with work left over."""
    return run_waiting(CustomerImport, partial(run_import, at=at), seconds=seconds)


def claim_import(customer_import: CustomerImport) -> CustomerImport | None:
    """The lease on this very import; None while another worker holds it or when it is finished."""
    return claim_first(CustomerImport.objects.filter(pk=customer_import.pk))


def run_import(customer_import: CustomerImport, *, at: datetime) -> Iterator[CustomerImport]:
    """Import chunk after chunk, telling after each; whoever stops listening leaves the rest to others."""
    return work_off(customer_import, partial(import_chunks, customer_import, at=at), at=at)


def import_chunks(
    customer_import: CustomerImport, file: IO[bytes], *, at: datetime
) -> Iterator[CustomerImport]:
    lines = Lines(file, position=customer_import.position, line=customer_import.line)
    records = read_records(lines, delimiter=customer_import.delimiter)
    reader = RowReader(
        header=customer_import.header,
        mapping=customer_import.mapping,
        defaults=customer_import.defaults,
        units=units_by_name(customer_import),
    )
    rows = map(reader.read, records)
    for chunk in iter(partial(take, rows, CHUNK), []):
        write_chunk(customer_import, chunk, place=(lines.position, lines.line), at=at)
        yield customer_import
    if finish(customer_import, at=at):
        refresh_statistics(Customer, Identity, Consent)
    yield customer_import


def take(rows: Iterator[Row], n: int) -> list[Row]:
    return list(islice(rows, n))


@transaction.atomic
def write_chunk(
    customer_import: CustomerImport, rows: list[Row], *, place: tuple[int, int], at: datetime
) -> None:
    """The rows, the refused rows, the counts and the place reached, or nothing. Raises LeaseLost."""
    hold_lease(customer_import)
    written = write_rows(rows, customer_import=customer_import, at=at)
    RefusedRow.objects.bulk_create(
        [
            RefusedRow(
                customer_import=customer_import,
                line=row.line,
                reason=row.problem[:500],
                cells=kept(row.cells),
            )
            for row in written.refused
        ],
        batch_size=500,
    )
    note_place(
        customer_import,
        place,
        rows_read=len(rows),
        created_count=written.created,
        updated_count=written.updated,
        unchanged_count=written.unchanged,
        refused_count=len(written.refused),
    )
