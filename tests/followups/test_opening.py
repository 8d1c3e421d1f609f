from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import transaction

from customers.models import Customer
from events.delivery import deliver_events
from events.models import Event
from events.publishing import publish, publish_all
from followups.models import FollowUp, FollowUpStep
from followups.opening import open_follow_up
from followups.reactions import open_if_unhappy
from staff.mails import send_staff_mails
from staff.models import Notification, StaffMail
from surveys.models import SurveyResponse
from tests.conftest import NOON
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.staff import BusinessCalendarFactory, TeamFactory, UserFactory
from tests.factories.surveys import AnswerFactory, QuestionFactory, SurveyFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db


def answer(rule, score, **fields):
    response = SurveyResponseFactory(survey=rule.survey, score=score, **fields)
    publish("surveys.response_submitted", subject=response.pk, at=NOON)
    return response


@pytest.mark.parametrize(
    ("kind", "threshold", "score", "opened"),
    [
        ("nps", 6, 0, 1),
        ("nps", 6, 6, 1),
        ("nps", 6, 7, 0),
        ("nps", 6, 10, 0),
        ("csat", 2, 1, 1),
        ("csat", 2, 2, 1),
        ("csat", 2, 3, 0),
        ("ces", 3, 3, 1),
        ("ces", 3, 4, 0),
        ("nps", 0, 0, 1),
        ("nps", 0, 1, 0),
    ],
)
def test_a_score_at_or_below_the_threshold_opens_a_follow_up(kind, threshold, score, opened):
    rule = FollowUpRuleFactory(survey=SurveyFactory(questions=[kind]), threshold=threshold)

    answer(rule, score, score_kind=kind)
    deliver_events(at=NOON)

    assert FollowUp.objects.count() == opened


@pytest.mark.parametrize("fields", [{"is_test": True, "score": 0}, {"score": None, "score_kind": ""}])
def test_a_test_and_an_answer_without_a_score_open_none(fields):
    response = SurveyResponseFactory(survey=FollowUpRuleFactory().survey, **fields)
    publish("surveys.response_submitted", subject=response.pk, at=NOON)

    deliver_events(at=NOON)

    assert FollowUp.objects.count() == 0


def test_a_survey_without_a_rule_opens_none():
    response = SurveyResponseFactory(score=0)
    publish("surveys.response_submitted", subject=response.pk, at=NOON)

    deliver_events(at=NOON)

    assert FollowUp.objects.count() == 0


def test_what_a_follow_up_says_when_it_opens():
    amra = UserFactory()
    rule = FollowUpRuleFactory(team=TeamFactory(members=[amra]), business_hours=8)

    response = answer(rule, 2)
    deliver_events(at=NOON)

    follow_up = FollowUp.objects.get()
    assert (follow_up.rule, follow_up.survey_response, follow_up.customer) == (
        rule,
        response,
        response.customer,
    )
    assert (follow_up.score, follow_up.team, follow_up.owner, follow_up.state) == (2, rule.team, amra, "open")
    assert follow_up.opened_at == NOON  # Wednesday 13:00 in Sarajevo: four hours are left of that day
    assert follow_up.due_at == datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
    assert list(follow_up.steps.values_list("kind", "at")) == [("opened", NOON)]
    assert Event.objects.get(type="followups.follow_up_opened").subject == follow_up.pk


def test_a_calendar_that_never_opens_counts_every_hour():
    team = TeamFactory(calendar=BusinessCalendarFactory(weekdays=[]))

    answer(FollowUpRuleFactory(team=team, business_hours=8), 2)
    deliver_events(at=NOON)

    assert FollowUp.objects.get().due_at == NOON + timedelta(hours=8)


def test_delivered_five_times_it_opens_once_and_alerts_once():
    rule = FollowUpRuleFactory(team=TeamFactory(members=[UserFactory()]))
    response = answer(rule, 2)

    for _ in range(5):
        publish("surveys.response_submitted", subject=response.pk, at=NOON)
        deliver_events(at=NOON)
    opened = Event.objects.filter(type="followups.follow_up_opened")
    publish_all("followups.follow_up_opened", subjects=opened.values_list("subject", flat=True), at=NOON)
    deliver_events(at=NOON)

    assert FollowUp.objects.count() == 1
    assert FollowUpStep.objects.count() == 1
    assert Notification.objects.count() == 1
    assert StaffMail.objects.count() == 1


