"""What else than an unhappy answer calls for a follow-up: reviews, messages, requests, falls, risk, a colleague."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.delivery import deliver_events
from events.publishing import publish
from followups.models import FollowUp, FollowUpRule, FollowUpStep, NotCalled, Signal
from followups.noticing import notice_those_at_risk
from followups.rules.ratings import rating_in
from followups.working.by_hand import open_by_hand
from followups.working.steps import resolve
from journeys.interactions import record_interaction, record_interactions
from journeys.models import Interaction
from staff.models import Notification, StaffMail
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, SegmentFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, RootCauseFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import SurveyFactory, SurveyResponseFactory, TopicFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def amra():
    return UserFactory(roles=["Support"])


@pytest.fixture
def team(amra):
    return TeamFactory(members=[amra])


def rule_for(signal, team, **fields):
    return FollowUpRuleFactory(
        **{"signal": signal, "survey": None, "threshold": None, "team": team, **fields}
    )


def told(kind, customer, *, number="1", at=NOON, text="", **detail):
    """Something a program reports about a customer."""
    interaction = record_interaction(
        customer=customer,
        kind=kind,
        source="website",
        external_id=f"{kind}-{customer.pk}-{number}",
        at=at,
        summary=text[:300],
        detail=detail,
    )
    deliver_events(at=at)
    return interaction


def told_afterwards(kind, customer, *, happened_at, **told_of):
    """A program tells one by one what happened in the past; we hear of it at NOON."""
    number, text = told_of.pop("number", "1"), told_of.pop("text", "")
    record_interaction(
        customer=customer,
        kind=kind,
        source="website",
        external_id=f"{kind}-{customer.pk}-{number}",
        at=happened_at,
        summary=text,
        detail=told_of,
    )
    deliver_events(at=NOON)


def answered(survey, customer, score, at):
    response = SurveyResponseFactory(survey=survey, customer=customer, score=score, submitted_at=at)
    publish("surveys.response_submitted", subject=response.pk, at=at)
    deliver_events(at=at)
    return response


@pytest.mark.parametrize(
    ("detail", "threshold", "opened"),
    [
        ({"rating": 2}, None, 1),
        ({"rating": 2.5}, None, 0),
        ({"rating": "1"}, None, 1),
        ({"rating": 3, "of": 10}, None, 1),
        ({"rating": 5, "of": 10}, None, 0),
        ({"rating": 3}, 3, 1),
        ({"rating": 4}, 3, 0),
        ({"rating": 0}, None, 1),
        ({}, None, 0),
        ({"rating": True}, None, 0),
        ({"rating": 9}, None, 0),
        ({"rating": "nan"}, None, 0),
    ],
)
def test_a_bad_review_opens_a_follow_up(team, detail, threshold, opened):
    rule_for(Signal.REVIEW, team, threshold=threshold)

    told("review", CustomerFactory(), **detail)

    assert FollowUp.objects.count() == opened


def test_what_the_review_says_stands_in_the_follow_up_and_its_owner_is_told(team, amra):
    customer = CustomerFactory(first_name="Ana", last_name="Petrović")
    rule_for(Signal.REVIEW, team)

    review = told("review", customer, text="Never again", rating=1)

    follow_up = FollowUp.objects.get()
    assert (follow_up.source, follow_up.interaction, follow_up.customer, follow_up.owner) == (
        "review",
        review,
        customer,
        amra,
    )
    assert (follow_up.survey_response, follow_up.score) == (None, None)
    assert list(Notification.objects.values_list("user", "title", "body")) == [
        (amra.pk, "Ana Petrović wrote a review with 1/5: please get in touch", "Never again")
    ]
    assert "Never again" in StaffMail.objects.get().body


@pytest.mark.parametrize(("text", "opened"), [("My parcel was delivered broken", 1), ("Thank you!", 0)])
def test_a_message_about_a_topic(team, text, opened):
    rule_for(Signal.MESSAGE, team, topic=TopicFactory(words={"en": "broken"}))

    told("message", CustomerFactory(language="en"), text=text)

    assert FollowUp.objects.count() == opened


def test_who_asks_to_be_called_is_called_also_when_told_five_times(team):
    rule_for(Signal.CALL_REQUEST, team)
    customer = CustomerFactory()

    for _time in range(5):
        request = told("call_request", customer)
        publish("journeys.interaction_recorded", subject=request.pk, at=NOON, kind="call_request")
        deliver_events(at=NOON)

    assert FollowUp.objects.count() == Notification.objects.count() == 1


@pytest.mark.parametrize("kind", ["review", "message", "call_request"])
@pytest.mark.parametrize(("days", "opened"), [(0, 1), (30, 1), (31, 0), (3000, 0)])
def test_what_happened_too_long_ago_calls_nobody(team, kind, days, opened):
    rule_for(kind, team, topic=TopicFactory(words={"en": "late"}) if kind == "message" else None)

    told_afterwards(kind, CustomerFactory(), happened_at=NOON - days * DAY, text="Too late", rating=1)

    assert (FollowUp.objects.count(), NotCalled.objects.count()) == (opened, 0)


def test_an_old_review_does_not_join_what_is_open(team):
    rule_for(Signal.REVIEW, team)
    customer = CustomerFactory()
    told("review", customer, rating=1)

    told_afterwards("review", customer, number="2", happened_at=NOON - 400 * DAY, rating=1)

    assert [list(each.joined.all()) for each in FollowUp.objects.all()] == [[]]


def test_of_many_told_at_once_only_what_is_recent_is_noticed(
    team,
):
    rule_for(Signal.REVIEW, team, policy=FollowUpRule.Policy.CAUSE_ONLY)
    reviews = [
        Interaction(
            customer=customer,
            kind="review",
            source="shop",
            external_id=str(customer.pk),
            at=happened_at,
            detail={"rating": 1},
        )
        for happened_at in (NOON - DAY, *(NOON - n * 100 * DAY for n in range(1, 40)))
        for customer in [CustomerFactory()]
    ]
    record_interactions(reviews, at=NOON)

    deliver_events(at=NOON)

    assert [row.interaction.at for row in NotCalled.objects.all()] == [NOON - DAY]


def test_an_answer_that_a_program_hands_in_after_a_year_calls_nobody(team):
    rule_for(Signal.ANSWER, team)
    old, new = (
        SurveyResponseFactory(score=2, submitted_at=NOON - days * DAY, customer=CustomerFactory())
        for days in (365, 29)
    )
    for response in (old, new):
        publish("surveys.response_submitted", subject=response.pk, at=response.submitted_at)

    deliver_events(at=NOON)

    assert list(FollowUp.objects.values_list("survey_response", flat=True)) == [new.pk]


def test_a_reaction_that_is_tried_again_much_later_still_calls(team, monkeypatch):
    rule_for(Signal.CALL_REQUEST, team)
    with monkeypatch.context() as broken:
        broken.setattr("followups.reactions.rules_in_order", lambda: 1 / 0)
        told("call_request", CustomerFactory())

    deliver_events(at=NOON + 40 * DAY)

    assert FollowUp.objects.count() == 1


def test_without_a_rule_for_it_nothing_opens(team):
    rule_for(Signal.ANSWER, team)

    told("review", CustomerFactory(), rating=1)

    assert FollowUp.objects.count() == 0


def test_what_else_comes_in_joins_the_open_follow_up_and_the_owner_learns_of_it(team, amra):
    customer = CustomerFactory(first_name="Ana", last_name="Petrović")
    rule_for(Signal.REVIEW, team)
    rule_for(Signal.CALL_REQUEST, team)

    told("review", customer, rating=1)
    request = told("call_request", customer, text="After five, please", at=NOON + DAY)

    follow_up = FollowUp.objects.get()
    assert [joined.interaction for joined in follow_up.joined.all()] == [request]
    assert list(follow_up.steps.values_list("kind", "text")) == [
        ("opened", ""),
        ("joined", "a request to be called"),
    ]
    assert Notification.objects.latest("pk").title == "Ana Petrović asks to be called"
    assert Notification.objects.latest("pk").body == "After five, please"


def test_a_fall_since_the_answer_before_opens_a_follow_up_though_the_score_is_not_bad(team):
    survey = SurveyFactory(questions=["nps"])
    rule = rule_for(Signal.ANSWER, team, fell_by=3)
    ana, boris, first = CustomerFactory(), CustomerFactory(), CustomerFactory()

    answered(survey, ana, 10, NOON - 90 * DAY)
    answered(survey, boris, 9, NOON - 90 * DAY)
    fell = answered(survey, ana, 7, NOON)
    answered(survey, boris, 7, NOON)
    answered(survey, first, 7, NOON)

    assert list(FollowUp.objects.values_list("survey_response", "rule")) == [(fell.pk, rule.pk)]


def test_a_fall_of_a_scale_where_low_is_good_or_after_more_than_a_year(team):
    rule_for(Signal.ANSWER, team, fell_by=2)
    nps, effort = SurveyFactory(questions=["nps"]), SurveyFactory(questions=["ces"])
    long_ago, other_scale = CustomerFactory(), CustomerFactory()

    answered(nps, long_ago, 10, NOON - 401 * DAY)
    answered(nps, long_ago, 8, NOON)
    answered(nps, other_scale, 10, NOON - DAY)
    response = SurveyResponseFactory(
        survey=effort, customer=other_scale, score=4, score_kind="ces", submitted_at=NOON
    )
    publish("surveys.response_submitted", subject=response.pk, at=NOON)
    deliver_events(at=NOON)

    assert FollowUp.objects.count() == 0


def bought(customer, *amounts, at):
    for number, amount in enumerate(amounts):
        record_interaction(
            customer=customer,
            kind="purchase",
            source="shop",
            external_id=f"{customer.pk}-{number}-{at}",
            at=at,
            amount=amount,
        )


class TestCustomersAtRisk:
    @pytest.fixture
    def rule(self, team):
        segment = SegmentFactory(
            rule={"field": "attributes.churn_risk", "op": "at_least", "value": 70}, name="May leave"
        )
        return rule_for(
            Signal.AT_RISK, team, segment=segment, policy=FollowUpRule.Policy.CAPACITY, daily_capacity=2
        )

    def test_as_many_as_can_be_called_those_who_spent_most_first(self, rule):
        poor, rich, middling = (CustomerFactory(attributes={"churn_risk": 80}) for _each in range(3))
        CustomerFactory(attributes={"churn_risk": 69})
        bought(rich, 900, at=NOON)
        bought(middling, 50, at=NOON)

        opened = notice_those_at_risk(at=NOON), notice_those_at_risk(at=NOON + timedelta(hours=1))

        assert opened == (2, 0)
        assert set(FollowUp.objects.values_list("customer", flat=True)) == {rich.pk, middling.pk}
        assert notice_those_at_risk(at=NOON + DAY) == 1
        assert FollowUp.objects.latest("pk").customer == poor

    def test_all_of_a_segment_are_ranked_however_few_are_called_at_once(self, rule, monkeypatch):
        monkeypatch.setattr("followups.noticing.AT_ONCE", 1)
        first, *_others, second = people = CustomerFactory.create_batch(5, attributes={"churn_risk": 80})
        amounts = dict(zip(people, ([5, 5], [], [9], [8, -8], [1, 999]), strict=True))
        for customer, spent in amounts.items():
            bought(customer, *spent, at=NOON - DAY)
        bought(people[1], 5_000, at=NOON - 366 * DAY)

        opened = [notice_those_at_risk(at=NOON + n * timedelta(minutes=5)) for n in range(3)]

        assert opened == [1, 1, 0]
        assert [each.customer for each in FollowUp.objects.order_by("pk")] == [second, first]

    def test_noticing_needs_as_many_queries_for_three_as_for_one(self, rule, django_assert_num_queries):
        for number in (1, 3):
            FollowUpRule.objects.update(daily_capacity=10)
            for customer in CustomerFactory.create_batch(number, attributes={"churn_risk": 80}):
                bought(customer, 10, at=NOON)
            with django_assert_num_queries(26):
                assert notice_those_at_risk(at=NOON) == number

    def test_nobody_again_within_ninety_days_or_while_on_a_desk(self, rule):
        customer = CustomerFactory(attributes={"churn_risk": 80})
        on_a_desk = CustomerFactory(attributes={"churn_risk": 80})
        FollowUpFactory(survey_response__customer=on_a_desk, opened_at=NOON - 200 * DAY)
        notice_those_at_risk(at=NOON)
        follow_up = FollowUp.objects.get(customer=customer)
        resolve(follow_up=follow_up, by=None, root_cause=RootCauseFactory(), outcome="solved", at=NOON)

        again = [notice_those_at_risk(at=NOON + days * DAY) for days in (1, 89, 91)]

        assert again == [0, 0, 1]

    def test_a_share_is_left_alone_by_chance_to_compare(self, rule):
        FollowUpRule.objects.update(control_percent=50, daily_capacity=200)
        CustomerFactory.create_batch(60, attributes={"churn_risk": 80})

        opened = notice_those_at_risk(at=NOON)

        assert 10 < opened < 50
        assert NotCalled.objects.filter(reason="control").count() == 60 - opened
        assert notice_those_at_risk(at=NOON + DAY) == 0


class TestByHand:
    def test_it_has_a_clock_an_owner_who_is_told_and_the_words(self, team, amra):
        sara, customer = UserFactory(), CustomerFactory(first_name="Ana", last_name="Petrović")

        follow_up, is_new = open_by_hand(
            customer=customer, team=team, owner=amra, priority=2, text="Shouted in the shop", by=sara, at=NOON
        )
        deliver_events(at=NOON)

        assert is_new
        assert (follow_up.source, follow_up.owner, follow_up.summary, follow_up.rule) == (
            "by_hand",
            amra,
            "Shouted in the shop",
            None,
        )
        assert follow_up.contact_due_at > NOON
        assert list(follow_up.steps.values_list("kind", "author")) == [("opened", sara.pk)]
        assert Notification.objects.get().title == "Ana Petrović needs somebody: please get in touch"

    def test_it_joins_the_one_the_customer_has(self, team, amra):
        there = FollowUpFactory(opened_at=NOON - DAY, owner=amra)

        follow_up, is_new = open_by_hand(
            customer=there.customer, team=team, owner=amra, priority=3, text="Came by", by=amra, at=NOON
        )

        assert (follow_up, is_new) == (there, False)
        assert FollowUp.objects.count() == 1
        assert list(there.steps.values_list("kind", "text")) == [(FollowUpStep.Kind.NOTE, "Came by")]


@given(
    st.dictionaries(
        st.sampled_from(["rating", "of", "other"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.lists(st.integers())
        ),
    )
)
def test_whatever_a_program_tells_is_a_rating_within_its_scale_or_none(detail):
    rating = rating_in(detail)

    assert rating is None or (0 <= rating.stars <= rating.of <= 100)


def test_a_touchpoint_of_a_review_narrows_its_rule(team):
    shop, web = TouchpointFactory(), TouchpointFactory()
    rule_for(Signal.REVIEW, team, touchpoint=shop)
    customer = CustomerFactory()

    for place in (web, shop):
        record_interaction(
            customer=customer,
            kind="review",
            source="maps",
            external_id=place.slug,
            at=NOON,
            touchpoint=place,
            detail={"rating": 1},
        )
    deliver_events(at=NOON)

    assert FollowUp.objects.get().interaction.touchpoint == shop
