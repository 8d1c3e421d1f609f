"""Two follow-ups of one customer become one: one history to read, one clock, one person who calls."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from followups.models import FollowUp, FollowUpStep, FollowUpTask, JoinedSignal, Message
from followups.working.steps import add_step, change
from staff.models import User


class NotTheSameCustomer(Exception):
    """Only follow-ups of one known customer are merged."""


@transaction.atomic
def merge(
    *, follow_up: FollowUp, into: FollowUp, by: User, at: datetime, seen_version: int | None = None
) -> None:
    """End `follow_up` and put what came in, its tasks and its conversation into the open follow-up `into`, whose clock runs on.

    Raises NotTheSameCustomer, ChangedMeanwhile or AlreadyResolved.
    """
    if follow_up.pk == into.pk or follow_up.customer_id is None or follow_up.customer_id != into.customer_id:
        raise NotTheSameCustomer
    first, second = sorted((follow_up, into), key=lambda each: each.pk)
    for each in (
        first,
        second,
    ):  # always in this order, so that two merging at once do not wait for each other
        change_one(each, of=follow_up, into=into, at=at, seen_version=seen_version)
    JoinedSignal.objects.filter(follow_up=follow_up).update(follow_up=into)
    if follow_up.survey_response_id or follow_up.interaction_id:
        JoinedSignal.objects.create(
            follow_up=into,
            survey_response_id=follow_up.survey_response_id,
            interaction_id=follow_up.interaction_id,
            at=follow_up.opened_at,
        )
    move_conversation(follow_up, into)
    FollowUpTask.objects.open().filter(follow_up=follow_up).update(follow_up=into)
    text = "\n".join(filter(None, [f"#{follow_up.pk}", follow_up.summary]))
    add_step(into, FollowUpStep.Kind.MERGED, by=by, text=text, at=at)
    add_step(follow_up, FollowUpStep.Kind.MERGED, by=by, text=f"→ #{into.pk}", at=at)


def change_one(
    row: FollowUp, *, of: FollowUp, into: FollowUp, at: datetime, seen_version: int | None
) -> None:
    if row.pk == into.pk:
        change(into, seen_version=None)
        return
    change(
        of,
        seen_version=seen_version,
        state=FollowUp.State.RESOLVED,
        resolved_at=at,
        outcome=FollowUp.Outcome.MERGED,
        merged_into=into,
        waiting_since=None,
        wakes_at=None,
    )


def move_conversation(follow_up: FollowUp, into: FollowUp) -> None:
    """What was written; of two automatic acknowledgements one stays behind, as there is one for each follow-up."""
    acknowledgements = Message.objects.outgoing().exclude(kind=Message.Kind.PERSON)
    moving = Message.objects.filter(follow_up=follow_up)
    if acknowledgements.filter(follow_up=into).exists():
        moving = moving.exclude(pk__in=acknowledgements.filter(follow_up=follow_up).values("pk"))
    moving.update(follow_up=into)


def mergeable_with(follow_up: FollowUp) -> QuerySet[FollowUp]:
    """Other open follow-ups of the same customer, the oldest first."""
    if follow_up.customer_id is None:
        return FollowUp.objects.none()
    others = FollowUp.objects.open().filter(customer=follow_up.customer_id).exclude(pk=follow_up.pk)
    return others.select_related("owner", "customer", "survey_response", "interaction").order_by("opened_at")
