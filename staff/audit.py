"""The audit trail: who looked at whom, and who changed what."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
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


SAME_LOOK = timedelta(minutes=1)
LOOK = """
    INSERT INTO staff_auditentry (user_id, action, subject_kind, subject, detail, at)
    SELECT %s, 'viewed', %s, %s, '{}', %s WHERE NOT EXISTS (
        SELECT 1 FROM staff_auditentry
        WHERE subject_kind = %s AND subject = %s AND at > %s AND user_id = %s AND action = 'viewed'
    )
"""


def audit_look(*, user: User, subject: Model, at: datetime) -> None:
    """Write down that `user` looked at `subject`, in one statement; looking again within a minute is the same look."""
    adapt = connection.ops.adapt_datetimefield_value
    kind, pk = subject._meta.label_lower, subject.pk
    moment, since = adapt(at), adapt(at - SAME_LOOK)
    with connection.cursor() as cursor:
        cursor.execute(LOOK, [user.pk, kind, pk, moment, kind, pk, since, user.pk])
