from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.contact.clock import GRACE, Hours, instants, is_allowed, next_allowed, next_turn

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


@pytest.mark.parametrize(
    ("at", "zone", "hours", "turn"),
    [
        (utc(2026, 3, 4, 7), "Europe/Sarajevo", AT_TEN, utc(2026, 3, 4, 9)),
        (utc(2026, 3, 4, 9, 59), "Europe/Sarajevo", AT_TEN, utc(2026, 3, 4, 9, 59)),  # 10:59: it has just come
        (utc(2026, 3, 4, 10), "Europe/Sarajevo", AT_TEN, utc(2026, 3, 5, 9)),  # 11:00
        (utc(2026, 3, 4, 15), "Europe/Sarajevo", AT_TEN, utc(2026, 3, 5, 9)),
        (utc(2026, 3, 4, 7), "America/Los_Angeles", AT_TEN, utc(2026, 3, 4, 18)),  # 23:00 there, the evening before
        (utc(2026, 3, 4, 23, 5), "America/Los_Angeles", AT_TEN, utc(2026, 3, 5, 18)),  # 15:05 there
        (utc(2026, 3, 4, 7), "Asia/Kathmandu", AT_TEN, utc(2026, 3, 5, 4, 15)),  # 12:45 there
        (utc(2026, 3, 4, 4), "Asia/Kathmandu", AT_TEN, utc(2026, 3, 4, 4, 15)),
        (utc(2026, 3, 4, 7), "Pacific/Chatham", AT_TEN, utc(2026, 3, 4, 20, 15)),  # 20:45 there
        (utc(2026, 3, 7, 19), "America/Los_Angeles", AT_TEN, utc(2026, 3, 8, 17)),  # the clocks go forward
        (utc(2026, 3, 28, 12), "Europe/Sarajevo", AT_TEN, utc(2026, 3, 29, 8)),
        (utc(2026, 10, 24, 12), "Europe/Sarajevo", AT_TEN, utc(2026, 10, 25, 9)),  # and back
        (utc(2026, 4, 4, 12), "Pacific/Chatham", AT_TEN, utc(2026, 4, 4, 21, 15)),
        (utc(2026, 3, 4, 15), "UTC", Hours(), utc(2026, 3, 4, 15)),
        (utc(2026, 3, 4, 21), "UTC", NIGHT, utc(2026, 3, 5, 9)),
        (utc(2026, 4, 30, 15), "UTC", replace(AT_TEN, holidays=frozenset({date(2026, 5, 1)})), utc(2026, 5, 2, 10)),
        (utc(2026, 3, 4, 15), "UTC", replace(NIGHT, send_at=time(21)), utc(2026, 3, 5, 9)),
        (utc(2026, 3, 4, 2), "UTC", replace(NIGHT, send_at=time(21)), utc(2026, 3, 4, 9)),
        (utc(2026, 3, 4, 9), "UTC", replace(SIESTA, send_at=time(14)), utc(2026, 3, 4, 16)),
    ],
)  # fmt: skip
def test_the_turn_of_somebody_is_when_the_time_of_day_comes_next_by_their_clock(at, zone, hours, turn):
    assert next_turn(at, zone, hours) == turn


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (utc(2026, 3, 4, 21, 5), utc(2026, 3, 5, 9)),
        (utc(2026, 3, 4, 2), utc(2026, 3, 4, 9)),
        (utc(2026, 3, 4, 15), utc(2026, 3, 4, 15)),  # the rest of the day after the quiet hours
    ],
)
def test_a_time_of_day_that_quiet_hours_were_laid_over_gives_way_to_them(at, allowed):
    assert next_allowed(at, "UTC", replace(NIGHT, send_at=time(21))) == allowed


def test_in_the_second_of_two_equal_hours_nobody_loses_a_day():
    """Half past two comes twice in this night; a quarter past two is quiet once more."""
    second_quarter_past = utc(2026, 10, 25, 1, 15)
    early = Hours(quiet_from=time(22), quiet_until=time(2, 30))

    for hours in (early, Hours(send_at=time(2, 30))):
        assert next_allowed(second_quarter_past, "Europe/Sarajevo", hours) == utc(2026, 10, 25, 1, 30)
        assert next_turn(second_quarter_past, "Europe/Sarajevo", hours) == utc(2026, 10, 25, 1, 30)


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
    elif not is_allowed(at, zone, hours):
        assert start == end  # always quiet, which the contact policy refuses


@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),
    zone=st.sampled_from(ZONES),
    quiet=st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda ends: ends[0] != ends[1]),
    wanted=st.integers(0, 23),
)
@settings(max_examples=150, deadline=None)
def test_a_turn_comes_within_the_hour_of_the_time_of_day_and_is_never_missed(at, zone, quiet, wanted):
    hours = Hours(quiet_from=time(quiet[0]), quiet_until=time(quiet[1]), send_at=time(wanted))

    turn = next_turn(at, zone, hours)

    day = turn.astimezone(ZoneInfo(zone)).date()
    begins = instants(day, hours.not_before, zone)
    assert turn >= at
    assert is_allowed(turn, zone, hours)
    assert any(each <= turn < each + GRACE or turn == next_allowed(each, zone, hours) for each in begins)
    assert turn < at + timedelta(hours=26)
