"""The two clocks of a follow-up: when they run, when they stand still, and what reopening does to them."""

from datetime import UTC, datetime, timedelta

import pytest

from followups.models import FollowUp, ServiceLevel
from followups.opening import open_follow_up
from followups.working.escalation import wake_waiting
from followups.working.steps import (
    AlreadyResolved,
    InThePast,
    NotInThisState,
    go_on,
    record_contact,
    reopen,
    resolve,
    set_priority,
    take,
    wait_for_customer,
)
from tests.conftest import NOON
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, RootCauseFactory
from tests.factories.staff import BusinessCalendarFactory, TeamFactory, UserFactory
from tests.factories.surveys import SurveyResponseFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
# NOON is Wednesday, 13:00 in Sarajevo, where people work from 9 to 17.
THURSDAY_9, FRIDAY_9 = datetime(2026, 3, 5, 8, 0, tzinfo=UTC), datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
MONDAY_9 = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def levels():
    ServiceLevel.objects.all().delete()
    ServiceLevel.objects.create(priority=3, contact_hours=4, resolve_hours=12, warn_hours=1, manager_hours=8)
    ServiceLevel.objects.create(priority=1, contact_hours=1, resolve_hours=4, warn_hours=0, manager_hours=2)


def opened(**fields):
    rule = FollowUpRuleFactory(business_hours=None, **fields)
    response = SurveyResponseFactory(survey=rule.survey, score=2)
    return open_follow_up(rule=rule, survey_response=response, at=NOON)


def clocks(follow_up):
    fields = ("due_at", "warn_at", "manager_at", "contact_due_at", "resolve_due_at")
    return dict(zip(fields, FollowUp.objects.values_list(*fields).get(pk=follow_up.pk), strict=True))


def test_first_the_clock_runs_to_the_contact_and_then_to_the_resolution():
    follow_up = opened()
    resolve_by = THURSDAY_9 + 8 * HOUR  # twelve hours: four on Wednesday, eight on Thursday

    assert clocks(follow_up) == {
        "due_at": NOON + 4 * HOUR,
        "warn_at": NOON + 3 * HOUR,
        "manager_at": THURSDAY_9 + 8 * HOUR,
        "contact_due_at": NOON + 4 * HOUR,
        "resolve_due_at": resolve_by,
    }

    record_contact(follow_up=follow_up, by=UserFactory(), at=NOON + HOUR)
    record_contact(follow_up=follow_up, by=UserFactory(), at=NOON + 2 * HOUR)

    assert clocks(follow_up) == {
        "due_at": resolve_by,
        "warn_at": resolve_by - HOUR,
        "manager_at": FRIDAY_9 + 8 * HOUR,
        "contact_due_at": NOON + 4 * HOUR,
        "resolve_due_at": resolve_by,
    }
    assert follow_up.contacted_at == NOON + HOUR


def test_while_the_customer_has_to_do_something_the_clock_stands_still():
    follow_up, amra = opened(), UserFactory()
    record_contact(follow_up=follow_up, by=amra, at=NOON)

    wait_for_customer(follow_up=follow_up, by=amra, text="Sends a photo", at=NOON + 2 * HOUR)
    assert list(FollowUp.objects.overdue(NOON + timedelta(days=30))) == []
    go_on(follow_up=follow_up, by=amra, at=FRIDAY_9 + HOUR)  # two, eight and one business hours later

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.waiting_since, follow_up.paused) == ("contacted", None, 11 * HOUR)
    assert follow_up.due_at == follow_up.resolve_due_at == MONDAY_9 + 3 * HOUR

    wait_for_customer(follow_up=follow_up, by=amra, at=FRIDAY_9 + 2 * HOUR)
    record_contact(follow_up=follow_up, by=amra, text="They called", at=FRIDAY_9 + 3 * HOUR)

    assert (follow_up.state, follow_up.paused) == ("contacted", 12 * HOUR)
    assert clocks(follow_up)["due_at"] == MONDAY_9 + 4 * HOUR
    assert list(follow_up.steps.values_list("kind", flat=True)) == [
        "opened", "contact", "waiting", "resumed", "waiting", "contact",
    ]  # fmt: skip


def test_what_waits_until_a_day_comes_back_by_itself_once():
    follow_up, amra = opened(), UserFactory()
    record_contact(follow_up=follow_up, by=amra, at=NOON)
    with pytest.raises(InThePast):
        wait_for_customer(follow_up=follow_up, by=amra, until=NOON, at=NOON + HOUR)
    wait_for_customer(follow_up=follow_up, by=amra, until=FRIDAY_9, at=NOON + HOUR)

    assert wake_waiting(at=FRIDAY_9 - HOUR) == 0
    assert wake_waiting(at=FRIDAY_9) == 1
    assert wake_waiting(at=FRIDAY_9) == 0

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.wakes_at, follow_up.version) == ("contacted", None, 4)


