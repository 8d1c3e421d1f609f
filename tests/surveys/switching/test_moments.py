"""Dates as the tools of this world write them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.switching.moments import NotAMoment, moment_of, order_in

SARAJEVO = ZoneInfo("Europe/Sarajevo")
MAY_DAY = datetime(2023, 5, 1, 14, 3, 22, tzinfo=SARAJEVO)


def hours(number: float) -> timezone:
    return timezone(timedelta(hours=number))


@pytest.mark.parametrize("days_first", [True, False])
@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2023-05-01 14:03:22", SARAJEVO),
        ("2023-05-01T14:03:22", SARAJEVO),
        ("2023/5/1 2:03:22 PM", SARAJEVO),
        ("2023.05.01 14:03:22", SARAJEVO),
        ("2023-05-01T14:03:22Z", UTC),
        ("2023-05-01 14:03:22 UTC", UTC),
        ("2023-05-01 14:03:22 -0700", hours(-7)),
        ("2023/05/01 2:03:22 PM GMT+2", hours(2)),  # ahead of Greenwich, as people mean it
        ("2023/05/01 2:03:22 PM UTC-3", hours(-3)),
        ("2023-05-01 14:03:22 PST", hours(-8)),
        ("May 1, 2023 2:03:22 PM", SARAJEVO),
        ("Mon, 01 May 2023 14:03:22 +0530", hours(5.5)),
        ("۲۰۲۳-۰۵-۰۱ ۱۴:۰۳:۲۲", SARAJEVO),
        ("  2023-05-01 14:03:22  ", SARAJEVO),
    ],
)
def test_a_date_that_can_be_read_in_one_way_only(text, zone, days_first):
    assert moment_of(text, days_first=days_first, zone=SARAJEVO) == MAY_DAY.replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("text", "day_first", "month_first"),
    [
        ("01/02/2023", (2023, 2, 1), (2023, 1, 2)),
        ("1.2.23", (2023, 2, 1), (2023, 1, 2)),
        ("01-02-2023 14:03", (2023, 2, 1), (2023, 1, 2)),
        ("13/02/2023", (2023, 2, 13), None),
        ("02/13/2023 05:16:53 PM", None, (2023, 2, 13)),
    ],
)
def test_a_date_that_can_be_read_in_two_ways_is_read_as_chosen_in_every_line(text, day_first, month_first):
    for days_first, day in ((True, day_first), (False, month_first)):
        if day is None:
            with pytest.raises(NotAMoment, match="order of day and month"):
                moment_of(text, days_first=days_first, zone=UTC)
        else:
            moment = moment_of(text, days_first=days_first, zone=UTC)
            assert (moment.year, moment.month, moment.day) == day


def test_seconds_since_1970_and_thousandths_of_them():
    told = {moment_of(text, days_first=True, zone=SARAJEVO) for text in ("1682949802", "1682949802123")}

    assert told == {datetime(2023, 5, 1, 14, 3, 22, tzinfo=UTC)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The date is missing."),
        ("   ", "The date is missing."),
        ("10:30", "“10:30” is no date."),
        ("5", "“5” is no date."),
        ("2023", "“2023” is no date."),
        ("May 2023", "“May 2023” is no date."),
        ("soon", "“soon” is no date."),
        ("2023-02-30", "“2023-02-30” is no date."),
        ("2023-05-01 25:00", "“2023-05-01 25:00” is no date."),
        ("0001-01-01", "“0001-01-01” is no date."),
        ("9999-12-31", "“9999-12-31” is no date."),
        ("=1+1", "“=1+1” is no date."),
        ("2023-05-01 10:00 BST", "“2023-05-01 10:00 BST”: it is not clear which time zone “BST” is."),
    ],
)
def test_what_tells_no_whole_day_is_refused_in_words(text, reason):
    with pytest.raises(NotAMoment) as refused:
        moment_of(text, days_first=True, zone=UTC)

    assert str(refused.value) == reason


@given(
    st.one_of(st.text(max_size=80), st.text(alphabet="0123456789-/.: TZ+APMay,٣", max_size=40)), st.booleans()
)
def test_any_text_is_a_moment_or_is_refused(text, days_first):
    try:
        moment = moment_of(text, days_first=days_first, zone=SARAJEVO)
    except NotAMoment:
        return
    assert 1900 <= moment.year <= 2200
    assert moment.utcoffset() is not None
    assert moment.astimezone(UTC)


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["01/02/2026", "13/02/2026"], True),
        (["01/02/2026", "02/13/2026"], False),
        (["01/02/2026", "2.3.26"], None),
        (["2026-01-31", "x", ""], None),
        ([], None),
    ],
)
def test_the_order_of_a_column_is_told_by_the_first_date_that_leaves_no_choice(texts, order):
    assert order_in(texts) is order
