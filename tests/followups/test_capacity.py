"""Whom a rule calls when not all can be called, and what becomes of the others."""

from datetime import timedelta

import pytest
from django.urls import reverse

from customers.privacy.erasing import erase_customer
from customers.privacy.personal import person_of
from events.delivery import deliver_events
from events.publishing import publish, publish_all
from followups.holdings import tell_follow_ups
from followups.models import FollowUp, FollowUpRule, NotCalled, Signal
from followups.noticing import call_after_all, call_who_waits
from followups.promising import promise_to
from followups.rules.capacity import is_control
from followups.rules.occasions import RECENT, Occasion
from journeys.interactions import record_interaction
from surveys.models import SurveyResponse
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import SurveyFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Policy = FollowUpRule.Policy


def rule_for(**fields):
    return FollowUpRuleFactory(
        **{"survey": None, "threshold": None, "team": TeamFactory(members=[UserFactory()]), **fields}
    )


def answers(*scores, at=NOON, **fields):
    responses = [SurveyResponseFactory(score=score, submitted_at=at, **fields) for score in scores]
    for response in responses:
        publish("surveys.response_submitted", subject=response.pk, at=at)
    deliver_events(at=at)
    return responses


def called():
    return list(FollowUp.objects.order_by("pk").values_list("score", flat=True))


def left_out():
    return list(
        NotCalled.objects.order_by("severity", "value").values_list("survey_response__score", "reason")
    )


def test_the_most_unhappy_first_and_the_rest_waits():
    rule_for(policy=Policy.CAPACITY, daily_capacity=2)

    answers(6, 1, 3, 0)

    assert called() == [0, 1]
    assert left_out() == [(6, "waiting"), (3, "waiting")]


def test_among_equals_those_who_spent_most():
    rule_for(policy=Policy.CAPACITY, daily_capacity=1)
    customers = CustomerFactory.create_batch(3)
    for customer, amount in zip(customers, (10, 500, 100), strict=True):
        record_interaction(
            customer=customer, kind="purchase", source="shop", external_id=str(amount), at=NOON, amount=amount
        )
    responses = [SurveyResponseFactory(score=2, customer=each, submitted_at=NOON) for each in customers]
    for response in responses:
        publish("surveys.response_submitted", subject=response.pk, at=NOON)

    deliver_events(at=NOON)

    assert FollowUp.objects.get().customer == customers[1]
    assert set(NotCalled.objects.values_list("customer", "value")) == {
        (customers[0].pk, 10),
        (customers[2].pk, 100),
    }


def test_who_waits_gets_the_places_of_the_next_day_and_after_three_days_none():
    rule_for(policy=Policy.CAPACITY, daily_capacity=1)
    answers(6, 1, 3, 0, 2)

    same_day = call_who_waits(at=NOON + timedelta(hours=1))
    days = [call_who_waits(at=NOON + number * DAY) for number in (1, 2, 4)]

    assert (same_day, days) == (0, [1, 1, 0])
    assert called() == [0, 1, 2]
    assert left_out() == [(6, "capacity"), (3, "capacity")]


def test_the_day_is_that_of_the_team():
    team = TeamFactory(members=[UserFactory()], calendar__time_zone="Pacific/Auckland")
    rule_for(policy=Policy.CAPACITY, daily_capacity=1, team=team)
    before_midnight, after_midnight = NOON - timedelta(hours=2), NOON  # 23:00 and 01:00 in Auckland

    answers(1, at=before_midnight)
    answers(2, at=after_midnight)

    assert called() == [1, 2]


def test_the_same_answers_told_again_change_nothing():
    rule_for(policy=Policy.CAPACITY, daily_capacity=1, control_percent=0)
    answers(1, 2)

    for _time in range(4):
        publish_all(
            "surveys.response_submitted",
            subjects=SurveyResponse.objects.values_list("pk", flat=True),
            at=NOON,
        )
        deliver_events(at=NOON)

    assert (called(), left_out()) == ([1], [(2, "waiting")])


