"""Business calendars as the business clock wants them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from staff.business_time import NeverOpen, Week, add_business_time
from staff.models import BusinessCalendar, BusinessHours, Holiday


def load_weeks(calendars: Iterable[BusinessCalendar]) -> dict[int, Week]:
    """The week of each calendar by its id: two queries, however many calendars."""
    zones = {calendar.pk: ZoneInfo(calendar.time_zone) for calendar in calendars}
    hours: dict[int, dict[int, list[tuple[time, time]]]] = defaultdict(lambda: defaultdict(list))
    for row in BusinessHours.objects.filter(calendar__in=zones):
        hours[row.calendar_id][row.weekday].append((row.opens, row.closes))
    holidays: dict[int, set[date]] = defaultdict(set)
    for holiday in Holiday.objects.filter(calendar__in=zones):
        holidays[holiday.calendar_id].add(holiday.date)
    return {
        pk: Week(hours=hours[pk], zone=zone, holidays=frozenset(holidays[pk])) for pk, zone in zones.items()
    }


def load_week(calendar: BusinessCalendar) -> Week:
    return load_weeks([calendar])[calendar.pk]


def due_after(week: Week, *, start: datetime, duration: timedelta) -> datetime:
    """When `duration` of business time has passed; a calendar that never opens counts every hour."""
    try:
        return add_business_time(week, start, duration)
    except NeverOpen:
        return start + duration
