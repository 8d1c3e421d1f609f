"""Messages that are going to leave, as things stand: what waits in the send ledger, and the reminders that follow."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest

from surveys.models import Campaign, Invitation
from surveys.models.campaigns import MOST_REMINDERS

LIVE = (Campaign.State.SENDING, Campaign.State.PAUSED)
DAY, SOON = timedelta(days=1), timedelta(seconds=1)


def waiting(*, at: datetime) -> QuerySet[Any]:
    """Rows of which a message is to leave, with when as `comes_at`: what is overdue, at once."""
    rows = Invitation.objects.waiting().filter(is_test=False, wave__campaign__state__in=LIVE)
    return rows.annotate(comes_at=not_before(at, F("due_at")))


def reminders(*, at: datetime) -> Iterator[QuerySet[Any]]:
    """Rows that are to be reminded, with when as `comes_at`, as if nobody answered any more; a query for each turn.

    First those of messages that are out, then those of messages that wait.
    """
    reminding = Campaign.objects.filter(state__in=LIVE, reminders__gt=0).order_by()
    pauses = list(reminding.values_list("remind_after_days", flat=True).distinct())
    sent = Invitation.objects.to_remind().filter(wave__campaign__in=reminding)
    waits = waiting(at=at).filter(wave__campaign__in=reminding).annotate(last_at=F("comes_at"))
    out = sent.annotate(last_at=Coalesce("reminded_at", "sent_at"))
    itself = Case(When(sent_at=None, then=0), default=1)  # what waits may be a reminder
    for turn in range(1, MOST_REMINDERS + 1) if pauses else ():
        yield reminded(out.annotate(before=F("reminders_sent")), turn, pauses, at=at)
        yield reminded(waits.annotate(before=F("reminders_sent") + itself), turn, pauses, at=at)


def reminded(rows: QuerySet[Any], turn: int, pauses: Sequence[int], *, at: datetime) -> QuerySet[Any]:
    """Those of `rows` that are reminded once more after so many turns, each the waiting time later than the one before."""
    first = not_before(at, later(F("last_at"), 1, pauses))
    those = rows.filter(before__lte=F("wave__campaign__reminders") - turn)
    those = those.annotate(comes_at=later(first, turn - 1, pauses) if turn > 1 else first)
    return those.filter(Q(wave__campaign__ends_at=None) | Q(comes_at__lt=F("wave__campaign__ends_at")))


def later(moment: F | Greatest, turns: int, pauses: Sequence[int]) -> ExpressionWrapper:
    """So many times the waiting time of the row's campaign later; SQLite multiplies no durations."""
    whens = [When(wave__campaign__remind_after_days=days, then=Value(turns * days * DAY)) for days in pauses]
    pause = Case(*whens, output_field=DurationField())
    return ExpressionWrapper(moment + pause, output_field=DateTimeField())


def not_before(at: datetime, moment: F | ExpressionWrapper) -> Greatest:
    """What is overdue leaves in a moment, and so is not out yet."""
    return Greatest(moment, Value(at + SOON, output_field=DateTimeField()))
