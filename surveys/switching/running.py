"""Running imports of answers, chunk by chunk, as customers/imports/uploads.py does with any file."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import IO

from django.db import transaction
from django.utils import translation

from customers.imports.reading import Lines, read_records
from customers.imports.uploads import (
    WORK_AT_MOST,
    discard,
    finish,
    forget_file,
    go_on,
    hold_lease,
    kept,
    note_place,
    run_waiting,
    start,
    work_off,
)
from events.doorbell import ring
from staff.audit import audit
from staff.models import AuditEntry, User
from surveys.models import RefusedLine, ResponseImport
from surveys.questions.questionnaires import Questionnaire, published
from surveys.switching.columns import check_mapping
from surveys.switching.importing import write_rows
from surveys.switching.rows import Row, RowReader

CHUNK = 500
REFUSED_LINES_KEPT = timedelta(days=30)
UPLOADS_KEPT = timedelta(days=7)
FAILED_KEPT = timedelta(days=30)


@transaction.atomic
def start_import(
    *,
    upload: ResponseImport,
    mapping: Mapping[str, str],
    days_first: bool,
    time_zone: str,
    source: str,
    by: User,
    at: datetime,
) -> None:
    """Let the workers import it with these columns. Raises ColumnsRefused or AlreadyStarted."""
    check_mapping(mapping, width=len(upload.header), questionnaire=asked_in(upload))
    start(upload, wake=wake, mapping=dict(mapping), days_first=days_first, time_zone=time_zone, source=source)
    audit(
        user=by,
        action=AuditEntry.Action.CREATED,
        subject=upload,
        at=at,
        survey=upload.survey_id,
        source=source,
    )


def discard_import(*, upload: ResponseImport) -> bool:
    """Throw an uploaded file away before it is imported; False when its import has begun."""
    return discard(upload)


def try_again(*, upload: ResponseImport) -> bool:
    """Go on with a failed import from where it stopped; False when it has not failed."""
    return go_on(upload, wake=wake)


def wake() -> None:
    from surveys.tasks import import_answers_task  # noqa: PLC0415  the task calls this module

    ring(import_answers_task)


def run_imports(*, at: datetime, seconds: float = WORK_AT_MOST) -> bool:
    """What a worker does when the bell rings; False when it stopped with work left over."""
    return run_waiting(ResponseImport, partial(run_import, at=at), seconds=seconds)


def run_import(upload: ResponseImport, *, at: datetime) -> Iterator[ResponseImport]:
    """Import chunk after chunk, telling after each; reasons are in the language of whoever brought the file."""
    language = upload.created_by.language if upload.created_by else None
    with closing(work_off(upload, partial(import_chunks, upload, at=at), at=at)) as steps:
        while True:
            with translation.override(language):
                step = next(steps, None)
            if step is None:
                return
            yield step


def asked_in(upload: ResponseImport) -> Questionnaire:
    """The version that was published when the file came."""
    if upload.version_id is None:
        raise ValueError("A file of answers without a version")
    return published(upload.version_id)


def import_chunks(upload: ResponseImport, file: IO[bytes], *, at: datetime) -> Iterator[ResponseImport]:
    questionnaire = asked_in(upload)
    lines = Lines(file, position=upload.position, line=upload.line)
    reader = RowReader(upload, questionnaire, at=at)
    rows = reader.rows(read_records(lines, delimiter=upload.delimiter))
    for chunk in iter(partial(take, rows), []):
        write_chunk(upload, chunk, questionnaire=questionnaire, place=(lines.position, lines.line), at=at)
        yield upload
    finish(upload, at=at)
    yield upload


def take(rows: Iterator[Row]) -> list[Row]:
    return list(islice(rows, CHUNK))


@transaction.atomic
def write_chunk(
    upload: ResponseImport,
    rows: list[Row],
    *,
    questionnaire: Questionnaire,
    place: tuple[int, int],
    at: datetime,
) -> None:
    """The answers, the refused lines, the counts and the place reached, or nothing. Raises LeaseLost."""
    hold_lease(upload)
    good = [row for row in rows if not row.problem]
    refused = [row for row in rows if row.problem]
    written = write_rows(good, upload=upload, questionnaire=questionnaire, at=at)
    RefusedLine.objects.bulk_create(
        RefusedLine(response_import=upload, line=row.line, reason=row.problem[:500], cells=kept(row.cells))
        for row in refused
    )
    note_place(
        upload,
        place,
        rows_read=len(rows),
        taken_count=written.taken,
        again_count=written.again,
        known_count=written.known,
        refused_count=len(refused),
    )


def prune_imports(*, at: datetime) -> int:
    """Forget refused lines a month after their import, files that failed then too, and unmatched ones after a week."""
    forgotten, _models = RefusedLine.objects.filter(
        response_import__finished_at__lt=at - REFUSED_LINES_KEPT
    ).delete()
    failed = ResponseImport.objects.filter(
        state=ResponseImport.State.FAILED, finished_at__lt=at - FAILED_KEPT
    ).exclude(file="")
    for upload in failed:
        forget_file(upload)
    abandoned = ResponseImport.objects.filter(
        state=ResponseImport.State.UPLOADED, created_at__lt=at - UPLOADS_KEPT
    )
    return forgotten + failed.update(file="") + sum(discard_import(upload=each) for each in abandoned)