def test_thanked_only_is_noted_and_nobody_is_promised_a_call():
    rule_for(policy=Policy.CAUSE_ONLY)
    (response,) = answers(1)

    assert (called(), left_out(), promise_to(response)) == ([], [(1, "cause_only")], "")


def test_a_call_is_promised_only_where_everybody_is_called():
    rule = rule_for(policy=Policy.CAPACITY, daily_capacity=5)
    response = SurveyResponseFactory(score=1)

    uncertain = promise_to(response)
    FollowUpRule.objects.filter(pk=rule.pk).update(policy=Policy.ALWAYS)

    assert uncertain == ""
    assert "will get in touch" in promise_to(response)


def test_of_one_customer_left_out_the_next_answer_is_looked_at_for_itself():
    survey = SurveyFactory()
    customer = CustomerFactory()
    rule_for(position=1, survey=survey, policy=Policy.CAUSE_ONLY)
    rule_for(position=2)
    first = SurveyResponseFactory(score=1, survey=survey, customer=customer, submitted_at=NOON)
    second = SurveyResponseFactory(score=2, customer=customer, submitted_at=NOON)
    third = SurveyResponseFactory(score=3, customer=customer, submitted_at=NOON)

    publish_all("surveys.response_submitted", subjects=[first.pk, second.pk, third.pk], at=NOON)
    deliver_events(at=NOON)

    follow_up = FollowUp.objects.get()
    assert follow_up.survey_response == second
    assert [each.survey_response for each in follow_up.joined.all()] == [third]
    assert NotCalled.objects.get().survey_response == first


def test_of_two_waiting_of_one_customer_the_second_joins_the_first():
    rule_for(policy=Policy.CAPACITY, daily_capacity=1)
    customer = CustomerFactory()
    answers(0)
    answers(1, 2, customer=customer)

    call_who_waits(at=NOON + DAY)
    call_who_waits(at=NOON + 2 * DAY)

    follow_up = FollowUp.objects.get(customer=customer)
    assert follow_up.joined.count() == 1
    assert NotCalled.objects.count() == 0


def test_chance_is_fair_and_the_same_whenever_it_is_asked():
    rule = rule_for(policy=Policy.CAPACITY, daily_capacity=1, control_percent=20)
    occasions = [Occasion(rule=rule, customer=number, at=NOON) for number in range(1, 2001)]

    chosen = [is_control(rule, each) for each in occasions]

    assert chosen == [is_control(rule, each) for each in occasions]
    assert 0.17 < sum(chosen) / len(chosen) < 0.23
    rule.control_percent = 0
    assert not any(is_control(rule, each) for each in occasions)


def test_the_list_says_what_is_never_in_it(client):
    client.force_login(UserFactory(roles=["Support"]))

    page = client.get(reverse("admin:followups_notcalled_changelist")).content.decode()

    assert f"Only what happened in the {RECENT.days} days before we heard of it" in page


def test_who_was_left_out_can_be_called_after_all(client):
    rule_for(policy=Policy.CAUSE_ONLY)
    answers(1, 2)
    client.force_login(UserFactory(roles=["Support"]))
    row = NotCalled.objects.get(survey_response__score=2)

    reply = client.post(
        reverse("admin:followups_notcalled_changelist"),
        {"action": "call_them", "_selected_action": [row.pk]},
        follow=True,
    )

    assert "1 follow-up was opened." in reply.content.decode()
    assert (called(), left_out()) == ([2], [(1, "cause_only")])


