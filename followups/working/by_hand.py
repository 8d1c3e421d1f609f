"""Opening a follow-up because a colleague says so."""

from datetime import datetime

from django.db import transaction

from customers.models import Customer
from followups.clock import contact_due, ladder, load_levels, resolve_due
from followups.models import FollowUp, FollowUpStep, Signal
from followups.opening import announce_opened, lock_customers
from followups.rules.occasions import RECENT
from followups.working.steps import OutOfSight, add_note, add_step
from staff.access import sees
from staff.calendars import load_week
from staff.models import Team, User


@transaction.atomic
def open_by_hand(
    *, customer: Customer, team: Team, owner: User | None, priority: int, text: str, by: User, at: datetime
) -> tuple[FollowUp, bool]:
    """A follow-up of `customer`, and whether it is new: what is written joins the one they have as a note.

    Raises OutOfSight.
    """
    if owner and not sees(owner, customer.unit):
        raise OutOfSight
    lock_customers({customer.pk})
    joinable = FollowUp.objects.open().filter(customer=customer, opened_at__gte=at - RECENT)
    if there := joinable.order_by("-opened_at", "-pk").first():
        add_note(follow_up=there, by=by, text=text, at=at)
        return there, False
    level, week = load_levels()[priority], load_week(team.calendar)
    due = contact_due(None, level, week, at=at)
    follow_up = FollowUp.objects.create(
        source=Signal.BY_HAND,
        summary=text,
        customer=customer,
        team=team,
        owner=owner,
        priority=priority,
        opened_at=at,
        leg_opened_at=at,
        contact_due_at=due,
        resolve_due_at=resolve_due(level, week, opened_at=at),
        **ladder(level, week, since=at, due=due),
    )
    add_step(follow_up, FollowUpStep.Kind.OPENED, by=by, at=at)
    announce_opened([follow_up])
    return follow_up, True
