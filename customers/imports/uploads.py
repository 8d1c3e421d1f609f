"""A file on its way in: kept until its last row is read, worked off chunk by chunk by whoever holds its lease.

Each chunk's rows and the place reached are committed together. A worker that is killed loses at most the chunk at
hand; whoever takes the lease next goes on from the last commit.
"""

import logging
import time
from collections.abc import Callable, Generator, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import IO, Any, Self, TypeVar

from django.db import DatabaseError, models, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from events.leases import RELEASED, Leased, LeasedQuerySet, claim
from staff.models import User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
WORK_AT_MOST = 30.0  # seconds a task keeps its worker
MOST_ATTEMPTS = 5  # at the same place


class LeaseLost(Exception):
    """Another worker took over."""


class AlreadyStarted(ValueError):
    """The columns of this import were matched before."""


class FileImportQuerySet(LeasedQuerySet):
    def unfinished(self) -> Self:
        """Matched, and rows still to be read."""
        return self.filter(state__in=[FileImport.State.WAITING, FileImport.State.RUNNING])


class FileImport(Leased):
    """One file on its way in; it can be followed while it runs and read about for ever.

    `position` is how many bytes of the file are done: it is committed together with the rows up to there.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("Uploaded, columns not matched yet")
        WAITING = "waiting", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    file = models.FileField(_("file"), upload_to="imports/", blank=True)
    file_name = models.CharField(_("file name"), max_length=255)
    delimiter = models.CharField(_("delimiter"), max_length=1, default=",")
    header = models.JSONField(_("header"), default=list, blank=True)
    mapping = models.JSONField(_("columns"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UPLOADED)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    position = models.PositiveBigIntegerField(_("bytes done"), default=0)
    line = models.PositiveIntegerField(_("lines done"), default=0)
    rows_read = models.PositiveIntegerField(_("read"), default=0)
    refused_count = models.PositiveIntegerField(_("refused"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts at the same place"), default=0)
    failure = models.TextField(_("why it failed"), blank=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, verbose_name=_("by"))
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)

    objects = FileImportQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def percent(self) -> int:
        """How much of the file is done, 0 to 100."""
        if self.state == self.State.DONE:
            return 100
        return 100 * self.position // self.size if self.size else 0


class Refusal(models.Model):
    """A row of a file that was not imported, as it stood there, and why."""

    line = models.PositiveIntegerField(_("line"))
    reason = models.CharField(_("reason"), max_length=500)
    cells = models.JSONField(_("cells"), default=list)

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


State = FileImport.State
Upload = TypeVar("Upload", bound=FileImport)
Waker = Callable[[], None]


def start(upload: FileImport, *, wake: Waker, **chosen: Any) -> None:
    """Let the workers have it, with what was `chosen`. Raises AlreadyStarted."""
    with transaction.atomic():
        if not rows(upload).filter(state=State.UPLOADED).update(state=State.WAITING, **chosen):
            raise AlreadyStarted(_("This file is being imported already."))
        transaction.on_commit(wake, robust=True)


def discard(upload: FileImport) -> bool:
    """Throw an uploaded file away before it is imported; False when its import has begun."""
    with transaction.atomic():
        discarded, _models = rows(upload).filter(state=State.UPLOADED).delete()
        if discarded:
            forget_file(upload)
    return bool(discarded)


def forget_file(upload: FileImport) -> None:
    """Delete the file, with its personal data, when the transaction is through."""
    storage, name = upload.file.storage, upload.file.name
    if name:
        transaction.on_commit(partial(storage.delete, name), robust=True)


def go_on(upload: FileImport, *, wake: Waker) -> bool:
    """Go on with a failed import from where it stopped; False when it has not failed."""
    failed = rows(upload).filter(state=State.FAILED)
    with transaction.atomic():
        transaction.on_commit(wake, robust=True)
        return bool(failed.update(state=State.WAITING, attempts=0, failure="", finished_at=None, **RELEASED))


def run_waiting(
    model: type[Upload], run: Callable[[Upload], Iterator[Upload]], *, seconds: float = WORK_AT_MOST
) -> bool:
    """What a worker does when the bell rings; False when it stopped with work left over."""
    stop_at = time.monotonic() + seconds
    while time.monotonic() < stop_at:
        waiting = model._default_manager.all()
        claimed = claim_first(waiting)
        if claimed is None:
            return True
        for _upload in run(claimed):
            if time.monotonic() >= stop_at:
                break
    return False


def claim_first(uploads: models.QuerySet[Upload]) -> Upload | None:
    """The lease on the first of `uploads` that waits; None when all are finished or held by other workers."""
    waiting: Any = uploads
    return next(
        iter(
            claim(waiting.unfinished().unleased().order_by("pk"), batch=1, lease=LEASE, state=State.RUNNING)
        ),
        None,
    )


def work_off(
    upload: Upload, chunks: Callable[[IO[bytes]], Iterator[Upload]], *, at: datetime
) -> Generator[Upload, None, None]:
    """Chunk after chunk of its file, telling after each; whoever stops listening leaves the rest to others."""
    try:
        with upload.file.open("rb") as file:
            yield from chunks(file)
    except LeaseLost:
        return
    except (DatabaseError, OSError) as error:
        logger.exception("Import %s failed after line %s", upload.pk, upload.line)
        note_failure(upload, error=error, at=at)
    finally:
        mine(upload).update(**RELEASED)


def hold_lease(upload: FileImport) -> None:
    """Keep the lease for another while, at the beginning of a chunk's transaction. Raises LeaseLost."""
    if not mine(upload).update(lease_until=Now() + LEASE):
        raise LeaseLost


def note_place(upload: FileImport, place: tuple[int, int], **counts: int) -> None:
    """How far it is now, in bytes and lines, and what came on top of its counts."""
    mine(upload).update(
        position=place[0],
        line=place[1],
        attempts=0,
        **{name: F(name) + count for name, count in counts.items()},
    )
    upload.position, upload.line = place


def finish(upload: FileImport, *, at: datetime) -> bool:
    """All rows are in; the file, with its personal data, is not needed any more. False for whoever lost the lease."""
    done = mine(upload).update(state=State.DONE, finished_at=at, file="", failure="", **RELEASED)
    if done:
        upload.state = State.DONE
        forget_file(upload)
    return bool(done)


def note_failure(upload: FileImport, *, error: Exception, at: datetime) -> None:
    """The sweep tries again; after several attempts at the same place people are told instead."""
    mine(upload).update(attempts=F("attempts") + 1, failure=f"{type(error).__name__}: {error}"[:2000])
    mine(upload).filter(attempts__gte=MOST_ATTEMPTS).update(state=State.FAILED, finished_at=at)


def rows(upload: FileImport) -> models.QuerySet[Any]:
    return type(upload)._default_manager.filter(pk=upload.pk)


def mine(upload: FileImport) -> models.QuerySet[Any]:
    return rows(upload).filter(lease_token=upload.lease_token, lease_token__isnull=False)


def kept(cells: list[str]) -> list[str]:
    """Cells as the file had them, but for characters that no database keeps."""
    return [cell.replace("\x00", "�") for cell in cells]
