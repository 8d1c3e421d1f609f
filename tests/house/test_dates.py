from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from events.dates import say_date, say_moment

SPRING = datetime(2026, 3, 20, 23, 30, tzinfo=UTC)  # already the 21st, half past midnight, in Sarajevo


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "21 March 2026"),
        ("ru", "21 марта 2026 г."),
        ("zh-hans", "2026年3月21日"),
        ("fa", "۱ فروردین ۱۴۰۵"),
    ],
)
def test_a_day_is_said_as_its_readers_say_it(language, said):
    with translation.override(language), timezone.override("Europe/Sarajevo"):
        assert say_date(date(2026, 3, 21)) == said
        assert say_date(SPRING) == said


@pytest.mark.parametrize(
    ("language", "said"), [("en", "21 March 2026, 00:30"), ("fa", "۱ فروردین ۱۴۰۵، ساعت ۰۰:۳۰")]
)
def test_a_moment_is_said_in_the_time_zone_of_its_reader(language, said):
    with translation.override(language), timezone.override("Europe/Sarajevo"):
        assert say_moment(SPRING) == said


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2025, 3, 20), "۳۰ اسفند ۱۴۰۳"),  # 1403 is a leap year
        (date(2025, 3, 21), "۱ فروردین ۱۴۰۴"),
        (date(2026, 9, 22), "۳۱ شهریور ۱۴۰۵"),
        (date(2026, 9, 23), "۱ مهر ۱۴۰۵"),
        (date(2000, 2, 29), "۱۰ اسفند ۱۳۷۸"),
    ],
)
def test_the_solar_calendar_keeps_its_leap_years_and_long_months(day, said):
    with translation.override("fa"):
        assert say_date(day) == said


def test_templates_say_dates_and_show_a_dash_where_there_is_none():
    page = Template(
        "{% load dates %}{{ day|localdate }} {{ moment|localtime }} {{ never|localdate }}{{ nil|localtime }}"
    )

    with translation.override("en"), timezone.override("UTC"):
        assert page.render(
            Context({"day": date(2026, 3, 21), "moment": SPRING, "never": None, "nil": None})
        ) == ("21 March 2026 20 March 2026, 23:30 ––")
