from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from staff.units import create_unit
from surveys.campaigns.calendar import Entry, weeks_of
from surveys.campaigns.load import Load, load_at
from surveys.contact.caps import waits as must_wait
from surveys.models import Campaign, ContactCap, Survey
from surveys.sending.unsubscribing import leave_by_link
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, WaveFactory

pytestmark = pytest.mark.django_db
State, Kind = Campaign.State, Campaign.Kind
CALENDAR = reverse("admin:surveys_campaign_calendar")
MONDAY = date(2026, 3, 2)  # NOON is the Wednesday after
DAY = timedelta(days=1)


def on(weeks, day):
    return next(list(week.days[day]) for week in weeks if day in week.days)


def waits(campaign, *, state="planned", due_at=NOON, **who):
    return InvitationFactory(wave__campaign=campaign, state=state, sent_at=None, due_at=due_at, **who)


def test_six_weeks_show_what_starts_waits_and_is_expected():
    starting = CampaignFactory(state=State.SCHEDULED, starts_at=NOON + 9 * DAY)
    CampaignFactory(state=State.SCHEDULED, starts_at=NOON + 90 * DAY)
    running = CampaignFactory(reminders=0)
    waits(running, due_at=NOON - 5 * DAY)
    waits(running, state="deferred", due_at=NOON + 6 * DAY)
    waits(running, state="deferred", due_at=NOON + 6 * DAY)
    waits(CampaignFactory(state=State.CANCELLED))
    rolling = CampaignFactory(kind=Kind.RECURRING, ends_at=NOON + 20 * DAY, reminders=0)
    wave = WaveFactory(campaign=rolling, days_planned=2)
    for _ in range(6):
        InvitationFactory(wave=wave)
    InvitationFactory(wave=wave, state="excluded", sent_at=None)

    weeks = weeks_of(start=MONDAY, at=NOON)

    expected = [Entry(rolling, "projected", 3)]
    assert [week.monday for week in weeks] == [MONDAY + n * 7 * DAY for n in range(6)]
    assert on(weeks, date(2026, 3, 3)) == []
    assert on(weeks, date(2026, 3, 4)) == [Entry(running, "planned", 1)]
    assert on(weeks, date(2026, 3, 10)) == [Entry(running, "deferred", 2), *expected]
    assert on(weeks, date(2026, 3, 13)) == [Entry(starting, "starts", 0), *expected]
    assert on(weeks, date(2026, 3, 24)) == expected
    assert on(weeks, date(2026, 3, 25)) == []


def coming_reminders(**seen):
    weeks = weeks_of(start=MONDAY, at=NOON, **seen)
    return {
        day: entry.people
        for week in weeks
        for day, entries in week.days.items()
        for entry in entries
        if entry.what == "reminders"
    }


def test_reminders_come_as_if_nobody_answered_any_more():
    campaign = CampaignFactory(reminders=2, remind_after_days=3)
    of = {"wave__campaign": campaign}
    InvitationFactory(**of, sent_at=NOON - DAY)
    InvitationFactory(**of, sent_at=NOON - 4 * DAY, reminders_sent=1, reminded_at=NOON - DAY)
    InvitationFactory(**of, sent_at=NOON - 9 * DAY, reminders_sent=2, reminded_at=NOON - 3 * DAY)
    InvitationFactory(**of, sent_at=NOON - DAY, answered_at=NOON)
    InvitationFactory(**of, sent_at=NOON - 30 * DAY)  # overdue: today, and again three days later
    waits(campaign, due_at=NOON + DAY)
    waits(campaign, due_at=NOON - DAY, reminders_sent=0)
    InvitationFactory(**of, state="planned", sent_at=NOON - 3 * DAY, due_at=NOON)  # its first reminder
    InvitationFactory(wave__campaign=CampaignFactory(reminders=0), sent_at=NOON - DAY)
    InvitationFactory(wave__campaign=CampaignFactory(state=State.DONE, reminders=2), sent_at=NOON - DAY)

    assert coming_reminders() == {
        date(2026, 3, 4): 1,
        date(2026, 3, 6): 2,
        date(2026, 3, 7): 3,
        **{date(2026, 3, day): 1 for day in (8, 9, 10, 11)},
    }