def test_the_same_answer_twice_in_one_batch_opens_once():
    rule = FollowUpRuleFactory()
    response = SurveyResponseFactory(survey=rule.survey, score=1)

    first = open_follow_up(rule=rule, survey_response=response, at=NOON)
    open_if_unhappy([Event(subject=response.pk, at=NOON), Event(subject=response.pk, at=NOON)])

    assert open_follow_up(rule=rule, survey_response=response, at=NOON) == first
    assert FollowUp.objects.count() == 1


def test_two_hundred_detractors_at_once_are_shared_fairly():
    team = TeamFactory(members=UserFactory.create_batch(3))
    rule = FollowUpRuleFactory(team=team)
    customers = Customer.objects.bulk_create(
        Customer(first_name=f"Customer {n}", created_at=NOON, updated_at=NOON) for n in range(200)
    )
    responses = SurveyResponse.objects.bulk_create(
        SurveyResponse(
            survey=rule.survey, customer=customer, submitted_at=NOON, score_kind="nps", score=n % 7
        )
        for n, customer in enumerate(customers)
    )
    publish_all("surveys.response_submitted", subjects=[response.pk for response in responses], at=NOON)

    deliver_events(at=NOON)

    shares = Counter(FollowUp.objects.values_list("owner", flat=True))
    assert sorted(shares.values()) == [66, 67, 67]
    assert StaffMail.objects.count() == Notification.objects.count() == 200


def test_the_turn_goes_on_where_it_stopped_and_skips_who_left():
    amra, boris, clara = UserFactory.create_batch(3)
    rule = FollowUpRuleFactory(team=TeamFactory(members=[amra, boris, clara]))
    answer(rule, 1)
    deliver_events(at=NOON)
    boris.is_active = False
    boris.save()

    for _ in range(3):
        answer(rule, 1)
        deliver_events(at=NOON)

    assert [follow_up.owner for follow_up in FollowUp.objects.order_by("pk")] == [amra, clara, amra, clara]


@pytest.mark.parametrize("lead_is_active", [True, False])
def test_a_team_without_active_members_falls_back_to_its_lead_or_to_nobody(lead_is_active):
    lead = UserFactory(is_active=lead_is_active)
    team = TeamFactory(lead=lead, members=[UserFactory(is_active=False)])

    answer(FollowUpRuleFactory(team=team), 1)
    deliver_events(at=NOON)

    assert FollowUp.objects.get().owner == (lead if lead_is_active else None)


def test_opening_needs_as_many_queries_for_three_as_for_one(django_assert_num_queries):
    rule = FollowUpRuleFactory(team=TeamFactory(members=UserFactory.create_batch(2)))
    responses = SurveyResponseFactory.create_batch(4, survey=rule.survey, score=2)
    one, *three = [Event(subject=response.pk, at=NOON) for response in responses]

    with transaction.atomic():
        with django_assert_num_queries(19):
            open_if_unhappy([one])
        with django_assert_num_queries(19):
            open_if_unhappy(three)


def test_the_owner_is_told_in_their_language_and_what_the_customer_wrote_cannot_become_a_header():
    owner = UserFactory(email="owner@meridian.example")
    rule = FollowUpRuleFactory(
        team=TeamFactory(members=[owner]), survey=SurveyFactory(name="Monthly\nsurvey", questions=["nps"])
    )
    response = answer(
        rule,
        3,
        customer__first_name="Eve\r\nBcc: everybody@example.com",
        customer__last_name="X" * 90,
    )
    comment = QuestionFactory(survey=rule.survey, kind="comment")
    AnswerFactory(survey_response=response, question=comment, score=None, text="<b>No signal</b>\nfor days")
    deliver_events(at=NOON)

    assert send_staff_mails(at=NOON) == 1
    assert send_staff_mails(at=NOON) == 0

    message = mail.outbox[0]
    assert message.to == ["owner@meridian.example"]
    assert message.bcc == []
    assert "\n" not in message.subject
    assert message.subject.startswith("Eve Bcc: everybody@example.com X")
    assert "<b>No signal</b>\nfor days" in message.body
    assert f"/admin/followups/followup/{FollowUp.objects.get().pk}/" in message.body
    assert "5 March 2026" in message.body or "March 5, 2026" in message.body
    assert Notification.objects.get().title == message.subject
