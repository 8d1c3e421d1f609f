"""Running imports: chunk by chunk, each chunk's rows and the place reached committed together.

A worker that is killed loses at most the chunk at hand; whoever takes the lease next goes on from the last commit.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import IO

from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from customers.bulk import refresh_statistics
from customers.imports.columns import check_mapping
from customers.imports.reading import Lines, read_records
from customers.imports.rows import Row, RowReader
from customers.imports.writing import units_by_name, write_rows
from customers.models import Consent, Customer, CustomerImport, CustomerImportQuerySet, Identity, RefusedRow
from events.doorbell import ring
from events.leases import RELEASED, claim

logger = logging.getLogger(__name__)

CHUNK = 5_000
LEASE = timedelta(minutes=2)
WORK_AT_MOST = 30.0  # seconds a task keeps its worker
MOST_ATTEMPTS = 5  # at the same place


class LeaseLost(Exception):
    """Another worker took over."""


class AlreadyStarted(ValueError):
    """The columns of this import were matched before."""


def start_import(
    *, customer_import: CustomerImport, mapping: Mapping[str, str], defaults: Mapping[str, str]
) -> None:
    """Let the workers import it with these columns. Raises MappingError or AlreadyStarted."""
    check_mapping(mapping, header=customer_import.header)
    uploaded = CustomerImport.objects.filter(pk=customer_import.pk, state=CustomerImport.State.UPLOADED)
    with transaction.atomic():
        started = uploaded.update(
            mapping=dict(mapping), defaults=dict(defaults), state=CustomerImport.State.WAITING
        )
        if not started:
            raise AlreadyStarted(_("This file is being imported already."))
        transaction.on_commit(wake, robust=True)


def discard_import(*, customer_import: CustomerImport) -> bool:
    """Throw an uploaded file away before it is imported; False when its import has begun."""
    uploaded = CustomerImport.objects.filter(pk=customer_import.pk, state=CustomerImport.State.UPLOADED)
    with transaction.atomic():
        discarded, _models = uploaded.delete()
        if discarded:
            forget_file(customer_import)
    return bool(discarded)


def forget_file(customer_import: CustomerImport) -> None:
    """Delete the file, with its personal data, when the transaction is through."""
    storage, name = customer_import.file.storage, customer_import.file.name
    if name:
        transaction.on_commit(partial(storage.delete, name), robust=True)


def try_again(*, customer_import: CustomerImport) -> bool:
    """Go on with a failed import from where it stopped; False when it has not failed."""
    failed = CustomerImport.objects.filter(pk=customer_import.pk, state=CustomerImport.State.FAILED)
    with transaction.atomic():
        transaction.on_commit(wake, robust=True)
        return bool(
            failed.update(
                state=CustomerImport.State.WAITING, attempts=0, failure="", finished_at=None, **RELEASED
            )
        )


def wake() -> None:
    from customers.tasks import run_imports_task  # noqa: PLC0415  the task calls this module

    ring(run_imports_task)


def run_imports(*, at: datetime, seconds: float = WORK_AT_MOST) -> bool:
    """What a worker does when the bell rings; False when it stopped with work left over."""
    stop_at = time.monotonic() + seconds
    while time.monotonic() < stop_at:
        waiting = CustomerImport.objects.unfinished().unleased().order_by("pk")
        claimed = claim(waiting, batch=1, lease=LEASE, state=CustomerImport.State.RUNNING)
        if not claimed:
            return True
        for _customer_import in run_import(claimed[0], at=at):
            if time.monotonic() >= stop_at:
                break
    return False


def claim_import(customer_import: CustomerImport) -> CustomerImport | None:
    """The lease on this very import; None while another worker holds it or when it is finished."""
    wanted = CustomerImport.objects.unfinished().unleased().filter(pk=customer_import.pk)
    return next(iter(claim(wanted, batch=1, lease=LEASE, state=CustomerImport.State.RUNNING)), None)


def run_import(customer_import: CustomerImport, *, at: datetime) -> Iterator[CustomerImport]:
    """Import chunk after chunk, telling after each; whoever stops listening leaves the rest to others."""
    try:
        with customer_import.file.open("rb") as file:
            yield from import_chunks(customer_import, file, at=at)
    except LeaseLost:
        return
    except (DatabaseError, OSError) as error:
        logger.exception("Import %s failed after line %s", customer_import.pk, customer_import.line)
        note_failure(customer_import, error=error, at=at)
    finally:
        mine(customer_import).update(**RELEASED)


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
    finish_import(customer_import, at=at)
    yield customer_import


def take(rows: Iterator[Row], n: int) -> list[Row]:
    return list(islice(rows, n))


@transaction.atomic
def write_chunk(
    customer_import: CustomerImport, rows: list[Row], *, place: tuple[int, int], at: datetime
) -> None:
    """The rows, the refused rows, the counts and the place reached, or nothing. Raises LeaseLost."""
    if not mine(customer_import).update(lease_until=Now() + LEASE):
        raise LeaseLost
    written = write_rows(rows, customer_import=customer_import, at=at)
    RefusedRow.objects.bulk_create(
        [
            RefusedRow(
                customer_import=customer_import, line=row.line, reason=row.problem[:500], cells=kept(row)
            )
            for row in written.refused
        ],
        batch_size=500,
    )
    mine(customer_import).update(
        position=place[0],
        line=place[1],
        attempts=0,
        rows_read=F("rows_read") + len(rows),
        created_count=F("created_count") + written.created,
        updated_count=F("updated_count") + written.updated,
        unchanged_count=F("unchanged_count") + written.unchanged,
        refused_count=F("refused_count") + len(written.refused),
    )
    customer_import.position, customer_import.line = place


def kept(row: Row) -> list[str]:
    """The cells as the file had them, but for characters that no database keeps."""
    return [cell.replace("\x00", "�") for cell in row.cells]


def finish_import(customer_import: CustomerImport, *, at: datetime) -> None:
    """All rows are in; the file, with its personal data, is not needed any more."""
    done = mine(customer_import).update(
        state=CustomerImport.State.DONE, finished_at=at, file="", failure="", **RELEASED
    )
    if done:
        customer_import.state = CustomerImport.State.DONE
        forget_file(customer_import)
        refresh_statistics(Customer, Identity, Consent)


def note_failure(customer_import: CustomerImport, *, error: Exception, at: datetime) -> None:
    """The sweep tries again; after several attempts at the same place people are told instead."""
    mine(customer_import).update(
        attempts=F("attempts") + 1, failure=f"{type(error).__name__}: {error}"[:2000]
    )
    mine(customer_import).filter(attempts__gte=MOST_ATTEMPTS).update(
        state=CustomerImport.State.FAILED, finished_at=at
    )


def mine(customer_import: CustomerImport) -> CustomerImportQuerySet:
    return CustomerImport.objects.filter(
        pk=customer_import.pk, lease_token=customer_import.lease_token, lease_token__isnull=False
    )