def test_no_reminder_comes_after_the_end_or_to_who_left():
    campaign = CampaignFactory(reminders=2, remind_after_days=3, ends_at=NOON + 4 * DAY)
    InvitationFactory(wave__campaign=campaign, sent_at=NOON)
    leave_by_link(invitation=InvitationFactory(wave__campaign=campaign, sent_at=NOON - DAY), at=NOON)

    assert coming_reminders() == {date(2026, 3, 7): 1}


def test_how_many_are_at_or_near_their_cap_week_by_week():
    ContactCap.objects.create(most=2, days=14)
    ContactCap.objects.create(most=1, days=7, survey_kind="transactional")
    relationship = CampaignFactory(reminders=0)
    transactional = CampaignFactory(survey__kind="transactional", reminders=0)
    twice, once, rested = CustomerFactory(), CustomerFactory(), CustomerFactory(snoozed_until=NOON + 30 * DAY)
    InvitationFactory(wave__campaign=relationship, customer=twice, sent_at=NOON - DAY)
    InvitationFactory(wave__campaign=transactional, customer=twice, sent_at=NOON - 3 * DAY)
    InvitationFactory(wave__campaign=relationship, customer=once, sent_at=NOON - 10 * DAY)
    InvitationFactory(wave__campaign=relationship, customer=CustomerFactory(), sent_at=NOON - 20 * DAY)
    assert rested.snoozed_until

    loads = [week.loads for week in weeks_of(start=MONDAY, at=NOON)]

    assert loads[0] == [Load("relationship", 1, 1, 1), Load("transactional", 1, 1, 1)]
    assert loads[1] == [Load("relationship", 1, 1, 0), Load("transactional", 1, 1, 0)]
    assert loads[2] == [Load("relationship", 0, 1, 1), Load("transactional", 0, 1, 1)]
    assert loads[3] == [Load("relationship", 0, 1, 0), Load("transactional", 0, 1, 0)]
    assert loads[5] == [Load("relationship", 0, 0, 0), Load("transactional", 0, 0, 0)]


def at_cap(**seen):
    return [week.loads[0].at_cap for week in weeks_of(start=MONDAY, at=NOON, **seen)]


def reachable(**who):
    return IdentityFactory(customer=CustomerFactory(**who)).customer


def starts(days, **how):
    return CampaignFactory(
        **{"state": State.SCHEDULED, "starts_at": NOON + days * DAY, "reminders": 0, **how}
    )


def test_what_waits_and_what_has_a_date_is_in_the_load_of_the_weeks_after_it():
    ContactCap.objects.create(most=1, days=14)
    bosnian = SegmentFactory(rule={"field": "language", "op": "is", "value": "bs"})
    fresh, asked = reachable(language="bs"), reachable(language="bs")
    CustomerFactory(language="bs")
    done = CampaignFactory(state=State.DONE)
    InvitationFactory(wave__campaign=done, customer=asked, sent_at=NOON - DAY)  # held back until 17 March
    waits(CampaignFactory(reminders=0), customer=reachable(language="en"), due_at=NOON + 3 * DAY)
    campaign = starts(9, segment=bosnian)

    weeks = weeks_of(start=MONDAY, at=NOON)

    assert fresh.language == "bs"
    assert on(weeks, date(2026, 3, 13)) == [Entry(campaign, "starts", 2)]
    assert at_cap() == [1, 2, 3, 2, 1, 0]


def test_reminders_to_come_are_in_the_load_too():
    ContactCap.objects.create(most=2, days=14)
    InvitationFactory(wave__campaign__reminders=1, wave__campaign__remind_after_days=3, sent_at=NOON - DAY)
    reachable()
    campaign = starts(9, reminders=1, remind_after_days=4, ends_at=NOON + 30 * DAY)

    weeks = weeks_of(start=MONDAY, at=NOON)

    assert on(weeks, date(2026, 3, 17)) == [Entry(campaign, "reminders", 1)]
    assert at_cap() == [0, 1, 1, 1, 0, 0]


