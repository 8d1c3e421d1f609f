"""Claiming: how any number of workers share rows without two ever working on one.

A claim is a lease. It ends by itself, so the rows of a killed worker come back. Leases are measured by the
database's clock; a worker whose own clock is wrong cannot steal from another.
"""

import uuid
from datetime import timedelta
from typing import Any, Self, TypeVar

from django.db import connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from events.lookups import Among


class LeasedQuerySet(models.QuerySet[Any]):
    def unleased(self) -> Self:
        """Rows no living worker holds."""
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))


class Leased(models.Model):
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Leased)


def claim(due: models.QuerySet[Row], *, batch: int, lease: timedelta, **marks: Any) -> list[Row]:
    """Lease up to `batch` rows of `due` to the caller, in `due`'s order; `marks` are fields set in the same UPDATE.

    Every later write must be guarded by `lease_token`, and a write that finds no row means the lease was lost.
    """
    with transaction.atomic():
        skip_locked = connection.features.has_select_for_update_skip_locked
        rows = list(
            due.select_for_update(skip_locked=skip_locked, of=("self",) if skip_locked else ())[:batch]
        )
        token = uuid.uuid4()
        lease_until = Now() + lease
        due.model._base_manager.filter(Among("pk", [row.pk for row in rows])).update(
            lease_token=token, lease_until=lease_until, **marks
        )
    for row in rows:
        row.lease_token = token
        for field, value in marks.items():
            setattr(row, field, value)
    return rows


RELEASED: dict[str, None] = {"lease_token": None, "lease_until": None}
