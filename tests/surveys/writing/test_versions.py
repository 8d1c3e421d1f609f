"""The versions of a survey, side by side."""

import pytest
from django.urls import reverse

from staff.units import create_unit
from surveys.answering.responses import record_response
from surveys.models import SurveyResponse
from surveys.questions.questionnaires import draft_of
from surveys.questions.questionnaires import published as version_of
from surveys.writing.changes import changes_between
from surveys.writing.drafting import (
    add_question,
    change_question,
    change_texts,
    place_question,
    remove_question,
)
from surveys.writing.publishing import has_unpublished_changes
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyFactory, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def address(survey):
    return reverse("admin:surveys_survey_versions", args=[survey.pk])


def changes_of(survey, language="en"):
    return list(changes_between(version_of(survey.version_id), draft_of(survey), language))


def test_what_the_draft_changes_is_said_in_words():
    survey = SurveyFactory(questions=["nps", "comment", "ces"])
    nps, comment, ces = survey.questions.order_by("position")

    add_question(survey=survey, kind="yesno", text={"en": "Solved?", "fa": "حل شد؟"}, after=nps)
    change_question(question=comment, text={"en": "Why?"})
    remove_question(question=ces, at=NOON)
    place_question(question=comment, position=0)
    change_texts(survey=survey, thanks={"en": "Thanks!"})

    assert changes_of(survey) == [
        "Changed: “Why?”",
        "Added: “Solved?”",
        "Removed: “Meridian Mobile made it easy for me to do what I wanted to do.”",
        "The order of the questions",
        "The texts before or after the questions",
    ]
    assert "Added: “حل شد؟”" in changes_of(survey, "fa")


def test_a_question_that_came_and_went_has_changed_nothing():
    survey = SurveyFactory()
    first = survey.questions.order_by("position").first()

    remove_question(question=add_question(survey=survey, kind="ces", after=first), at=NOON)
    survey.refresh_from_db()

    assert changes_of(survey) == []
    assert not has_unpublished_changes(survey)


def test_each_version_stands_there_with_its_answers_and_its_changes(marketing):
    survey = SurveyFactory()
    for _ in range(2):
        record_response(survey=survey, customer=None, answers=answers_to(survey, 9), at=NOON)
    add_question(survey=survey, kind="ces", text={"en": "Easy?"})
    published(survey)
    record_response(survey=survey, customer=None, answers=answers_to(survey, 3), at=NOON)
    add_question(survey=survey, kind="yesno", text={"en": "Solved?"})

    page = marketing.get(address(survey))

    shown = [(each.version.number, each.changes, each.responses) for each in page.context["versions"]]
    assert shown == [(2, ["Added: “Easy?”"], 1), (1, [], 2)]
    assert page.context["to_publish"] == ["Added: “Solved?”"]
    assert f"results/?version={survey.version_id}" in page.content.decode()


def answers_to(survey, score):
    return {survey.questions.order_by("position").first().pk: score}


def test_an_old_version_can_still_be_looked_at(marketing):
    survey = SurveyFactory()
    change_question(question=survey.questions.order_by("position").first(), text={"en": "Newly worded?"})
    published(survey)
    preview = reverse("admin:surveys_survey_preview", args=[survey.pk])

    old, new = (marketing.get(preview, {"version": number}).content.decode() for number in (1, 2))

    assert ("Newly worded?" in old, "Newly worded?" in new) == (False, True)
    assert all('class="ribbon"' in page for page in (old, new))
    assert marketing.get(preview, {"version": "3"}).status_code == 404
    assert marketing.get(preview, {"version": "x"}).status_code == 404


def test_a_draft_has_no_versions_yet(marketing):
    page = marketing.get(address(SurveyFactory(questions=[])))

    assert "not published yet" in page.content.decode()
    assert page.context["to_publish"] == []


def test_staff_of_a_unit_count_the_answers_of_its_customers(client):
    survey, unit = SurveyFactory(), create_unit(name="Ours", kind="brand", parent=None)
    for customer in (CustomerFactory(unit=unit), CustomerFactory()):
        record_response(survey=survey, customer=customer, answers=answers_to(survey, 9), at=NOON)
    client.force_login(UserFactory(roles=["Marketing"], unit=unit))

    page = client.get(address(survey))

    assert [each.responses for each in page.context["versions"]] == [1]
    assert SurveyResponse.objects.count() == 2


@pytest.mark.parametrize(("role", "status"), [("Loyalty", 403), ("Analysts", 200)])
def test_versions_are_for_those_who_may_see_surveys(client, role, status):
    client.force_login(UserFactory(roles=[role]))

    assert client.get(address(SurveyFactory())).status_code == status


@pytest.mark.parametrize("versions", [1, 3])
def test_the_page_costs_the_same_however_many_versions(marketing, versions, django_assert_max_num_queries):
    survey = SurveyFactory()
    for number in range(versions - 1):
        change_texts(survey=survey, title={"en": f"Title {number}"})
        published(survey)
    marketing.get(address(survey))

    with django_assert_max_num_queries(13):
        marketing.get(address(survey))