def test_what_comes_after_the_end_is_in_no_week():
    ContactCap.objects.create(most=1, days=90)
    asked = reachable()
    InvitationFactory(wave__campaign__state=State.DONE, customer=asked, sent_at=NOON - 80 * DAY)
    campaign = starts(2, ends_at=NOON + 3 * DAY, reminders=1, remind_after_days=2)

    weeks = weeks_of(start=MONDAY, at=NOON)

    assert [entry for week in weeks for each in week.days.values() for entry in each] == [
        Entry(campaign, "starts", 0)
    ]
    assert at_cap() == [1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(("weeks_a_round", "a_day"), [(1, 2), (4, 0)])
def test_rounds_that_begin_ask_some_of_their_people_each_day(weeks_a_round, a_day):
    for _ in range(14 if a_day else 1):
        reachable()
    campaign = starts(2, kind=Kind.RECURRING, every_weeks=weeks_a_round)

    weeks = weeks_of(start=MONDAY, at=NOON)

    assert on(weeks, date(2026, 3, 5)) == []
    projected = [Entry(campaign, "projected", a_day)] if a_day else []
    assert on(weeks, date(2026, 3, 6)) == [Entry(campaign, "starts", None), *projected]
    assert on(weeks, date(2026, 3, 20)) == projected


MESSAGES = st.tuples(
    st.integers(0, 2), st.integers(0, 40), st.sampled_from(["email", "sms"]), st.sampled_from(Survey.Kind.values),
    st.sampled_from(["sent", "unknown"]),
)  # fmt: skip
CAPS = st.tuples(st.integers(1, 30), st.sampled_from(["", *Survey.Kind.values]), st.sampled_from(["", "sms"]))


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        pytest.param(Kind.TRIGGERED, "language", id="it waits for something"),
        pytest.param(Kind.ONCE, "gone", id="its rule names a field that is gone"),
    ],
)
def test_whom_nobody_can_foresee_has_no_number(kind, field):
    reachable(language="bs")
    segment = SegmentFactory(rule={"field": field, "op": "is", "value": "bs"})
    campaign = starts(2, kind=kind, segment=segment)

    assert on(weeks_of(start=MONDAY, at=NOON), date(2026, 3, 6)) == [Entry(campaign, "starts", None)]


class TestLoadNow(TestCase):
    """With nothing to come it is who has to wait, by the statement that plans."""

    @settings(max_examples=25)
    @given(messages=st.lists(MESSAGES, max_size=8), caps=st.dictionaries(CAPS, st.integers(1, 2), min_size=1))
    def test_by_any_policy(self, messages, caps):
        policy = [
            ContactCap.objects.create(most=most, days=days, survey_kind=kind, channel=channel)
            for (days, kind, channel), most in caps.items()
        ]
        people = [CustomerFactory() for _ in range(3)]
        for who, days, channel, kind, state in messages:
            moment = NOON - days * DAY
            InvitationFactory(
                wave__campaign=CampaignFactory(state=State.DONE, survey__kind=kind),
                customer=people[who],
                channel=channel,
                state=state,
                due_at=moment,
                sent_at=moment if state == "sent" else None,
            )

        [loads] = load_at([NOON], at=NOON).loads

        for load in loads:
            sql, params = must_wait(policy, kind=load.kind, at=NOON)
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                assert load.at_cap == len({customer for customer, *_rest in cursor.fetchall()})


def test_who_is_at_a_cap_and_rests_is_counted_once():
    ContactCap.objects.create(most=2, days=14)
    for messages in (2, 1, 0):
        customer = CustomerFactory(snoozed_until=NOON + 30 * DAY)
        for _each in range(messages):
            InvitationFactory(customer=customer, sent_at=NOON - DAY)

    assert weeks_of(start=MONDAY, at=NOON)[0].loads[0] == Load("relationship", 1, 2, 0)


def test_one_message_away_is_told_where_a_cap_lets_somebody_be_asked_twice(client):
    """Where all are of one message everybody is one away, and “0” would be wrong."""
    client.force_login(UserFactory(roles=["Marketing"]))
    ContactCap.objects.create(most=1, days=30)
    ContactCap.objects.create(most=2, days=30, survey_kind="transactional")
    CustomerFactory(snoozed_until=timezone.now() + 60 * DAY)

    loads = weeks_of(start=MONDAY, at=NOON)[0].loads
    page = client.get(CALENDAR, {"counted": ""}).content.decode()

    assert [(load.kind, load.near is None) for load in loads] == [
        ("relationship", True),
        ("transactional", False),
    ]
    assert page.count("one message away") == 6
    assert page.count("<strong>1</strong> asked for a rest") == 12


