from collections import Counter
from datetime import timedelta

import pytest

from customers.identities import digest_of
from customers.models import Identity
from surveys.campaigns.life import finish_campaigns, start_due_campaigns
from surveys.models import Campaign, Invitation
from surveys.planning.rounds import plan_round, plan_rounds
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.surveys import CampaignFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def customers(count):
    for _ in range(count):
        customer = CustomerFactory()
        value = f"c{customer.pk}@mail.example"
        Identity.objects.create(customer=customer, kind="email", value=value, digest=digest_of(value))


def recurring(**fields):
    return CampaignFactory(kind=Campaign.Kind.RECURRING, every_weeks=1, starts_at=NOON, **fields)


def asked(campaign, number):
    return set(
        Invitation.objects.filter(wave__campaign=campaign, wave__number=number).values_list(
            "customer", flat=True
        )
    )


def test_each_customer_has_a_day_of_their_own_and_keeps_it_in_every_round():
    customers(70)
    recurring()
    planned = Counter()
    days = {}
    for day in range(14):
        planned[day] = plan_rounds(at=NOON + day * DAY)
        for pk in Invitation.objects.values_list("customer", "wave__number"):
            days.setdefault(pk, day)

    assert sum(planned[day] for day in range(7)) == 70
    assert all(2 <= planned[day] <= 22 for day in range(14))
    assert all(days[customer, 2] == days[customer, 1] + 7 for customer, number in days if number == 1)


def test_two_schedulers_and_one_that_slept_plan_everybody_once():
    customers(30)
    campaign = recurring()
    plan_rounds(at=NOON)
    assert plan_rounds(at=NOON + timedelta(hours=6)) == 0

    assert plan_rounds(at=NOON + 3 * DAY) > 0
    assert plan_round(campaign.pk, at=NOON + 3 * DAY) == 0
    assert plan_rounds(at=NOON + 7 * DAY) > 0

    assert len(asked(campaign, 1)) == 30
    assert 0 < len(asked(campaign, 2)) < 30
    assert Invitation.objects.count() == len(asked(campaign, 1)) + len(asked(campaign, 2))


@pytest.mark.parametrize("days", range(1, 22))
def test_after_a_pause_nobody_is_asked_twice_within_half_a_period_and_everybody_again_within_one(days):
    customers(40)
    recurring()
    plan_rounds(at=NOON)
    asked_on = [set(Invitation.objects.values_list("customer", flat=True))]
    for day in range(1, days + 7):
        if day >= days:  # until then it was paused
            known = set(Invitation.objects.values_list("pk", flat=True))
            plan_rounds(at=NOON + day * DAY)
            new = Invitation.objects.exclude(pk__in=known)
            assert new.count() == len(set(new.values_list("customer", flat=True)))
            asked_on.append(set(new.values_list("customer", flat=True)))
        else:
            asked_on.append(set())

    for day, them in enumerate(asked_on):
        soon = set().union(*asked_on[day + 1 : day + 4])
        assert not them & soon
    assert len(set().union(*asked_on[days:])) == 40


def test_a_sweep_of_rounds_that_are_planned_asks_the_database_two_things(django_assert_num_queries):
    for _n in range(3):
        recurring()
    plan_rounds(at=NOON)

    with django_assert_num_queries(2):
        assert plan_rounds(at=NOON + timedelta(hours=1)) == 0


def test_it_starts_by_its_time_and_ends_only_by_its_end():
    customers(3)
    campaign = recurring(state="scheduled", ends_at=NOON + 30 * DAY, reminders=0)

    assert start_due_campaigns(at=NOON) == 1
    assert not Invitation.objects.exists()
    plan_rounds(at=NOON + 6 * DAY)
    Invitation.objects.update(state="sent", sent_at=NOON)

    assert finish_campaigns(at=NOON + 7 * DAY) == 0
    assert finish_campaigns(at=NOON + 30 * DAY) == 1
    campaign.refresh_from_db()
    assert campaign.state == "done"
