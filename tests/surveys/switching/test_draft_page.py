"""The staff page where a survey of another tool becomes a draft."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from staff.models import AuditEntry
from surveys.models import Survey, SurveyOrigin
from surveys.writing.publishing import publish_survey
from tests.conftest import NOON
from tests.factories.staff import UserFactory
from tests.surveys.switching.answers import SAMPLES

pytestmark = pytest.mark.django_db
TAKE_OVER, START = "admin:surveys_survey_from_file", "admin:surveys_survey_start"


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"], language="en"))
    return client


def take_over(client, contents: bytes, name: str):
    return client.post(reverse(TAKE_OVER), {"file": SimpleUploadedFile(name, contents)})


def test_a_survey_of_another_tool_becomes_a_draft_with_its_report_beside_it(marketing):
    for door in (reverse("admin:surveys_survey_changelist"), reverse(START)):
        assert "Take over from another tool" in marketing.get(door).content.decode()
    assert "A .qsf of Qualtrics or a .lss of LimeSurvey" in marketing.get(reverse(TAKE_OVER)).content.decode()

    page = take_over(marketing, (SAMPLES / "airline.qsf").read_bytes(), "airline.qsf")

    survey = Survey.objects.get()
    assert page.url == reverse("admin:surveys_survey_build", args=[survey.pk])
    assert (survey.name, survey.version, survey.questions.count()) == ("After the flight", None, 6)
    report = "Map: There is no such kind of question here (HeatMap x)."
    for _look in range(2):  # it is no message that goes away
        assert report in marketing.get(page.url).content.decode()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject_kind, entry.subject) == ("created", "surveys.survey", survey.pk)

    publish_survey(survey=survey, by=None, at=NOON)
    assert report not in marketing.get(page.url).content.decode()
    settings_page = marketing.get(reverse("admin:surveys_survey_change", args=[survey.pk])).content.decode()
    assert report in settings_page
    assert "<bdi>airline.qsf</bdi>" in settings_page


def test_a_file_that_fits_whole_says_so(marketing):
    contents = b"""{"SurveyEntry": {"SurveyName": "One", "SurveyLanguage": "EN"}, "SurveyElements": [
        {"Element": "SQ", "PrimaryAttribute": "Q1", "Payload": {"QuestionType": "TE", "Selector": "ML",
         "QuestionText": "Why?", "DataExportTag": "why"}}]}"""

    page = take_over(marketing, contents, "one.qsf")

    assert "Everything in the file has a place here." in marketing.get(page.url).content.decode()


@pytest.mark.parametrize(
    ("contents", "name", "said"),
    [
        (b"not json", "a.qsf", "This is no Qualtrics survey."),
        (b"", "a.qsf", "The submitted file is empty."),
        (b"<document/>", "a.lss", "This is no LimeSurvey survey."),
        (b"{}", "a.doc", "Upload a .qsf file of Qualtrics or a .lss file of LimeSurvey."),
        (b"{}", "qsf", "This is no Qualtrics survey."),
        (b" " * 5_300_000, "a.qsf", "The file is larger than 5 MB"),
        (b'{"SurveyEntry": {}, "SurveyElements": []}', "a.qsf", "There is no question in this file"),
    ],
)
def test_a_file_that_is_no_survey_is_refused_on_the_page(marketing, contents, name, said):
    page = take_over(marketing, contents, name)

    assert page.status_code == 422
    assert said in page.content.decode()
    assert not Survey.objects.exists()


def test_without_a_file_the_page_asks_for_one(marketing):
    page = marketing.post(reverse(TAKE_OVER))

    assert page.status_code == 422
    assert "This field is required." in page.content.decode()


@given(contents=st.binary(max_size=200), name=st.sampled_from(["a.qsf", "a.lss", "a", "a.csv"]))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_file_is_too_strange_for_the_page(marketing, contents, name):
    assert take_over(marketing, contents, name).status_code in {302, 422}


def test_a_name_that_is_taken_at_its_full_length_gets_a_number(marketing):
    contents = (SAMPLES / "airline.qsf").read_bytes().replace(b"After the flight", b"F" * 400)

    for _time in range(2):
        assert take_over(marketing, contents, "a.qsf").status_code == 302

    assert sorted(Survey.objects.values_list("name", flat=True)) == ["F" * 110, "F" * 110 + " 2"]


def test_of_a_survey_without_end_the_beginning_is_taken(marketing):
    payload = {"QuestionType": "TE", "Selector": "ML", "QuestionText": "Why?", "DataExportTag": "why"}
    asked = [{"Element": "SQ", "PrimaryAttribute": f"Q{n}", "Payload": payload} for n in range(900)]
    contents = json.dumps({"SurveyEntry": {"SurveyName": "Long"}, "SurveyElements": asked})

    take_over(marketing, contents.encode(), "long.qsf")

    origin = SurveyOrigin.objects.get()
    assert (origin.questions_taken, origin.left_out) == (
        200,
        ["Only the first 200 questions were taken over."],
    )


@pytest.mark.parametrize("role", ["Analysts", "Support", "Loyalty"])
def test_surveys_are_taken_over_by_those_who_may_add_them(client, role):
    client.force_login(UserFactory(roles=[role]))

    assert client.get(reverse(TAKE_OVER)).status_code == 403
    assert take_over(client, b"{}", "a.qsf").status_code == 403
