"""Changing the contact policy and speed limits; every change is written to the audit trail."""

from datetime import datetime
from typing import Any

from django.db import transaction

from staff.audit import audit
from staff.models import AuditEntry, User
from surveys.models import ContactCap, ContactRules, Invitation, SendingLimit

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
    """Keep a cap that was written or changed; it holds from the next message on.

    Where it was loosened, whoever waits because of it is looked at again at once.
    """
    action = Action.CHANGED if cap.pk else Action.CREATED
    before = ContactCap.objects.filter(pk=cap.pk).first()
    cap.save()
    if before is not None and is_looser(cap, before):
        look_again(cap, at=at)
    audit(user=by, action=action, subject=cap, at=at, cap=f"{cap.most}/{cap.days}")
    return cap


@transaction.atomic
def drop_cap(*, cap: ContactCap, by: User, at: datetime) -> None:
    """Take a cap away; whoever waits because of it is looked at again at once."""
    look_again(cap, at=at)
    audit(user=by, action=Action.DELETED, subject=cap, at=at, cap=f"{cap.most}/{cap.days}")
    cap.delete()


def is_looser(cap: ContactCap, before: ContactCap) -> bool:
    """Whether it may let somebody go whom it held before; of another kind or channel it holds others."""
    about = (cap.survey_kind, cap.channel) != (before.survey_kind, before.channel)
    return about or not cap.is_active or cap.most > before.most or cap.days < before.days


def look_again(cap: ContactCap, *, at: datetime) -> None:
    """Make due what waits because of `cap`: who sends it asks the policy anyway, and may find another reason to wait."""
    Invitation.objects.waiting().filter(cap=cap, due_at__gt=at).update(due_at=at)


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
