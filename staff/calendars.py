"""Business calendars as the business clock wants them."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from staff.business_time import (
    Hours,
    NeverOpen,
    OpenTime,
    Week,
    add_business_time,
    business_time_between,
    open_spans,
)
from staff.models import BusinessCalendar, BusinessHours, Holiday


def load_weeks(calendars: Iterable[BusinessCalendar]) -> dict[int, Week]:
    """The week of each calendar by its id: two queries, however many calendars."""
    zones = {calendar.pk: ZoneInfo(calendar.time_zone) for calendar in calendars}
    hours: dict[int, dict[int, list[Hours]]] = defaultdict(lambda: defaultdict(list))
    for row in BusinessHours.objects.filter(calendar__in=zones):
        hours[row.calendar_id][row.weekday].append((row.opens, row.closes))
    holidays: dict[int, set[date]] = defaultdict(set)
    half_days: dict[int, dict[date, Hours]] = defaultdict(dict)
    for holiday in Holiday.objects.filter(calendar__in=zones):
        if holiday.opens and holiday.closes:
            half_days[holiday.calendar_id][holiday.date] = (holiday.opens, holiday.closes)
        else:
            holidays[holiday.calendar_id].add(holiday.date)
    return {
        pk: Week(hours=hours[pk], zone=zone, holidays=frozenset(holidays[pk]), half_days=half_days[pk])
        for pk, zone in zones.items()
    }


def load_week(calendar: BusinessCalendar) -> Week:
    return load_weeks([calendar])[calendar.pk]


def due_after(week: Week, *, start: datetime, duration: timedelta) -> datetime:
    """When `duration` of business time has passed; a calendar that never opens counts every hour."""
    try:
        return add_business_time(week, start, duration)
    except NeverOpen:
        return start + duration


def counted_between(week: Week, start: datetime, end: datetime) -> timedelta:
    """Business time from `start` to `end`; a calendar that never opens counts every hour."""
    if not any(week.hours.values()):
        return max(end - start, timedelta())
    return business_time_between(week, start, end)


def open_time(week: Week, start: datetime, end: datetime) -> OpenTime:
    """counted_between() for many pairs of moments between `start` and `end`: each day is looked up once."""
    return OpenTime(open_spans(week, start, end) if any(week.hours.values()) else [(start, end)])
