from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from staff.business_time import (
    NeverOpen,
    OpenTime,
    Week,
    add_business_time,
    business_time_between,
    open_spans,
)

SARAJEVO = ZoneInfo("Europe/Sarajevo")
OFFICE = Week(hours=dict.fromkeys(range(5), ((time(9), time(17)),)), zone=SARAJEVO)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def local(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=SARAJEVO)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        pytest.param(("2026-03-04", "10:00"), 3, ("2026-03-04", "13:00"), id="the same day"),
        pytest.param(("2026-03-04", "09:00"), 8, ("2026-03-04", "17:00"), id="until closing time"),
        pytest.param(("2026-03-04", "16:00"), 2, ("2026-03-05", "10:00"), id="over night"),
        pytest.param(("2026-03-06", "16:00"), 2, ("2026-03-09", "10:00"), id="over a weekend"),
        pytest.param(("2026-03-07", "12:00"), 1, ("2026-03-09", "10:00"), id="asked on a Saturday"),
        pytest.param(("2026-03-04", "23:00"), 0, ("2026-03-05", "09:00"), id="no time at all"),
        pytest.param(("2026-03-27", "16:00"), 2, ("2026-03-30", "10:00"), id="clocks go forward"),
        pytest.param(("2026-10-23", "16:00"), 2, ("2026-10-26", "10:00"), id="clocks go back"),
    ],
)
def test_due_in_business_hours(start, hours, due):
    assert add_business_time(OFFICE, local(*start), hours * HOUR) == local(*due)


def test_a_holiday_is_not_a_working_day():
    week = Week(hours=OFFICE.hours, zone=SARAJEVO, holidays=frozenset([date(2026, 3, 5)]))

    assert add_business_time(week, local("2026-03-04", "16:00"), 2 * HOUR) == local("2026-03-06", "10:00")


def test_on_half_a_day_off_people_work_half_of_it():
    week = Week(hours=OFFICE.hours, zone=SARAJEVO, half_days={date(2026, 3, 5): (time(9), time(13))})

    assert business_time_between(week, local("2026-03-05", "08:00"), local("2026-03-05", "20:00")) == 4 * HOUR
    assert add_business_time(week, local("2026-03-05", "12:00"), 2 * HOUR) == local("2026-03-06", "10:00")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_day_is_as_long_as_it_was(day, hours):
    always = Week(hours=dict.fromkeys(range(7), ((time(0), time.max),)), zone=SARAJEVO)
    midnight = local(day, "00:00")

    worked = business_time_between(always, midnight, midnight + timedelta(days=1))

    assert worked == hours * HOUR - timedelta.resolution


def test_overlapping_hours_count_once():
    week = Week(hours={2: [(time(9), time(13)), (time(12), time(15)), (time(16), time(17))]}, zone=SARAJEVO)

    worked = business_time_between(week, local("2026-03-04", "00:00"), local("2026-03-05", "00:00"))

    assert worked == 7 * HOUR


@pytest.mark.parametrize("hours", [{}, {0: []}])
def test_a_calendar_that_never_opens_says_so(hours):
    with pytest.raises(NeverOpen):
        add_business_time(Week(hours=hours, zone=SARAJEVO), local("2026-03-04", "10:00"), HOUR)


def test_ten_years_are_not_enough():
    with pytest.raises(NeverOpen):
        add_business_time(
            Week(hours={0: [(time(9), time(9, 1))]}, zone=SARAJEVO), local("2026-03-04", "10:00"), 90 * HOUR
        )


hours_of_day = st.integers(0, 23)
openings = st.tuples(hours_of_day, hours_of_day).filter(lambda pair: pair[0] < pair[1])
weeks = st.builds(
    Week,
    hours=st.dictionaries(
        st.integers(0, 6),
        st.lists(openings.map(lambda pair: (time(pair[0]), time(pair[1]))), max_size=3),
    ),
    zone=st.sampled_from(
        [SARAJEVO, ZoneInfo("America/New_York"), ZoneInfo("Asia/Tehran"), ZoneInfo("Africa/Cairo"), UTC]
    ),
    holidays=st.frozensets(st.dates(date(2026, 3, 25), date(2026, 4, 2)), max_size=3),
    half_days=st.dictionaries(
        st.dates(date(2026, 3, 25), date(2026, 4, 2)),
        openings.map(lambda pair: (time(pair[0]), time(pair[1]))),
        max_size=3,
    ),
)
starts = st.one_of(
    st.datetimes(datetime(2026, 3, 27), datetime(2026, 3, 30)),
    st.datetimes(datetime(2026, 10, 23), datetime(2026, 11, 2)),
    st.datetimes(datetime(2026, 4, 23), datetime(2026, 4, 26)),
).map(lambda moment: moment.replace(second=0, microsecond=0, tzinfo=UTC))


def is_open(week: Week, moment: datetime) -> bool:
    wall = moment.astimezone(week.zone)
    half = week.half_days.get(wall.date())
    hours = [half] if half else week.hours.get(wall.weekday(), ())
    return wall.date() not in week.holidays and any(opens <= wall.time() < closes for opens, closes in hours)


def minutes_open(week: Week, start: datetime, end: datetime) -> int:
    """The slow, plain count."""
    return sum(is_open(week, start + i * MINUTE) for i in range((end - start) // MINUTE))


@settings(max_examples=150, deadline=None)
@given(week=weeks, start=starts, minutes=st.integers(0, 3 * 24 * 60))
def test_it_is_what_counting_minutes_gives(week, start, minutes):
    end = start + minutes * MINUTE

    assert business_time_between(week, start, end) == minutes_open(week, start, end) * MINUTE


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(week=weeks, start=starts, minutes=st.integers(1, 3 * 24 * 60))
def test_adding_is_the_inverse_of_counting(week, start, minutes):
    assume(any(week.hours.values()))

    due = add_business_time(week, start, minutes * MINUTE)

    assert business_time_between(week, start, due) == minutes * MINUTE
    assert is_open(week, due - MINUTE)


@settings(max_examples=150, deadline=None)
@given(
    week=weeks,
    start=starts,
    hours=st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)),
)
def test_measured_once_or_often_it_is_the_same(week, start, hours):
    since, until, end = (
        start + hours[0] * HOUR,
        start + (hours[0] + hours[1]) * HOUR,
        start + sum(hours) * HOUR,
    )

    measured = OpenTime(open_spans(week, start, end))

    assert measured.between(since, until) == business_time_between(week, since, until)
    assert measured.between(until, since) == timedelta()
