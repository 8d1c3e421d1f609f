"""The clock of a follow-up: until when its customer is contacted and it is resolved, in business hours of its team."""

from datetime import datetime, timedelta
from typing import TypedDict

from followups.models import FollowUp, FollowUpRule, Priority, ServiceLevel
from staff.business_time import Week
from staff.calendars import counted_between, due_after

Levels = dict[int, ServiceLevel]
USUAL = {  # contact, resolve, warn, manager: business hours where nobody has set any
    Priority.URGENT: (2, 8, 1, 2),
    Priority.HIGH: (4, 16, 1, 4),
    Priority.NORMAL: (8, 40, 2, 8),
    Priority.LOW: (24, 80, 4, 16),
}


class Ladder(TypedDict):
    """The clock that runs, as fields of a follow-up."""

    due_at: datetime
    warn_at: datetime | None
    manager_at: datetime
    rung: int


def load_levels() -> Levels:
    """The service level of each priority: one query."""
    known = {level.priority: level for level in ServiceLevel.objects.all()}
    return {priority: known.get(priority) or usual_level(priority) for priority in Priority}


def usual_level(priority: Priority) -> ServiceLevel:
    contact, resolve, warn, manager = USUAL[priority]
    return ServiceLevel(
        priority=priority,
        contact_hours=contact,
        resolve_hours=resolve,
        warn_hours=warn,
        manager_hours=manager,
    )


def contact_due(rule: FollowUpRule | None, level: ServiceLevel, week: Week, *, at: datetime) -> datetime:
    """When somebody must have been in touch after an answer noticed at `at`; a rule may say so itself."""
    own = rule.business_hours if rule and rule.priority == level.priority else None
    return due_after(week, start=at, duration=hours(own or level.contact_hours))


def resolve_due(
    level: ServiceLevel, week: Week, *, opened_at: datetime, paused: timedelta = timedelta()
) -> datetime:
    """When it must be resolved: as much later as it stood still."""
    return due_after(week, start=opened_at, duration=hours(level.resolve_hours) + paused)


def ladder(level: ServiceLevel, week: Week, *, since: datetime, due: datetime) -> Ladder:
    """The clock from `since` to `due`, and when owner and manager hear of it; nobody has been told yet."""
    before = counted_between(week, since, due) - hours(level.warn_hours)
    warned = level.warn_hours and before > timedelta()
    return Ladder(
        due_at=due,
        warn_at=due_after(week, start=since, duration=before) if warned else None,
        manager_at=due_after(week, start=due, duration=hours(level.manager_hours)),
        rung=FollowUp.Rung.NOBODY,
    )


def paused_until(follow_up: FollowUp, week: Week, *, at: datetime) -> timedelta:
    """How long it has stood still until `at`, in business time."""
    waited = counted_between(week, follow_up.waiting_since, at) if follow_up.waiting_since else timedelta()
    return follow_up.paused + waited


def hours(number: int) -> timedelta:
    return timedelta(hours=number)
