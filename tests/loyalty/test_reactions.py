from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from events.delivery import deliver_events
from events.models import Event, ReactionRetry
from events.publishing import publish_all
from journeys.interactions import record_interaction
from journeys.models import Interaction
from loyalty.models import Account, Entry
from loyalty.reactions import earn_for_answer, earn_for_purchase
from surveys.answering.responses import submit_response
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.journeys import InteractionFactory
from tests.factories.loyalty import AccountFactory, EarnRuleFactory
from tests.factories.surveys import InvitationFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


def answered(*responses):
    publish_all("surveys.response_submitted", subjects=[response.pk for response in responses], at=NOON)
    return events("surveys.response_submitted")


def bought(*interactions):
    publish_all("journeys.interaction_recorded", subjects=[row.pk for row in interactions], at=NOON)
    return events("journeys.interaction_recorded")


def events(type):  # noqa: A002
    return list(Event.objects.filter(type=type).order_by("pk"))


def entries():
    return list(
        Entry.objects.order_by("pk").values_list("account__customer", "kind", "points", "source", "at")
    )


@pytest.mark.parametrize("score", [0, 6, 10, None])
def test_an_answer_earns_the_same_whatever_the_score(score):
    EarnRuleFactory(points=50)
    response = SurveyResponseFactory(score=score)

    earn_for_answer(answered(response))
    earn_for_answer(events("surveys.response_submitted"))

    assert entries() == [(response.customer_id, "earned", 50, f"response:{response.pk}", NOON)]
    account = Account.objects.get()
    assert (account.balance, account.joined_at) == (50, NOON)


def test_nobody_and_a_test_earn_nothing():
    EarnRuleFactory()

    earn_for_answer(answered(SurveyResponseFactory(customer=None), SurveyResponseFactory(is_test=True)))

    assert (entries(), Account.objects.count()) == ([], 0)


@pytest.mark.parametrize(
    "rule",
    [{"is_active": False}, {"points": 0}, {"program__is_active": False}, {"trigger": "purchase"}],
)
def test_a_rule_that_does_not_work_gives_nothing(rule):
    EarnRuleFactory(**rule)

    earn_for_answer(answered(SurveyResponseFactory()))

    assert (entries(), Account.objects.count()) == ([], 0)


def test_where_nobody_is_enrolled_by_itself_only_members_earn():
    rule = EarnRuleFactory(program__auto_enrol=False)
    member = AccountFactory(program=rule.program)
    mine, other = SurveyResponseFactory(customer=member.customer), SurveyResponseFactory()

    earn_for_answer(answered(mine, other))

    assert [row[0] for row in entries()] == [member.customer_id]
    assert Account.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "points"),
    [("0.99", None), ("1.00", 3), ("19.99", 57), ("0", None), ("-20.00", None), (None, None)],
)
def test_a_purchase_earns_for_each_whole_unit(amount, points):
    EarnRuleFactory(trigger="purchase", points=3)
    purchase = InteractionFactory(kind="purchase", amount=amount)

    earn_for_purchase(bought(purchase))
    earn_for_purchase(events("journeys.interaction_recorded"))

    expected = [(purchase.customer_id, "earned", points, f"interaction:{purchase.pk}", NOON)]
    assert entries() == (expected if points else [])


def test_a_call_is_no_purchase():
    EarnRuleFactory(trigger="purchase", points=3)

    earn_for_purchase(bought(InteractionFactory(kind="call", amount="20")))

    assert entries() == []


def test_a_purchase_beyond_the_limit_is_shown_to_staff_and_stops_nobody():
    EarnRuleFactory(trigger="purchase", points=1000)
    customer = CustomerFactory()
    for external_id, amount in (("1", "9000000"), ("2", "2")):
        record_interaction(
            customer=customer,
            kind="purchase",
            source="shop",
            external_id=external_id,
            amount=Decimal(amount),
            at=NOON,
        )

    deliver_events(at=NOON)

    assert [row[2] for row in entries()] == [2000]
    assert ReactionRetry.objects.get().reaction == "loyalty.reactions.earn_for_purchase"


@pytest.mark.parametrize("react", [earn_for_answer, earn_for_purchase])
def test_a_batch_needs_as_many_queries_as_one(react, django_assert_num_queries):
    EarnRuleFactory()
    EarnRuleFactory(trigger="purchase", points=3)
    if react is earn_for_answer:
        batch = answered(*SurveyResponseFactory.create_batch(3))
    else:
        batch = bought(*InteractionFactory.create_batch(3, kind="purchase", amount="20"))
    for some in (batch[:1], batch):
        with django_assert_num_queries(9 if connection.vendor == "postgresql" else 8):
            react(some)


def test_from_an_answer_to_points_on_the_timeline():
    EarnRuleFactory(points=50)
    invitation = InvitationFactory()
    nps = invitation.wave.campaign.survey.questions.get(kind="nps")
    submit_response(invitation=invitation, answers={nps.pk: 3}, language="en", at=NOON)

    deliver_events(at=LATER)

    assert [(row[0], row[2], row[4]) for row in entries()] == [(invitation.customer_id, 50, NOON)]
    timeline = Interaction.objects.filter(customer=invitation.customer_id).order_by("pk")
    assert list(timeline.values_list("kind", "at")) == [("survey_answered", NOON), ("loyalty", NOON)]


def test_who_earns_first_joins_at_that_moment():
    EarnRuleFactory()
    early, late = SurveyResponseFactory(), SurveyResponseFactory()
    for response, at in ((late, LATER), (early, LATER), (early, NOON)):
        publish_all("surveys.response_submitted", subjects=[response.pk], at=at)
    again = SurveyResponseFactory(customer=late.customer)
    publish_all("surveys.response_submitted", subjects=[again.pk], at=LATER + timedelta(days=1))

    earn_for_answer(events("surveys.response_submitted"))

    joined = dict(Account.objects.values_list("customer", "joined_at"))
    assert joined == {early.customer_id: NOON, late.customer_id: LATER}
