"""What was done with a campaign, and by whom: written into the audit trail, read on its page."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.audit import audit
from staff.models import AuditEntry, User
from surveys.models import Campaign

MOST_SHOWN = 12


class Step(models.TextChoices):
    DRAFTED = "drafted", gettext_lazy("Drafted")
    CHANGED = "changed", gettext_lazy("Changed")
    APPROVAL_REQUESTED = "approval_requested", gettext_lazy("Asked for approval")
    APPROVED = "approved", gettext_lazy("Approved")
    LAUNCHED = "launched", gettext_lazy("Launched")
    STARTED = "started", gettext_lazy("Started")
    PAUSED = "paused", gettext_lazy("Paused")
    RESUMED = "resumed", gettext_lazy("Resumed")
    HELD = "held", gettext_lazy("Held back")
    LET_GO = "let_go", gettext_lazy("Let go on")
    SENT_AGAIN = "sent_again", gettext_lazy("Sent again what did not go through")
    CANCELLED = "cancelled", gettext_lazy("Cancelled")
    ENDED = "ended", gettext_lazy("Ended")
    DISCARDED = "discarded", gettext_lazy("Draft deleted")


ACTIONS = {
    Step.DRAFTED: AuditEntry.Action.CREATED,
    Step.DISCARDED: AuditEntry.Action.DELETED,
}  # any other changes it
BY_ITSELF = (Step.STARTED, Step.HELD, Step.LET_GO, Step.ENDED)


class Entry(NamedTuple):
    """One thing that was done; `by` says by whom."""

    label: str
    detail: str
    by: str
    at: datetime


def note(step: Step, *, campaign: Campaign, by: User | None, at: datetime, **detail: Any) -> None:
    """Write down that `by`, or the platform itself, took this step; to be called in the transaction that takes it."""
    action = ACTIONS.get(step, AuditEntry.Action.CHANGED)
    audit(user=by, action=action, subject=campaign, at=at, step=step.value, **detail)


def diary_of(campaign: Campaign) -> list[Entry]:
    """The latest steps, the newest first. One query."""
    entries = AuditEntry.objects.filter(subject_kind=Campaign._meta.label_lower, subject=campaign.pk)
    known = entries.filter(detail__step__in=Step.values).select_related("user")
    return [
        Entry(
            label=str(Step(entry.detail["step"]).label),
            detail=names_of(entry.detail.get("fields", ())),
            by=doer(entry),
            at=entry.at,
        )
        for entry in known[:MOST_SHOWN]
    ]


def doer(entry: AuditEntry) -> str:
    if entry.user:
        return str(entry.user)
    return _("the platform itself") if entry.detail["step"] in BY_ITSELF else _("somebody who left")


def names_of(fields: Iterable[str]) -> str:
    """“Name, segment”, as the form calls them."""
    known = {field.name: field for field in Campaign._meta.fields}
    return capfirst(", ".join(str(known[name].verbose_name) for name in fields if name in known))