@pytest.mark.parametrize(
    ("policy", "opened", "reasons"), [("always", 3, set()), ("cause_only", 1, {"capacity"})]
)
def test_who_waits_under_a_rule_that_has_another_policy_by_now_does_not_wait_for_ever(
    policy, opened, reasons
):
    rule = rule_for(policy=Policy.CAPACITY, daily_capacity=1)
    answers(0, 1, 2)
    FollowUpRule.objects.filter(pk=rule.pk).update(policy=policy, daily_capacity=None)

    for days in (1, 4):
        call_who_waits(at=NOON + days * DAY)

    assert FollowUp.objects.count() == opened
    assert set(NotCalled.objects.values_list("reason", flat=True)) == reasons


def test_of_one_customer_who_was_thanked_twice_both_are_called_as_one():
    rule_for(policy=Policy.CAUSE_ONLY)
    first, second = answers(1, 2, customer=CustomerFactory())

    call_after_all(NotCalled.objects.select_related("rule", "survey_response", "interaction"), at=NOON)

    follow_up = FollowUp.objects.get()
    assert {follow_up.survey_response, *(each.survey_response for each in follow_up.joined.all())} == {
        first,
        second,
    }


def test_who_was_erased_gets_no_place_and_nobody_knows_what_they_spent():
    rule_for(policy=Policy.CAPACITY, daily_capacity=1)
    _called, waiting = answers(0, 1)
    NotCalled.objects.update(value=40)

    erase_customer(customer=waiting.customer, by=None, at=NOON, reason="requested")
    opened = call_who_waits(at=NOON + DAY)
    left = NotCalled.objects.get()
    call_after_all(NotCalled.objects.select_related("rule", "survey_response", "interaction"), at=NOON)

    assert (opened, left.reason, left.value) == (0, "capacity", 0)
    assert FollowUp.objects.filter(customer=waiting.customer).count() == 0


def test_who_was_left_out_is_told_what_is_kept_of_it():
    rule_for(policy=Policy.CAUSE_ONLY)
    (response,) = answers(0)

    told = tell_follow_ups(person_of(response.customer))

    assert told == [{"reason": "cause_only", "severity": 1.0, "value": 0, "at": NOON}]


def test_an_answer_of_somebody_erased_meanwhile_calls_nobody():
    rule_for()
    response = SurveyResponseFactory(score=1)
    publish("surveys.response_submitted", subject=response.pk, at=NOON)

    erase_customer(customer=response.customer, by=None, at=NOON, reason="requested")
    deliver_events(at=NOON)

    assert FollowUp.objects.count() == 0


def test_an_analyst_cannot_call_them(client):
    rule_for(policy=Policy.CAUSE_ONLY)
    answers(1)
    client.force_login(UserFactory(roles=["Analysts"]))

    client.post(
        reverse("admin:followups_notcalled_changelist"),
        {"action": "call_them", "_selected_action": [NotCalled.objects.get().pk]},
    )

    assert (called(), left_out()) == ([], [(1, "cause_only")])


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"signal": "at_risk", "policy": "capacity", "daily_capacity": 5}, "segment"),
        ({"signal": "at_risk", "policy": "always"}, "policy"),
        ({"signal": "answer", "policy": "capacity"}, "daily_capacity"),
        ({"signal": "message", "policy": "always", "threshold": 3}, "threshold"),
        ({"signal": "review", "policy": "always", "fell_by": 3}, "fell_by"),
        ({"signal": "answer", "policy": "always", "control_percent": 51}, "control_percent"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_and_keeps_what_was_typed(client, typed, field):
    client.force_login(UserFactory(is_superuser=True))

    page = client.post(
        reverse("admin:followups_followuprule_add"),
        {"team": TeamFactory().pk, "priority": 3, "control_percent": 0, **typed},
    )

    form = page.context["adminform"].form
    assert field in form.errors
    assert FollowUpRule.objects.count() == 0
    assert form["signal"].value() == typed["signal"]


def test_every_signal_of_a_rule_reads_in_words():
    assert [label for value, label in FollowUpRule.SIGNALS] == [
        label for value, label in Signal.choices if value != "by_hand"
    ]
