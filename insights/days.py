"""Days of the organisation: its time zone decides to which day an answer belongs."""

from datetime import date, datetime, time, timedelta, tzinfo

from django.utils import timezone

ONE_DAY = timedelta(days=1)


def zone() -> tzinfo:
    return timezone.get_default_timezone()


def day_of(at: datetime) -> date:
    return at.astimezone(zone()).date()


def start_of(day: date) -> datetime:
    """The first moment of `day`; where the clock skips midnight, the moment it skips."""
    return datetime.combine(day, time.min, tzinfo=zone())


def moments_of(start: date, end: date) -> tuple[datetime, datetime]:
    """From the first moment of `start` to the first after `end`: days are 23 to 25 hours long."""
    return start_of(start), start_of(end + ONE_DAY)
