"""Calling the customer: only who was reached was contacted, everything else is an attempt that the history keeps."""

from datetime import datetime

from django.db import models, transaction

from events.publishing import publish
from followups.models import FollowUp, FollowUpStep
from followups.working.steps import add_step, change, record_contact
from staff.models import User

Kind = FollowUpStep.Kind


class CallOutcome(models.TextChoices):
    """How a call ended; each is a step of the history."""

    REACHED = Kind.REACHED.value, Kind.REACHED.label
    NO_ANSWER = Kind.NO_ANSWER.value, Kind.NO_ANSWER.label
    LEFT_MESSAGE = Kind.LEFT_MESSAGE.value, Kind.LEFT_MESSAGE.label
    REFUSED = Kind.REFUSED.value, Kind.REFUSED.label


@transaction.atomic
def log_call(
    *,
    follow_up: FollowUp,
    by: User,
    outcome: str,
    text: str = "",
    at: datetime,
    seen_version: int | None = None,
) -> None:
    """Write down a call: where somebody was reached it is a contact, else the clock stays as it is."""
    kind = Kind(CallOutcome(outcome).value)
    if kind is Kind.REACHED:
        record_contact(follow_up=follow_up, by=by, text=text, at=at, seen_version=seen_version, kind=kind)
        return
    change(follow_up, seen_version=seen_version)
    add_step(follow_up, kind, by=by, text=text, at=at)
    publish("followups.call_attempted", subject=follow_up.pk, at=at, outcome=kind.value)
