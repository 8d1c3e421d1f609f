from datetime import UTC, datetime, time, timedelta

from surveys.contact.clock import Hours
from surveys.preflight.outlook import Due, Pace, Slot, look_ahead, spread
from tests.conftest import NOON

HOUR = timedelta(hours=1)
ANY_TIME = Hours()
NIGHT = Hours(quiet_from=time(20), quiet_until=time(9))
SARAJEVO, KATHMANDU = "Europe/Sarajevo", "Asia/Kathmandu"


def sent(outlook):
    return [(slot.at, slot.first, slot.reminders) for slot in outlook.slots]


def test_without_limits_everybody_is_written_to_in_the_first_hour():
    outlook = look_ahead([Due(NOON, SARAJEVO, 5), Due(NOON, KATHMANDU, 7)], Pace(hours=ANY_TIME), at=NOON)

    assert sent(outlook) == [(NOON, 12, 0)]


def test_so_many_an_hour_and_never_in_the_night():
    due = Due(datetime(2026, 3, 4, 17, tzinfo=UTC), SARAJEVO, 250)  # 18 o'clock there

    outlook = look_ahead([due], Pace(hours=NIGHT, per_hour=100), at=NOON)

    assert sent(outlook) == [
        (datetime(2026, 3, 4, 17, tzinfo=UTC), 100, 0),
        (datetime(2026, 3, 4, 18, tzinfo=UTC), 100, 0),
        (datetime(2026, 3, 5, 8, tzinfo=UTC), 50, 0),
    ]


def test_a_channel_has_a_limit_of_its_own_beside_the_campaigns():
    dues = [Due(NOON, SARAJEVO, 100, "email"), Due(NOON, SARAJEVO, 100, "sms")]
    pace = Pace(hours=ANY_TIME, per_hour=120, per_hour_by={("sms", ""): 60}, ends_at=NOON + 2 * HOUR)

    assert sent(look_ahead(dues, pace, at=NOON)) == [(NOON, 120, 0), (NOON + HOUR, 60, 0)]
    assert look_ahead(dues, pace, at=NOON).too_late == 20


def test_a_domain_has_a_limit_of_its_own_within_its_channels():
    dues = [Due(NOON, SARAJEVO, 100, "email"), Due(NOON, SARAJEVO, 50, "email", "mail.example")]
    pace = Pace(hours=ANY_TIME, per_hour_by={("email", ""): 90, ("email", "mail.example"): 20})

    assert sent(look_ahead(dues, pace, at=NOON)) == [
        (NOON, 90, 0), (NOON + HOUR, 30, 0), (NOON + 2 * HOUR, 20, 0), (NOON + 3 * HOUR, 10, 0),
    ]  # fmt: skip


def test_reminders_share_the_limit_of_their_channel_with_first_messages():
    due = Due(NOON, SARAJEVO, 90, "sms")
    pace = Pace(hours=ANY_TIME, per_hour_by={("sms", ""): 60}, reminders=1, remind_after=HOUR)

    assert sent(look_ahead([due], pace, at=NOON)) == [
        (NOON, 60, 0), (NOON + HOUR, 30, 30), (NOON + 2 * HOUR, 0, 60),
    ]  # fmt: skip


def test_each_clock_has_its_own_night():
    """Nine in Kathmandu is a quarter past three in UTC; the hour in which it comes counts."""
    midnight = datetime(2026, 3, 5, tzinfo=UTC)

    outlook = look_ahead(
        [Due(midnight, SARAJEVO, 1), Due(midnight, KATHMANDU, 2)], Pace(hours=NIGHT), at=midnight
    )

    assert sent(outlook) == [(midnight + 3 * HOUR, 2, 0), (midnight + 8 * HOUR, 1, 0)]


def test_who_waits_for_a_cap_comes_on_their_day_or_after_the_end_never():
    week = timedelta(days=7)
    dues = [Due(NOON, SARAJEVO, 10), Due(NOON + week, SARAJEVO, 4), Due(NOON + 3 * week, SARAJEVO, 3)]

    outlook = look_ahead(dues, Pace(hours=ANY_TIME, ends_at=NOON + 2 * week), at=NOON)

    assert sent(outlook) == [(NOON, 10, 0), (NOON + week, 4, 0)]
    assert outlook.too_late == 3


def test_who_did_not_answer_is_reminded_and_reminders_wait_for_first_messages():
    pace = Pace(hours=ANY_TIME, per_hour=100, reminders=2, remind_after=timedelta(hours=2), answering=0.2)

    outlook = look_ahead([Due(NOON, SARAJEVO, 250)], pace, at=NOON)

    assert sent(outlook) == [
        (NOON, 100, 0), (NOON + HOUR, 100, 0), (NOON + 2 * HOUR, 50, 50), (NOON + 3 * HOUR, 0, 100),
        (NOON + 4 * HOUR, 0, 90), (NOON + 5 * HOUR, 0, 80), (NOON + 6 * HOUR, 0, 40),
    ]  # fmt: skip


def test_nobody_due_makes_an_empty_calendar():
    assert sent(look_ahead([], Pace(hours=NIGHT), at=NOON)) == []


def test_a_round_is_spread_evenly_over_its_days():
    dues = list(spread([Due(NOON, SARAJEVO, 100)], days=28, shown=28))

    assert sum(due.people for due in dues) == 100
    assert {due.people for due in dues} == {3, 4}
    assert [due.at for due in dues] == [NOON + timedelta(days=n) for n in range(28)]


def test_a_slot_is_an_hour():
    assert look_ahead(
        [Due(NOON, SARAJEVO, 1)], Pace(hours=ANY_TIME), at=NOON + timedelta(minutes=20)
    ).slots == [Slot(NOON, 1, 0)]
