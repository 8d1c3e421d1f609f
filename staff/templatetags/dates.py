"""`{% load dates %}`: `{{ day|localdate }}` and `{{ moment|localtime }}`, “–” when there is none."""

from datetime import date, datetime

from django import template

from events.dates import say_date, say_day, say_moment

register = template.Library()
NONE = "–"


@register.filter
def localdate(day: date | None) -> str:
    """The day as the reader's language says it."""
    return say_date(day) if isinstance(day, date) else NONE


@register.filter
def localday(day: date | None) -> str:
    """The day without its year."""
    return say_day(day) if isinstance(day, date) else NONE


@register.filter
def localtime(moment: datetime | None) -> str:
    """The day and the time as the reader's language says them."""
    return say_moment(moment) if isinstance(moment, datetime) else NONE