def test_who_sees_a_unit_reads_of_its_customers():
    unit = create_unit(name="Shop", kind="brand")
    ContactCap.objects.create(most=1, days=14)
    campaign = CampaignFactory()
    for where in (unit, None):
        InvitationFactory(wave__campaign=campaign, customer=CustomerFactory(unit=where), sent_at=NOON - DAY)
        waits(campaign, customer=CustomerFactory(unit=where), due_at=NOON + DAY)

    weeks = weeks_of(start=MONDAY, at=NOON, unit=unit)

    assert on(weeks, date(2026, 3, 5)) == [Entry(campaign, "planned", 1)]
    assert weeks[0].loads[0] == Load("relationship", 1, 0, None)


@pytest.mark.parametrize("asked", ["", "from=soon", "from=0001-01-01", "from=9999-12-31"])
def test_the_page_begins_with_this_week_where_nobody_can_read_another(client, asked):
    client.force_login(UserFactory(roles=["Marketing"]))

    page = client.get(f"{CALENDAR}?{asked}")

    today = timezone.localdate()
    assert page.context["weeks"][0]["monday"] == today - timedelta(days=today.weekday())
    assert "Nothing goes out in these weeks." in client.get(CALENDAR, {"counted": ""}).content.decode()
    assert "There is no cap, so nobody can be near one." in page.content.decode()


def test_other_weeks_are_looked_at_and_who_may_not_see_campaigns_does_not(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    assert client.get(CALENDAR, {"from": "2026-03-05"}).context["weeks"][0]["monday"] == MONDAY

    client.force_login(UserFactory(roles=["Support"]))
    assert client.get(CALENDAR).status_code == 403


def test_the_page_costs_the_same_with_three_campaigns_as_with_one(client, django_assert_num_queries):
    client.force_login(UserFactory(roles=["Marketing"]))
    ContactCap.objects.create(most=1, days=14)

    def sends():
        waits(CampaignFactory(), due_at=timezone.now() + DAY)
        InvitationFactory(sent_at=timezone.now())
        InvitationFactory(wave=WaveFactory(campaign=CampaignFactory(kind=Kind.RECURRING), days_planned=1))

    sends()
    client.get(CALENDAR)
    client.get(CALENDAR, {"counted": ""})
    with django_assert_num_queries(10) as shell:
        client.get(CALENDAR)
    with django_assert_num_queries(20) as figures:
        client.get(CALENDAR, {"counted": ""})
    sends()
    sends()

    with django_assert_num_queries(len(shell)):
        client.get(CALENDAR)
    with django_assert_num_queries(len(figures)):
        client.get(CALENDAR, {"counted": ""})


def test_the_page_comes_first_and_then_the_figures(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    ContactCap.objects.create(most=1, days=14)
    reachable()
    starts(0, starts_at=timezone.now() + DAY, name="Spring")

    shell = client.get(CALENDAR).content.decode()
    figures = client.get(CALENDAR, {"counted": ""}, headers={"HX-Request": "true"}).content.decode()
    without_script = client.get(CALENDAR, {"counted": ""}).content.decode()

    assert ('hx-trigger="load"' in shell, "Spring" in shell, "at their cap" in shell) == (True, True, False)
    for page in (figures, without_script):
        assert "starts: 1 person" in page
        assert "at their cap" in page
        assert 'hx-trigger="load"' not in page
    assert ("<html" in figures, "<html" in without_script) == (False, True)


def test_what_took_long_to_count_is_shown_for_some_minutes_and_anew_when_another_campaign_has_a_date(
    monkeypatch,
):
    monkeypatch.setattr("surveys.campaigns.calendar.LONG", -1)
    IdentityFactory()

    def people(at):
        weeks = weeks_of(start=MONDAY, at=at)
        entries = [entry for week in weeks for entries in week.days.values() for entry in entries]
        return weeks[0].counted_at, [entry.people for entry in entries if entry.what == "starts"]

    dated = {"state": "scheduled", "starts_at": NOON + 2 * DAY}
    CampaignFactory(**dated)
    assert people(NOON) == (NOON, [1])
    IdentityFactory()
    assert people(NOON + DAY / 24) == (NOON, [1])

    CampaignFactory(**dated)
    assert people(NOON + DAY / 24) == (NOON + DAY / 24, [2, 2])
