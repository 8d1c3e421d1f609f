"""Changing the contact policy and speed limits; every change is written to the audit trail."""

from datetime import datetime
from typing import Any

from django.db import transaction

from staff.audit import audit
from staff.models import AuditEntry, User
from surveys.models import ContactCap, ContactRules, SendingLimit

Action = AuditEntry.Action


def rules_now() -> ContactRules:
    """The rules in force; none hold where nobody ever set any."""
    return ContactRules.objects.select_related("calendar").first() or ContactRules()


@transaction.atomic
def set_rules(*, by: User, at: datetime, **rules: Any) -> None:
    """Set quiet hours, the calendar of holidays, and from how many recipients on a second person agrees."""
    row = ContactRules.objects.select_for_update().first() or ContactRules()
    changed = sorted(name for name, value in rules.items() if getattr(row, name) != value)
    if not changed and row.pk:
        return
    for name, value in rules.items():
        setattr(row, name, value)
    row.save()
    audit(user=by, action=Action.CHANGED, subject=row, at=at, fields=changed)


@transaction.atomic
def keep_cap(*, cap: ContactCap, by: User, at: datetime) -> ContactCap:
    """Keep a cap that was written or changed; it holds from the next message on."""
    action = Action.CHANGED if cap.pk else Action.CREATED
    cap.save()
    audit(user=by, action=action, subject=cap, at=at, cap=f"{cap.most}/{cap.days}")
    return cap


@transaction.atomic
def drop_cap(*, cap: ContactCap, by: User, at: datetime) -> None:
    """Take a cap away; whoever waits because of it is looked at again at the time they were told."""
    audit(user=by, action=Action.DELETED, subject=cap, at=at, cap=f"{cap.most}/{cap.days}")
    cap.delete()


@transaction.atomic
def keep_limit(*, limit: SendingLimit, by: User, at: datetime) -> SendingLimit:
    """Keep a speed limit that was written or changed; it holds from the next claim on."""
    if limit.pk:
        action = Action.CHANGED
        limit.save(
            update_fields=["channel", "domain", "per_minute"]
        )  # the senders keep their place in it meanwhile
    else:
        action = Action.CREATED
        limit.save()
    audit(user=by, action=action, subject=limit, at=at, limit=said(limit))
    return limit


@transaction.atomic
def drop_limit(*, limit: SendingLimit, by: User, at: datetime) -> None:
    audit(user=by, action=Action.DELETED, subject=limit, at=at, limit=said(limit))
    limit.delete()


def said(limit: SendingLimit) -> str:
    return f"{limit.channel} {limit.domain}".strip() + f": {limit.per_minute}"
