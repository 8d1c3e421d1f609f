"""The calendar of all campaigns."""

from datetime import date, timedelta
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
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
    """Six weeks: what goes out on which day, and how many customers are near their cap when a week begins.

    The latter takes a while among many customers, so the page comes first and then the figures.
    """

    title = gettext_lazy("Calendar of campaigns")
    permission_required = "surveys.view_campaign"

    def get_template_names(self) -> list[str]:
        """Whether the page is there already and only the figures come; without a script the page comes with them."""
        is_swapped = "counted" in self.request.GET and "HX-Request" in self.request.headers
        return [f"surveys/campaign_calendar{'_weeks' if is_swapped else ''}.html"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        page: HttpResponse = super().get(request, *args, **kwargs)
        patch_vary_headers(page, ["HX-Request"])
        return page

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        at, unit = timezone.now(), limit_of(self.request.user)
        today = timezone.localdate(at)
        start = monday_from(self.request.GET.get("from"), today=today)
        labels = dict(Survey.Kind.choices)
        is_counted = "counted" in self.request.GET
        weeks: list[dict[str, Any]] = [
            {
                "monday": week.monday,
                "counted_at": week.counted_at,
                "loads": [(labels[load.kind], load) for load in week.loads],
                "days": [
                    ShownDay(day, day < today, day == today, list(entries))
                    for day, entries in week.days.items()
                ],
            }
            for week in weeks_of(start=start, at=at, unit=unit, is_counted=is_counted)
        ]
        return super().get_context_data(
            weeks=weeks,
            is_empty=not any(day.entries for week in weeks for day in week["days"]),
            has_caps=ContactCap.objects.working().exists(),
            unit=unit,
            is_counted=is_counted,
            start=start,
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
