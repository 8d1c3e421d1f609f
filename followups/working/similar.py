"""Cases like this one that were solved, and what helped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from followups.models import FollowUp, FollowUpStep
from followups.words import customer_words
from staff.access import visible
from staff.models import User

SHOWN = 3
LOOKED_AT = 200  # of the newest solved ones


@dataclass(frozen=True)
class Case:
    pk: int
    customer: str
    cause: str
    helped: str
    resolved_at: datetime | None


def similar_cases(follow_up: FollowUp, *, user: User) -> Sequence[Case]:
    """Of the newest solved ones those of the same touchpoint, or opened by the same rule; one query."""
    alike = Q()
    if touchpoint := touchpoint_id_of(follow_up):
        alike = Q(survey_response__touchpoint=touchpoint) | Q(interaction__touchpoint=touchpoint)
    elif follow_up.rule_id:
        alike = Q(rule=follow_up.rule_id)
    else:
        return ()
    helped = FollowUpStep.objects.filter(follow_up=OuterRef("pk"), kind=FollowUpStep.Kind.RESOLVED)
    solved = FollowUp.objects.filter(state=FollowUp.State.RESOLVED).order_by("-resolved_at", "-pk")
    newest = solved.values("pk")[:LOOKED_AT]
    rows = visible(FollowUp.objects.filter(alike, pk__in=newest, outcome=FollowUp.Outcome.SOLVED), user)
    told = rows.exclude(pk=follow_up.pk).annotate(
        helped=Subquery(helped.order_by("-at", "-pk").values("text")[:1])
    )
    return [
        Case(
            pk=each.pk,
            customer=customer_words(each),
            cause=str(each.root_cause or ""),
            helped=each.helped or "",
            resolved_at=each.resolved_at,
        )
        for each in told.select_related("customer", "root_cause").order_by("-resolved_at", "-pk")[:SHOWN]
    ]


def touchpoint_id_of(follow_up: FollowUp) -> int | None:
    signal = follow_up.survey_response or follow_up.interaction
    return signal.touchpoint_id if signal else None
