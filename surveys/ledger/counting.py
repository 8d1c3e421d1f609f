"""Counting a campaign's send ledger: a handful of set-based queries, whose answers are plain lists for the Tally."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from customers.models import Consent
from staff.access import within
from staff.models import Unit
from surveys.ledger.failures import count_failures
from surveys.models import Campaign, Invitation, StartedResponse, SurveyResponse
from surveys.models.invitations import InvitationQuerySet

State = Invitation.State
PACE = timedelta(minutes=5)  # the time over which the speed is taken
COLUMNS = (  # what stands for each (state, reason, channel) in `rows`, in this order
    "people", "asked", "delivered", "opened", "machines", "clicked", "answered", "reminders", "ready", "recent",
)  # fmt: skip
EDITION = 3  # of what is counted: what was counted of another is not shown
Counts = Mapping[str, Any]


def count_ledger(campaign: Campaign, *, unit: Unit | None, at: datetime) -> dict[str, Any]:
    """What became of everybody in the ledger, or of the customers of `unit`; tests are left out."""
    ledger = Invitation.objects.filter(wave__campaign=campaign, is_test=False)
    if unit is not None:
        ledger = within(ledger, unit)  # type: ignore[assignment]  # it stays the query set it was
    return {
        "edition": EDITION,
        **count_rows(ledger, at=at),
        **count_answers(campaign, unit),
        "left": count_leavers(ledger),
        "subjects": count_subjects(ledger) if campaign.subject_b else [],
        **count_failures(ledger),
        "again": count_to_send_again(ledger),
        "deferred": list_deferred(ledger),
    }


def count_rows(ledger: QuerySet[Invitation], *, at: datetime) -> dict[str, Any]:
    """One pass over the ledger; `since` is when the first of the latest messages went out."""
    since = at - PACE
    lately = Q(sent_at__gt=since) | Q(reminded_at__gt=since)
    rows = (
        ledger.order_by()
        .values_list("state", "reason", "channel")
        .annotate(
            people=Count("pk"),
            asked=Count("sent_at"),
            delivered=Count("delivered_at"),
            opened=Count("opened_at"),
            machines=Count("pk", filter=Q(opened_at=None, machine_opened_at__isnull=False)),
            clicked=Count("clicked_at"),
            answered=Count("answered_at"),
            reminders=Sum("reminders_sent"),
            ready=Count("pk", filter=Q(due_at__lte=at, state__in=Invitation.PENDING)),
            recent=Count("pk", filter=lately),
            first=Min("sent_at", filter=Q(sent_at__gt=since)),
            first_again=Min("reminded_at", filter=Q(reminded_at__gt=since)),
        )
    )
    found = list(rows)
    firsts = [first for row in found for first in row[-2:] if first]
    return {
        "rows": [list(row[:-2]) for row in found],
        "since": min(firsts).isoformat() if firsts else None,
    }


def count_answers(campaign: Campaign, unit: Unit | None) -> dict[str, int]:
    """By how far people came who had an invitation."""
    responses: QuerySet[SurveyResponse] = SurveyResponse.objects.counted().filter(
        campaign=campaign, invitation__isnull=False
    )
    started: QuerySet[StartedResponse] = StartedResponse.objects.filter(
        invitation__wave__campaign=campaign, invitation__is_test=False, invitation__answered_at=None
    )
    if unit is not None:
        responses, started = within(responses, unit), within(started, unit)
    return {
        **responses.order_by().aggregate(
            complete=Count("pk", filter=Q(is_complete=True)), partial=Count("pk", filter=Q(is_complete=False))
        ),
        **started.order_by().aggregate(
            going_on=Count("pk", filter=Q(is_settled=False)),
            broken_off=Count("pk", filter=Q(is_settled=True)),
        ),
    }


def count_leavers(ledger: QuerySet[Invitation]) -> int:
    """Who was asked, and unsubscribed by a message's link instead of answering."""
    withdrawn = Consent.objects.filter(
        customer=OuterRef("customer"),
        channel=OuterRef("channel"),
        purpose=Consent.Purpose.SURVEY,
        state=Consent.State.WITHDRAWN,
        source__startswith="link:",
        at__gte=OuterRef("sent_at"),
    )
    asked = ledger.filter(sent_at__isnull=False, answered_at=None, started_response=None)
    return asked.filter(Exists(withdrawn)).count()


def count_subjects(ledger: QuerySet[Invitation]) -> list[list[Any]]:
    """(subject, asked, answered) of two subjects that are compared; who got the better one later is in neither."""
    rows = ledger.filter(variant__in=["a", "b"], sent_at__isnull=False).order_by().values_list("variant")
    return [list(row) for row in rows.annotate(asked=Count("pk"), answered=Count("answered_at"))]


def count_to_send_again(ledger: InvitationQuerySet) -> dict[str, int]:
    """How many of each state a person may send again."""
    rows = ledger.to_send_again().order_by().values_list("state").annotate(people=Count("pk"))
    return dict(rows)


def list_deferred(ledger: QuerySet[Invitation]) -> list[list[Any]]:
    """(reason, cap, day, people) of who waits for the contact policy, by the day on which they are looked at again."""
    rows = (
        ledger.filter(state=State.DEFERRED)
        .order_by()
        .annotate(day=TruncDate("due_at"))
        .values_list("reason", "cap", "day")
        .annotate(people=Count("pk"))
    )
    return [[reason, cap, day.isoformat(), people] for reason, cap, day, people in rows.order_by("day")]
