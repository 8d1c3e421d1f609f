"""The audit trail: who looked at whom, and who changed what."""

from datetime import datetime
from typing import Any

from django.db.models import Model

from staff.models import AuditEntry, User


def audit(*, user: User | None, action: str, subject: Model, at: datetime, **detail: Any) -> AuditEntry:
    """Write down that `user` did `action` to `subject`; nobody is the platform itself.

    `detail` must say nothing that an erasure of the customer would have to take out again: name fields, not values.
    """
    return AuditEntry.objects.create(
        user=user,
        action=action,
        subject_kind=subject._meta.label_lower,
        subject=subject.pk,
        detail=detail,
        at=at,
    )
