"""Who is away, and until when."""

from datetime import date, datetime

from django.db.models import Max
from django.utils import timezone

from staff.models import Absence


def away_until(*, at: datetime) -> dict[int, date]:
    """Who is away on the day of `at`, by the organisation's clock, and the last day on which they are: one query."""
    today = at.astimezone(timezone.get_default_timezone()).date()
    away = Absence.objects.filter(first_day__lte=today, last_day__gte=today)
    return dict(away.values("user").annotate(last=Max("last_day")).order_by().values_list("user", "last"))
