"""Dates as people say them: by each language's habits, and in Persian by the Solar Hijri calendar."""

from datetime import date, datetime

import jdatetime
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


def say_date(day: date) -> str:
    """“21 March 2026”, “۱ فروردین ۱۴۰۵”; a moment's date is that of the current time zone."""
    if isinstance(day, datetime):
        day = here(day).date()
    return in_persian(day) if speaks_persian() else date_format(day, "DATE_FORMAT")


def say_day(day: date) -> str:
    """The same without the year: “21 Mar”, “۱ فروردین”."""
    return in_persian(day).rpartition(" ")[0] if speaks_persian() else date_format(day, "j M")


def say_moment(moment: datetime) -> str:
    """“21 March 2026, 14:05”, “۱ فروردین ۱۴۰۵، ساعت ۱۴:۰۵”, in the current time zone."""
    local = here(moment)
    if not speaks_persian():
        return date_format(local, "DATETIME_FORMAT")
    return f"{in_persian(local.date())}، ساعت {local:%H:%M}".translate(PERSIAN_DIGITS)


def here(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def speaks_persian() -> bool:
    return get_language() == "fa"


def in_persian(day: date) -> str:
    solar = jdatetime.date.fromgregorian(date=day)
    return f"{solar.day} {solar.j_months_fa[solar.month - 1]} {solar.year}".translate(PERSIAN_DIGITS)
