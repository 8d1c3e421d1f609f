"""The results of a survey by what its comments are about."""

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.urls import reverse

from events.delivery import deliver_events
from staff.units import create_unit
from surveys.answering.responses import record_response
from surveys.models import Answer, Invitation, Topic
from surveys.results.choosing import Chosen
from surveys.results.comments import comments_of
from surveys.results.funnel import funnel_of
from surveys.results.topics import count_topics
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import InvitationFactory, QuestionFactory, SurveyFactory, TopicFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


@pytest.fixture
def topics():
    words = {"Delivery": "deliver*", "Price": "price", "Staff": "staff"}
    return {name: TopicFactory(name=name, words={"en": word}) for name, word in words.items()}


@pytest.fixture
def survey(topics):
    """Four answers: two about the delivery, one of them about the price as well, and two about nothing."""
    survey = SurveyFactory()
    for minute, (score, text) in enumerate(
        [(0, "Late delivery, high price"), (9, "Fast delivery"), (10, "Fine"), (8, "")]
    ):
        say(survey, score, text, at=NOON + timedelta(minutes=minute))
    deliver_events(at=NOON)
    return survey


def say(survey, score, text, *, customer=None, at=NOON):
    nps, comment = survey.questions.order_by("position")[:2]
    answers = {nps.pk: score} | ({comment.pk: text} if text else {})
    return record_response(survey=survey, customer=customer, answers=answers, at=at)


def address(survey):
    return reverse("admin:surveys_survey_results", args=[survey.pk])


def shown(page):
    rows = page.context["comments"]["page"].rows
    return [(comment.texts[0], [name for _pk, name in comment.topics]) for comment in rows]


BOTH = ("Late delivery, high price", ["Delivery", "Price"])
ONE = ("Fast delivery", ["Delivery"])


def test_each_comment_tells_its_topics_and_each_topic_its_comments(marketing, survey, topics):
    page = marketing.get(address(survey))

    assert shown(page) == [("Fine", []), ONE, BOTH]
    assert page.context["topics"] == [
        (topics["Delivery"].pk, "Delivery", 2),
        (topics["Price"].pk, "Price", 1),
        (topics["Staff"].pk, "Staff", 0),
    ]
    html = page.content.decode()
    assert f'<option value="{topics["Delivery"].pk}">Delivery (2)</option>' in html
    assert f'topic={topics["Price"].pk}#sv-comments"><bdi>Price</bdi></a>' in html


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"topic": "Delivery"}, [ONE, BOTH]),
        ({"topic": "Price"}, [BOTH]),
        ({"topic": "Staff"}, []),
        ({"topic": "Delivery", "band": "good"}, [ONE]),
        ({"topic": "Delivery", "words": "LATE"}, [BOTH]),
        ({"topic": "Delivery", "language": "ru"}, []),
    ],
)
def test_comments_are_narrowed_by_topic_together_with_the_rest(marketing, survey, topics, query, found):
    page = marketing.get(address(survey), query | {"topic": topics[query["topic"]].pk})

    assert shown(page) == found
    assert "Completion" not in page.content.decode()  # who broke off is about nothing


def test_a_topic_narrows_every_figure_and_the_counts_of_topics_stay(survey, topics):
    invitation = InvitationFactory(wave__campaign__survey=survey)
    about_delivery = Chosen(survey=survey, equal={"topic": topics["Delivery"].pk})

    assert Invitation.objects.get() == invitation
    funnel = funnel_of(about_delivery)
    assert (funnel.complete, funnel.invited, funnel.opened, funnel.broken_off) == (2, 0, 0, 0)
    assert about_delivery.answers().count() == 4
    assert count_topics(about_delivery) == {topics["Delivery"].pk: 2, topics["Price"].pk: 1}
    assert count_topics(Chosen(survey=survey, until=NOON)) == {}


def test_two_texts_of_one_answer_about_the_same_are_one(survey, topics):
    response = say(survey, 3, "Delivery again")
    other = QuestionFactory(survey=survey, kind="comment", position=3)
    Answer.objects.create(survey_response=response, question=other, text="Delivery! Delivery!")
    deliver_events(at=NOON)
    chosen = Chosen(survey=survey, equal={"topic": topics["Delivery"].pk})

    comments = comments_of(chosen).rows

    assert [len(comment.texts) for comment in comments] == [1, 2, 1]
    assert comments[1].topics == [(topics["Delivery"].pk, "Delivery")]
    assert count_topics(chosen)[topics["Delivery"].pk] == 3
    assert chosen.responses().count() == 3


def test_files_hold_what_the_topic_narrows_to_and_name_the_topics(marketing, survey, topics):
    query = {"topic": topics["Delivery"].pk}

    text = b"".join(marketing.get(address(survey), query | {"export": "csv"}).streaming_content).decode(
        "utf-8-sig"
    )
    told = json.loads(b"".join(marketing.get(address(survey), {"export": "json"}).streaming_content))

    assert [row["topics"] for row in csv.DictReader(StringIO(text))] == ["Delivery", "Delivery, Price"]
    assert [response["topics"] for response in told] == [[], [], ["Delivery"], ["Delivery", "Price"]]


@pytest.mark.parametrize("query", [{"topic": "x"}, {"topic": "999999"}, {"topic": "9" * 30}])
def test_a_topic_that_is_not_there_is_said_beside_the_field_and_narrows_nothing(marketing, survey, query):
    page = marketing.get(address(survey), query)

    assert len(shown(page)) == 3
    assert list(page.context["form"].errors) == ["topic"]


def test_without_topics_marketing_is_led_to_them_and_others_are_not_bothered(client, marketing):
    survey = SurveyFactory()
    html = marketing.get(address(survey)).content.decode()
    assert "Set up topics" in html
    assert 'name="topic"' not in html

    client.force_login(UserFactory(roles=["Analysts"]))
    assert "Set up topics" not in client.get(address(survey)).content.decode()


@pytest.mark.parametrize("role", ["Marketing", "Analysts", "Support"])
def test_whoever_sees_results_sees_topics(client, survey, role):
    client.force_login(UserFactory(roles=[role]))

    assert shown(client.get(address(survey)))[1:] == [ONE, BOTH]


def test_staff_of_a_unit_see_its_comments_and_their_number(client, survey, topics):
    unit = create_unit(name="Shop", kind="brand")
    say(survey, 5, "Our delivery", customer=CustomerFactory(unit=unit))
    deliver_events(at=NOON)
    client.force_login(UserFactory(roles=["Marketing"], unit=unit))

    page = client.get(address(survey), {"topic": topics["Delivery"].pk})

    assert shown(page) == [("Our delivery", ["Delivery"])]
    assert [people for _pk, _name, people in page.context["topics"]] == [1, 0, 0]


@pytest.mark.parametrize("times", [1, 6])
def test_topics_cost_three_queries_however_many_comments_have_them(
    marketing, survey, topics, times, django_assert_num_queries
):
    for _ in range(times):
        say(survey, 3, "Delivery, price and staff")
    deliver_events(at=NOON)
    marketing.get(address(survey))

    with django_assert_num_queries(31):
        marketing.get(address(survey))

    Topic.objects.all().delete()
    with django_assert_num_queries(30):
        marketing.get(address(survey))
