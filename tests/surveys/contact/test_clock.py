from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.contact.clock import Hours, is_allowed, next_allowed

NIGHT = Hours(quiet_from=time(20), quiet_until=time(9))
SIESTA = Hours(quiet_from=time(13), quiet_until=time(16))
AT_TEN = Hours(send_at=time(10))
ZONES = sorted(available_timezones())


def utc(*moment: int) -> datetime:
    return datetime(*moment, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "zone", "hours", "allowed"),
    [
        (utc(2026, 3, 4, 12), "Europe/Sarajevo", NIGHT, utc(2026, 3, 4, 12)),
        (utc(2026, 3, 4, 21), "Europe/Sarajevo", NIGHT, utc(2026, 3, 5, 8)),  # 22:00 there; 9:00 is 8:00 UTC
        (utc(2026, 3, 4, 4), "Europe/Sarajevo", NIGHT, utc(2026, 3, 4, 8)),
        (utc(2026, 3, 4, 12, 30), "Europe/Sarajevo", SIESTA, utc(2026, 3, 4, 15)),
        (utc(2026, 3, 4, 0), "Asia/Kathmandu", NIGHT, utc(2026, 3, 4, 3, 15)),  # 5:45 there, 45 minutes off
        (utc(2026, 3, 4, 7), "Pacific/Chatham", NIGHT, utc(2026, 3, 4, 19, 15)),  # 20:45 there, +13:45
        (utc(2028, 2, 28, 23), "Europe/Sarajevo", NIGHT, utc(2028, 2, 29, 8)),  # a leap day
        (utc(2026, 3, 4, 5), "UTC", AT_TEN, utc(2026, 3, 4, 10)),
        (utc(2026, 3, 4, 11), "UTC", AT_TEN, utc(2026, 3, 4, 11)),
        (utc(2026, 5, 1, 5), "UTC", Hours(holidays=frozenset({date(2026, 5, 1)})), utc(2026, 5, 2, 0)),
        (
            utc(2026, 4, 30, 22),
            "UTC",
            Hours(quiet_from=time(20), quiet_until=time(9), holidays=frozenset({date(2026, 5, 1)})),
            utc(2026, 5, 2, 9),
        ),
    ],
)
def test_the_first_moment_at_which_somebody_may_be_written_to(at, zone, hours, allowed):
    assert next_allowed(at, zone, hours) == allowed


def test_an_hour_that_never_comes_is_the_next_that_does_and_one_that_comes_twice_is_the_first():
    spring = next_allowed(utc(2026, 3, 29, 0), "Europe/Sarajevo", Hours(send_at=time(2, 30)))
    autumn = next_allowed(utc(2026, 10, 24, 23, 30), "Europe/Sarajevo", Hours(send_at=time(2, 30)))

    assert spring == utc(2026, 3, 29, 1)  # 3:00, where the clocks were put forward
    assert autumn == utc(2026, 10, 25, 0, 30)  # 2:30 in summer time


def test_who_could_never_be_written_to_is_written_to_at_once_rather_than_never():
    always = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(800))

    assert next_allowed(utc(2026, 3, 4, 5), "UTC", Hours(holidays=always)) == utc(2026, 3, 4, 5)


@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
    start=st.times(),
    end=st.times(),
    wanted=st.none() | st.times(),
)
@settings(max_examples=150, deadline=None)
def test_nobody_is_ever_written_to_in_their_quiet_hours(at, zone, start, end, wanted):
    start, end = (each.replace(second=0, microsecond=0) for each in (start, end))
    wanted = wanted and wanted.replace(second=0, microsecond=0)
    hours = Hours(quiet_from=start, quiet_until=end, send_at=wanted)

    allowed = next_allowed(at, zone, hours)

    assert allowed >= at
    if allowed > at:
        assert is_allowed(allowed, zone, hours)
        before = allowed - timedelta(seconds=1)
        assert before < at or not is_allowed(before, zone, hours)
    elif not is_allowed(at, zone, hours):  # no minute of any day is left by these rules
        local = (
            datetime.combine(date(2026, 6, 1), time(0), ZoneInfo(zone)) + timedelta(minutes=n)
            for n in range(1440)
        )
        assert not any(is_allowed(moment, zone, hours) for moment in local)
