"""Who looks at a follow-up right now."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from followups.models import FollowUp, FollowUpVisit
from staff.models import User

LOOKS_EVERY = timedelta(seconds=15)  # an open page says so that often
GONE_AFTER = timedelta(seconds=40)
FORGOTTEN_AFTER = timedelta(days=1)


def visit(*, follow_up: FollowUp, by: User, at: datetime) -> QuerySet[User]:
    """Note that `by` looks at it; returns who else does."""
    FollowUpVisit.objects.bulk_create(
        [FollowUpVisit(follow_up=follow_up, user=by, seen_at=at)],
        update_conflicts=True,
        unique_fields=["follow_up", "user"],
        update_fields=["seen_at"],
    )
    others = FollowUpVisit.objects.filter(follow_up=follow_up, seen_at__gt=at - GONE_AFTER).exclude(user=by)
    return User.objects.filter(pk__in=others.values("user")).order_by("first_name", "last_name", "pk")


def forget_visits(*, at: datetime) -> None:
    FollowUpVisit.objects.filter(seen_at__lt=at - FORGOTTEN_AFTER).delete()
