"""What happens when a follow-up waits too long: its team's lead learns of it, once."""

from datetime import datetime

from django.db import connection, transaction

from events.publishing import publish_each
from followups.alerts import alert_leads
from followups.models import FollowUp, FollowUpStep
from followups.opening import payload_of

BATCH = 200


def escalate_overdue(*, at: datetime) -> int:
    """Escalate every follow-up nobody contacted by its due time and that was not escalated yet; returns how many."""
    escalated = 0
    while some := escalate_some(at=at):
        escalated += some
    return escalated


@transaction.atomic
def escalate_some(*, at: datetime) -> int:
    overdue = FollowUp.objects.overdue(at).filter(escalated_at=None).order_by("due_at", "pk")
    skip_locked = connection.features.has_select_for_update_skip_locked
    pks = list(overdue.select_for_update(skip_locked=skip_locked).values_list("pk", flat=True)[:BATCH])
    if not pks:
        return 0
    escalated = FollowUp.objects.filter(pk__in=pks)
    escalated.update(escalated_at=at)
    FollowUpStep.objects.bulk_create(
        FollowUpStep(follow_up_id=pk, kind=FollowUpStep.Kind.ESCALATED, at=at) for pk in pks
    )
    alert_leads(follow_ups=escalated, at=at)
    publish_each(
        "followups.follow_up_escalated",
        (
            (follow_up.pk, at, payload_of(follow_up))
            for follow_up in escalated.select_related("survey_response")
        ),
    )
    return len(pks)