def test_resolved_while_it_waits_it_was_due_as_much_later():
    follow_up, amra = opened(), UserFactory()
    record_contact(follow_up=follow_up, by=amra, at=NOON)
    wait_for_customer(follow_up=follow_up, by=amra, until=MONDAY_9 + 3 * HOUR, at=NOON + HOUR)

    resolve(
        follow_up=follow_up, by=amra, root_cause=RootCauseFactory(), outcome="solved", at=MONDAY_9 + 2 * HOUR
    )

    follow_up.refresh_from_db()
    assert (follow_up.paused, follow_up.waiting_since, follow_up.wakes_at) == (21 * HOUR, None, None)
    assert follow_up.resolve_due_at == MONDAY_9 + timedelta(days=1, hours=5)


def test_only_who_was_contacted_can_be_waited_for():
    follow_up, amra = opened(), UserFactory()

    with pytest.raises(NotInThisState):
        wait_for_customer(follow_up=follow_up, by=amra, at=NOON)
    with pytest.raises(NotInThisState):
        go_on(follow_up=follow_up, by=amra, at=NOON)
    resolve(follow_up=follow_up, by=amra, root_cause=RootCauseFactory(), outcome="solved", at=NOON)
    with pytest.raises(AlreadyResolved):
        wait_for_customer(follow_up=follow_up, by=amra, at=NOON)


def test_who_takes_it_over_has_no_more_time():
    follow_up = opened()
    before = clocks(follow_up)

    take(follow_up=follow_up, by=UserFactory(), at=NOON + 3 * HOUR)

    assert clocks(follow_up) == before


def test_opened_again_it_has_new_clocks_and_the_old_leg_is_kept():
    follow_up, amra, cause = opened(), UserFactory(), RootCauseFactory()
    record_contact(follow_up=follow_up, by=amra, at=NOON)
    wait_for_customer(follow_up=follow_up, by=amra, at=NOON)
    resolve(follow_up=follow_up, by=amra, root_cause=cause, outcome="partly", at=NOON + HOUR)

    reopen(follow_up=follow_up, by=amra, at=THURSDAY_9)

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.leg, follow_up.contacted_at, follow_up.resolved_at) == (
        "open",
        2,
        None,
        None,
    )
    assert (follow_up.opened_at, follow_up.leg_opened_at, follow_up.paused) == (NOON, THURSDAY_9, timedelta())
    assert (follow_up.contact_due_at, follow_up.due_at) == (THURSDAY_9 + 4 * HOUR,) * 2
    [leg] = follow_up.legs.all()
    assert (leg.number, leg.opened_at, leg.contacted_at, leg.resolved_at) == (1, NOON, NOON, NOON + HOUR)
    assert (leg.contact_due_at, leg.outcome, leg.root_cause) == (NOON + 4 * HOUR, "partly", cause)


def test_another_priority_brings_its_times_from_when_it_was_opened():
    follow_up, amra = opened(), UserFactory()

    set_priority(follow_up=follow_up, by=amra, priority=1, at=NOON + HOUR / 2)

    assert clocks(follow_up) == {
        "due_at": NOON + HOUR,
        "warn_at": None,
        "manager_at": NOON + 3 * HOUR,
        "contact_due_at": NOON + HOUR,
        "resolve_due_at": NOON + 4 * HOUR,
    }
    assert follow_up.steps.last().text == "Urgent"


def test_a_rule_may_say_how_soon_itself_and_which_priority():
    soon, urgent = opened(), opened(priority=1)
    rule = FollowUpRuleFactory(business_hours=2)
    response = SurveyResponseFactory(survey=rule.survey, score=2)
    own = open_follow_up(rule=rule, survey_response=response, at=NOON)

    due = [clocks(each)["due_at"] for each in (soon, urgent, own)]
    assert due == [NOON + 4 * HOUR, NOON + HOUR, NOON + 2 * HOUR]


def test_a_calendar_without_an_open_hour_counts_every_hour_and_every_hour_waited():
    follow_up = opened(team=TeamFactory(calendar=BusinessCalendarFactory(weekdays=[])))
    amra = UserFactory()
    record_contact(follow_up=follow_up, by=amra, at=NOON)
    wait_for_customer(follow_up=follow_up, by=amra, at=NOON)

    go_on(follow_up=follow_up, by=amra, at=NOON + 5 * HOUR)

    assert clocks(follow_up)["due_at"] == NOON + 17 * HOUR


def test_without_service_levels_the_usual_ones_hold():
    ServiceLevel.objects.all().delete()

    assert clocks(opened())["due_at"] == THURSDAY_9 + 4 * HOUR


def test_of_two_who_go_on_at_once_one_is_told():
    follow_up = FollowUpFactory(state="waiting", waiting_since=NOON, contacted_at=NOON)
    same = FollowUp.objects.get()

    go_on(follow_up=follow_up, by=UserFactory(), at=NOON + HOUR)
    with pytest.raises(NotInThisState):
        go_on(follow_up=same, by=UserFactory(), seen_version=2, at=NOON + 2 * HOUR)
