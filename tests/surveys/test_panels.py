from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from surveys.panels import SHOWN, asked, feedback
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    AnswerFactory,
    InvitationFactory,
    SurveyFactory,
    SurveyResponseFactory,
)

pytestmark = pytest.mark.django_db


def shown(customer):
    context = feedback(customer, UserFactory(), NOON)
    return context, render_to_string("surveys/feedback_panel.html", context)


def test_scores_over_time_newest_first_and_comments_as_text():
    customer, survey = CustomerFactory(), SurveyFactory()
    for days, score in enumerate((0, 8, 10)):
        SurveyResponseFactory(
            customer=customer, survey=survey, score=score, submitted_at=NOON - timedelta(days=days)
        )
    SurveyResponseFactory(customer=customer, survey=survey, score=5, is_test=True)
    AnswerFactory(
        survey_response=customer.responses.get(score=0),
        question=survey.questions.get(kind="comment"),
        score=None,
        text="<b>No</b>",
    )

    context, html = shown(customer)

    assert [(row["response"].score, row["tone"], row["width"]) for row in context["rows"]] == [
        (0, "bad", 0),
        (8, "warn", 80),
        (10, "good", 100),
    ]
    assert "NPS 0/10" in html
    assert "&lt;b&gt;No&lt;/b&gt;" in html


def test_somebody_who_never_answered():
    assert "has not answered a survey yet" in shown(CustomerFactory())[1]


def test_a_response_of_comments_only_has_no_score():
    response = SurveyResponseFactory(score=None)

    assert "cx-badge" not in shown(response.customer)[1]


@pytest.mark.parametrize("responses", [1, 3, SHOWN + 2])
def test_two_queries_whatever_was_answered(responses, django_assert_num_queries):
    customer, user = CustomerFactory(), UserFactory()
    for _ in range(responses):
        SurveyResponseFactory(customer=customer)

    with django_assert_num_queries(2):
        context = feedback(customer, user, NOON)
    assert len(context["rows"]) == min(responses, SHOWN)
    assert context["has_more"] is (responses > SHOWN)


def test_the_chart_runs_from_the_oldest_to_the_newest_and_from_the_worst_to_the_best():
    customer = CustomerFactory()
    for days, score in ((0, 10), (1, 5), (4, 0)):
        SurveyResponseFactory(customer=customer, score=score, submitted_at=NOON - timedelta(days=days))

    points = shown(customer)[0]["chart"]

    assert [(point["x"], point["y"], point["tone"]) for point in points] == [
        (0.0, 100, "bad"),
        (75.0, 50, "bad"),
        (100.0, 0, "good"),
    ]


def test_one_score_makes_no_chart():
    assert "<svg" not in shown(SurveyResponseFactory(score=9).customer)[1]


def test_what_goes_out_next_stands_before_what_went_out_and_what_did_not_says_why(django_assert_num_queries):
    customer = CustomerFactory()
    InvitationFactory(customer=customer, state="sent", sent_at=NOON, due_at=NOON)
    InvitationFactory(customer=customer, state="excluded", reason="no_consent", due_at=NOON)
    InvitationFactory(customer=customer, state="planned", due_at=NOON + timedelta(days=1))
    InvitationFactory(customer=customer, is_test=True)

    with django_assert_num_queries(1):
        context = asked(customer, UserFactory.build(), NOON)
    html = render_to_string("surveys/asked_panel.html", context)

    assert [each["invitation"].state for each in context["coming"]] == ["planned"]
    assert {each["invitation"].state for each in context["past"]} == {"sent", "excluded"}
    assert "goes out on 5 March 2026" in html
    assert "consent for surveys withdrawn" in html


def test_somebody_who_was_never_asked():
    html = render_to_string("surveys/asked_panel.html", asked(CustomerFactory(), UserFactory.build(), NOON))

    assert "never asked" in html
