"""The calendar of all campaigns."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from staff.access import limit_of
from surveys.campaigns.calendar import DAYS, WEEKS, Entry, weeks_of
from surveys.models import ContactCap, Survey

EARLIEST, LATEST = date(2000, 1, 1), date(2199, 1, 1)


class ShownDay(NamedTuple):
    date: date
    is_past: bool
    is_today: bool
    entries: list[Entry]


class CalendarView(UnfoldModelAdminViewMixin, TemplateView):
    """Six weeks: what goes out on which day, and how many customers are near their cap when a week begins."""

    title = gettext_lazy("Calendar of campaigns")
    permission_required = "surveys.view_campaign"
    template_name = "surveys/campaign_calendar.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        at, unit = timezone.now(), limit_of(self.request.user)
        today = timezone.localdate(at)
        start = monday_from(self.request.GET.get("from"), today=today)
        labels = dict(Survey.Kind.choices)
        weeks: list[dict[str, Any]] = [
            {
                "monday": week.monday,
                "loads": [(labels[load.kind], load) for load in week.loads],
                "days": [
                    ShownDay(day, day < today, day == today, list(entries))
                    for day, entries in week.days.items()
                ],
            }
            for week in weeks_of(start=start, at=at, unit=unit)
        ]
        return super().get_context_data(
            weeks=weeks,
            is_empty=not any(day.entries for week in weeks for day in week["days"]),
            has_caps=ContactCap.objects.working().exists(),
            unit=unit,
            before=start - timedelta(days=WEEKS * DAYS),
            after=start + timedelta(days=WEEKS * DAYS),
            is_now=start <= today < start + timedelta(days=DAYS),
            **kwargs,
        )


def monday_from(text: str | None, *, today: date) -> date:
    """The Monday of the day an address names; of today where nobody can read it."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        day = today
    if not EARLIEST <= day <= LATEST:
        day = today
    return day - timedelta(days=day.weekday())
