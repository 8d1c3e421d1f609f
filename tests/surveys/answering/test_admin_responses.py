import csv
import io

import pytest
from django.urls import reverse

from staff.models import AuditEntry
from surveys.models import SurveyResponse
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import AnswerFactory, SurveyFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
LIST = "admin:surveys_surveyresponse_changelist"
EXPORT = "admin:surveys_surveyresponse_export"


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    return client


def respond(survey, score, comment="", **fields):
    response = SurveyResponseFactory(survey=survey, score=score, has_comment=bool(comment), **fields)
    asked, commented = survey.questions.all()
    AnswerFactory(survey_response=response, question=asked, score=score)
    if comment:
        AnswerFactory(survey_response=response, question=commented, score=None, text=comment)
    return response


def rows_of(page):
    text = b"".join(page.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_what_a_customer_wrote_is_shown_as_text(analyst):
    survey = SurveyFactory()
    response = respond(survey, 0, "<script>alert(1)</script>")

    for address in (reverse(LIST), reverse("admin:surveys_surveyresponse_change", args=[response.pk])):
        page = analyst.get(address)
        assert page.status_code == 200
        assert b"<script>alert(1)</script>" not in page.content
        assert b"&lt;script&gt;alert(1)" in page.content
    assert b"NPS 0" in analyst.get(reverse(LIST)).content


def test_the_export_holds_what_was_said_and_no_formula(analyst):
    survey = SurveyFactory(name="Autumn")
    customer = CustomerFactory(first_name="=HYPERLINK(1)", last_name="Nur")
    respond(survey, 0, '=HYPERLINK("http://evil.example","x"),\n-1+1', customer=customer, language="fa")

    row = rows_of(analyst.get(reverse(EXPORT)))[0]

    assert row["survey"] == "Autumn"
    assert (row["nps"], row["csat"], row["ces"]) == ("0", "", "")
    assert row["submitted_at"] == NOON.isoformat()
    assert row["comment"].startswith("'=HYPERLINK")
    assert row["customer"].startswith("'=HYPERLINK")
    assert row["language"] == "fa"
    assert AuditEntry.objects.get(action="exported").subject_kind == "surveys.surveyresponse"


def test_the_export_is_the_list_as_filtered(analyst):
    survey, other = SurveyFactory(), SurveyFactory()
    wanted = respond(survey, 9)
    respond(other, 3)

    rows = rows_of(analyst.get(reverse(EXPORT), {"survey__id__exact": survey.pk}))

    assert [row["response"] for row in rows] == [str(wanted.pk)]


def test_a_forged_filter_leads_back_to_the_list(analyst):
    respond(SurveyFactory(), 9)
    respond(SurveyFactory(), 9)

    page = analyst.get(reverse(EXPORT), {"survey__id__exact": "x"})

    assert page.status_code == 302


def test_exports_are_for_those_who_may_see_responses(client):
    client.force_login(UserFactory(roles=["Loyalty"]))
    assert client.get(reverse(EXPORT)).status_code == 403


def test_responses_are_read_only(client):
    client.force_login(UserFactory(is_superuser=True))
    response = respond(SurveyFactory(), 4)
    change = reverse("admin:surveys_surveyresponse_change", args=[response.pk])

    assert client.get(reverse("admin:surveys_surveyresponse_add")).status_code == 403
    assert client.post(change, {"score": 10}).status_code == 403
    assert client.post(reverse("admin:surveys_surveyresponse_delete", args=[response.pk])).status_code == 403
    assert SurveyResponse.objects.get().score == 4


def test_an_empty_list_opens(analyst):
    assert analyst.get(reverse(LIST)).status_code == 200
    assert rows_of(analyst.get(reverse(EXPORT))) == []


@pytest.mark.parametrize("responses", [1, 3])
def test_list_and_export_cost_the_same_whatever_their_length(
    analyst, responses, django_assert_max_num_queries
):
    survey = SurveyFactory()
    for _ in range(responses):
        respond(survey, 7, "Fine", campaign=None)
    analyst.get(reverse(LIST))

    with django_assert_max_num_queries(12):
        analyst.get(reverse(LIST))
    with django_assert_max_num_queries(13):
        assert len(rows_of(analyst.get(reverse(EXPORT)))) == responses
