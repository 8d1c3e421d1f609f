"""What happens when time runs out: the owner is reminded, then the lead learns of it, then the manager. Each once.

A rung of the ladder is climbed by all follow-ups whose time has come in one statement, which tells no two sweeps the
same one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from events.lookups import Among, among
from events.publishing import publish_each
from followups.alerts.chats import tell_chats
from followups.alerts.overdue import OVERDUE, STILL, WARNING, alert_leads, alert_managers, warn_owners
from followups.models import FollowUp, FollowUpStep
from followups.models.follow_ups import FollowUpQuerySet
from followups.opening import payload_of
from followups.working.steps import ChangedMeanwhile, go_on

PORTION = 1000


Tell = Callable[[FollowUpQuerySet, datetime], None]


@dataclass(frozen=True)
class Step:
    """A rung: from when on it is climbed, what the history then says, and who is told."""

    rung: FollowUp.Rung
    moment: str
    kind: FollowUpStep.Kind
    tell: Tell


CLIMB = """
    UPDATE followups_followup SET rung = %(rung)s,
        escalated_at = CASE WHEN due_at < %(at)s THEN COALESCE(escalated_at, %(at)s) ELSE escalated_at END
    WHERE state IN ('open', 'contacted') AND rung < %(rung)s AND {moment} < %(at)s RETURNING id
"""
WRITE = """
    INSERT INTO followups_followupstep (follow_up_id, kind, text, at)
    SELECT id, %(kind)s, '', %(at)s FROM followups_followup WHERE id {among} AND (due_at >= %(at)s OR {is_late})
"""  # who is reminded of what is overdue already is not reminded any more


def escalate_overdue(*, at: datetime) -> int:
    """Let everything climb whose time has come; returns how many rungs were climbed."""
    return sum(climb(step, at=at) for step in LADDER)


@transaction.atomic
def climb(step: Step, *, at: datetime) -> int:
    pks = climbed(step, at=at)
    if not pks:
        return 0
    step.tell(FollowUp.objects.filter(Among("pk", pks)), at)
    return len(pks)


def climbed(step: Step, *, at: datetime) -> list[int]:
    """Who climbs now, each with a line in its history."""
    values = {"rung": step.rung, "kind": step.kind, "at": connection.ops.adapt_datetimefield_value(at)}
    with connection.cursor() as cursor:
        cursor.execute(CLIMB.format(moment=step.moment), values)
        pks = [pk for (pk,) in cursor.fetchall()]
        condition, among_them = among(pks)
        if pks:
            is_late = "1 = 1" if step.rung >= FollowUp.Rung.LEAD else "1 = 0"
            written = WRITE.format(among=condition.replace("%s", "%(pks)s"), is_late=is_late)
            cursor.execute(written, values | {"pks": among_them})
    return pks


def tell_owners(follow_ups: FollowUpQuerySet, at: datetime) -> None:
    """Who slept over both moments reads of what is overdue only once: from their lead."""
    in_time = follow_ups.filter(due_at__gte=at)
    warn_owners(follow_ups=in_time, at=at)
    tell_chats(follow_ups=in_time, words=WARNING, at=at)


def tell_leads(follow_ups: FollowUpQuerySet, at: datetime) -> None:
    alert_leads(follow_ups=follow_ups, at=at)
    tell_chats(follow_ups=follow_ups, words=OVERDUE, at=at)
    escalated = follow_ups.select_related("survey_response", "interaction").order_by("pk")
    publish_each(
        "followups.follow_up_escalated",
        ((each.pk, at, payload_of(each)) for each in escalated.iterator(chunk_size=PORTION)),
    )


def tell_managers(follow_ups: FollowUpQuerySet, at: datetime) -> None:
    alert_managers(follow_ups=follow_ups, at=at)
    tell_chats(follow_ups=follow_ups, words=STILL, at=at)


LADDER = (
    Step(FollowUp.Rung.OWNER, "warn_at", FollowUpStep.Kind.WARNED, tell_owners),
    Step(FollowUp.Rung.LEAD, "due_at", FollowUpStep.Kind.ESCALATED, tell_leads),
    Step(FollowUp.Rung.MANAGER, "manager_at", FollowUpStep.Kind.MANAGER, tell_managers),
)


def wake_waiting(*, at: datetime) -> int:
    """Go on with those that were to wait for their customer until now; returns how many."""
    woken = 0
    asleep = FollowUp.objects.filter(state=FollowUp.State.WAITING, wakes_at__lte=at)
    for follow_up in asleep.select_related("rule", "team__calendar").order_by("wakes_at", "pk"):
        try:
            go_on(follow_up=follow_up, by=None, at=at)
        except ChangedMeanwhile:
            continue
        woken += 1
    return woken
