"""A stretch of days, the one before it to compare with, and the steps in which a trend is drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format

from events.dates import say_day
from insights.days import ONE_DAY

WEEK = timedelta(days=7)
IN_DAYS_UP_TO = 14  # days
IN_WEEKS_UP_TO = 120  # days


@dataclass(frozen=True)
class Step:
    """Some days of a period, drawn as one point."""

    start: date
    end: date
    label: str


@dataclass(frozen=True)
class Period:
    """From `start` to `end`, both days included."""

    start: date
    end: date

    @classmethod
    def last(cls, days: int, *, today: date) -> "Period":
        """The last `days` days, today included."""
        return cls(today - timedelta(days=days - 1), today)

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def before(self) -> "Period":
        """As many days, right before."""
        return Period(self.start - timedelta(days=self.days), self.start - ONE_DAY)

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    @property
    def step(self) -> str:
        if self.days <= IN_DAYS_UP_TO:
            return "day"
        return "week" if self.days <= IN_WEEKS_UP_TO else "month"

    def steps(self) -> list[Step]:
        """Days, weeks of seven days that end on the last day, or calendar months, the first and last cut off."""
        match self.step:
            case "day":
                return [Step(day, day, say_day(day)) for day in self.each_day()]
            case "week":
                return list(self.weeks())[::-1]
            case _:
                return list(self.months())

    def each_day(self) -> Iterator[date]:
        return (self.start + timedelta(days=n) for n in range(self.days))

    def weeks(self) -> Iterator[Step]:
        end = self.end
        while end >= self.start:
            start = max(self.start, end - WEEK + ONE_DAY)
            yield Step(start, end, say_day(start))
            end = start - ONE_DAY

    def months(self) -> Iterator[Step]:
        start = self.start
        while start <= self.end:
            next_month = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
            yield Step(start, min(self.end, next_month - ONE_DAY), date_format(start, "M Y"))
            start = next_month
