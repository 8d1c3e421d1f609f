"""Owner, lead, manager: each learns once that time runs out, whoever sweeps and however late."""

from datetime import timedelta

import pytest
from django.core import mail

from events.models import Event
from followups.models import FollowUp
from followups.working.escalation import escalate_overdue
from followups.working.steps import record_contact
from staff.mails import send_staff_mails
from staff.models import Notification, StaffMail
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory
from tests.factories.staff import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def lead():
    return UserFactory(email="lead@meridian.example")


@pytest.fixture
def manager():
    return UserFactory(email="manager@meridian.example")


@pytest.fixture
def rule(lead, manager):
    return FollowUpRuleFactory(team=TeamFactory(lead=lead, manager=manager, members=[UserFactory()]))


def waiting(rule, **fields):
    """Due at NOON; the owner is reminded an hour before, the manager told two hours after."""
    times = {"due_at": NOON, "warn_at": NOON - HOUR, "manager_at": NOON + 2 * HOUR}
    return FollowUpFactory(rule=rule, **{"opened_at": NOON - 4 * HOUR, **times, **fields})


def told(user):
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("title", flat=True))


def test_each_is_told_once_in_turn(rule, lead, manager):
    owner = UserFactory()
    follow_up = waiting(rule, owner=owner)
    who = str(follow_up.customer)

    climbed = [
        escalate_overdue(at=NOON + minutes * MINUTE)
        for minutes in (-90, -60, -59, -58, 0, 1, 2, 119, 121, 999)
    ]

    assert climbed == [0, 0, 1, 0, 0, 1, 0, 0, 1, 0]
    assert told(owner) == [f"Due soon, it waits for a call: {who} gave 2/10"]
    assert told(lead) == [f"Overdue: {who} gave 2/10"]
    assert told(manager) == [f"Overdue: {who} gave 2/10"]
    assert list(follow_up.steps.values_list("kind", flat=True)) == ["warned", "escalated", "manager"]
    follow_up.refresh_from_db()
    assert (follow_up.rung, follow_up.escalated_at) == (3, NOON + MINUTE)
    assert list(Event.objects.values_list("type", "subject")) == [
        ("followups.follow_up_escalated", follow_up.pk)
    ]
    send_staff_mails(at=NOON + timedelta(days=1))
    assert [message.subject for message in mail.outbox] == [
        "1 follow-up is due soon",
        "1 follow-up is overdue",
        "1 follow-up is overdue still",
    ]


def test_after_a_sleepless_night_the_lead_and_the_manager_still_learn_of_it(rule, lead, manager):
    owner = UserFactory()
    follow_up = waiting(rule, owner=owner)

    escalate_overdue(at=NOON + timedelta(days=1))

    assert list(follow_up.steps.values_list("kind", flat=True)) == ["escalated", "manager"]
    assert (len(told(owner)), len(told(lead)), len(told(manager))) == (0, 1, 1)


def test_the_second_clock_has_a_ladder_of_its_own(rule, lead):
    follow_up = waiting(rule)
    escalate_overdue(at=NOON + MINUTE)
    record_contact(follow_up=FollowUp.objects.get(), by=UserFactory(), at=NOON + HOUR)
    escalate_overdue(at=NOON + 2 * HOUR)
    assert len(told(lead)) == 1

    follow_up.refresh_from_db()
    escalate_overdue(at=follow_up.warn_at + MINUTE)
    assert FollowUp.objects.get().escalated_at == NOON + MINUTE
    escalate_overdue(at=follow_up.due_at + MINUTE)

    assert len(told(lead)) == 2
    assert list(follow_up.steps.values_list("kind", flat=True)) == [
        "escalated", "contact", "warned", "escalated",
    ]  # fmt: skip


@pytest.mark.parametrize("fields", [{"state": "resolved"}, {"state": "waiting"}, {"due_at": NOON + HOUR}])
def test_what_is_done_waits_or_has_time_left_troubles_no_lead(rule, lead, fields):
    waiting(rule, warn_at=None, **fields)

    assert escalate_overdue(at=NOON + MINUTE) == 0
    assert told(lead) == []


def test_all_that_is_overdue_is_one_mail_and_of_very_many_one_notification(rule, lead):
    for _each in range(3):
        waiting(rule)
    escalate_overdue(at=NOON + MINUTE)
    assert len(told(lead)) == 3

    for _each in range(25):
        waiting(rule, due_at=NOON + HOUR, manager_at=NOON + timedelta(days=1))
    escalate_overdue(at=NOON + HOUR + MINUTE)

    assert told(lead)[3:] == ["25 follow-ups are overdue"]
    assert list(StaffMail.objects.filter(user=lead).order_by("pk").values_list("subject", flat=True)) == [
        "3 follow-ups are overdue",
        "25 follow-ups are overdue",
    ]
    assert StaffMail.objects.latest("pk").body.count("Overdue: ") == 20


def test_without_a_lead_the_whole_team_learns_of_it_and_without_a_manager_nobody_more():
    amra, boris = UserFactory.create_batch(2)
    team = TeamFactory(members=[amra, boris, UserFactory(is_active=False)])
    waiting(FollowUpRuleFactory(team=team))

    assert escalate_overdue(at=NOON + timedelta(days=1)) == 3

    assert set(Notification.objects.values_list("user", flat=True)) == {amra.pk, boris.pk}


def test_who_sees_only_a_part_of_the_house_hears_of_no_other_customer(rule, lead):
    here, there = (create_unit(name=name, kind="brand") for name in ("Here", "There"))
    lead.unit = here
    lead.save()
    waiting(rule, survey_response__customer=CustomerFactory(unit=there))
    mine = waiting(rule, survey_response__customer=CustomerFactory(unit=here))

    escalate_overdue(at=NOON + MINUTE)

    assert [each.source.split(":")[1] for each in Notification.objects.filter(user=lead)] == [str(mine.pk)]


def test_a_sweep_needs_as_many_queries_for_three_as_for_one(rule, django_assert_num_queries):
    waiting(rule)
    with django_assert_num_queries(21):
        escalate_overdue(at=NOON + MINUTE)

    for _each in range(3):
        waiting(rule)
    with django_assert_num_queries(21):
        escalate_overdue(at=NOON + MINUTE)
