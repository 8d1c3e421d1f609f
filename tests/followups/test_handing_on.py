"""An owner who left, or who is away: their customers do not wait for nobody."""

from datetime import timedelta

import pytest

from followups.models import FollowUp
from followups.opening import open_follow_up
from followups.working.handing_on import hand_on
from staff.models import Absence, Notification
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import SurveyResponseFactory

pytestmark = pytest.mark.django_db
TODAY, DAY = NOON.date(), timedelta(days=1)


@pytest.fixture
def amra():
    return UserFactory()


@pytest.fixture
def boris():
    return UserFactory()


@pytest.fixture
def rule(amra, boris):
    return FollowUpRuleFactory(team=TeamFactory(members=[amra, boris]))


def away(user, days=5):
    Absence.objects.create(user=user, first_day=TODAY, last_day=TODAY + days * DAY)


def owners():
    return list(FollowUp.objects.order_by("pk").values_list("owner", flat=True))


def test_what_belonged_to_who_left_is_handed_over_once_and_the_new_owner_is_told(rule, amra, boris):
    open_one = FollowUpFactory(rule=rule, owner=amra)
    FollowUpFactory(rule=rule, owner=amra, state="resolved", resolved_at=NOON)
    FollowUpFactory(rule=rule, owner=boris)
    amra.is_active = False
    amra.save()

    assert (hand_on(at=NOON), hand_on(at=NOON)) == (1, 0)

    assert owners() == [boris.pk, amra.pk, boris.pk]
    assert list(open_one.steps.values_list("kind", "author")) == [("handed_over", None)]
    assert Notification.objects.get().user == boris
    due_at = open_one.due_at
    open_one.refresh_from_db()
    assert open_one.due_at == due_at


def test_of_who_is_away_only_what_falls_due_meanwhile_is_handed_over(rule, amra, boris):
    FollowUpFactory(rule=rule, owner=amra, due_at=NOON + 5 * DAY)
    FollowUpFactory(rule=rule, owner=amra, due_at=NOON + 6 * DAY)
    away(amra)

    assert hand_on(at=NOON - DAY) == 0
    assert hand_on(at=NOON) == 1

    assert owners() == [boris.pk, amra.pk]


def test_who_is_away_gets_nothing_new(rule, amra, boris):
    away(amra)

    for _each in range(2):
        open_follow_up(rule=rule, survey_response=SurveyResponseFactory(survey=rule.survey, score=1), at=NOON)

    assert owners() == [boris.pk, boris.pk]


@pytest.mark.parametrize("lead_is_away", [False, True])
def test_when_all_are_away_the_lead_has_it_or_it_stays_where_it_is(amra, lead_is_away):
    lead = UserFactory()
    FollowUpFactory(rule=FollowUpRuleFactory(team=TeamFactory(members=[amra], lead=lead)), owner=amra)
    away(amra)
    if lead_is_away:
        away(lead)

    hand_on(at=NOON)

    assert owners() == [amra.pk if lead_is_away else lead.pk]


def test_nobody_gets_a_customer_whom_they_may_not_see(rule, amra, boris):
    here, there = (create_unit(name=name, kind="brand") for name in ("Here", "There"))
    boris.unit = here
    boris.save()
    FollowUpFactory(rule=rule, owner=amra, survey_response__customer=CustomerFactory(unit=there))
    away(amra)

    assert (hand_on(at=NOON), owners()) == (0, [amra.pk])
