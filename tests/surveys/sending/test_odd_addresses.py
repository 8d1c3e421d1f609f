"""What staff, and whoever tries, write into addresses and forms of surveys that nobody meant to be written."""

import pytest
from django.urls import reverse

from surveys.models import Campaign, SurveyLink
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, SurveyFactory, SurveyLinkFactory

pytestmark = pytest.mark.django_db
LONG = "9" * 5000
KEY = "0" * 32


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


@pytest.mark.parametrize("query", ["since=0001-01-01", "until=9999-12-31", "since=0001-01-01&export=csv"])
def test_results_of_a_day_at_the_end_of_the_calendar_are_those_of_any_day(marketing, query):
    page = marketing.get(f"{reverse('admin:surveys_survey_results', args=[SurveyFactory().pk])}?{query}")

    assert page.status_code == 200
    assert ("export" in query) is ("The year must be between 1900 and 2200" not in page.getvalue().decode())


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_nothing_ends_or_closes_at_the_end_of_the_calendar(marketing, year):
    survey = SurveyFactory()
    moment = {"0": f"{year}-01-01", "1": "00:00"}
    common = {"survey": survey.pk, "name": "Door", "kind": "open", "is_active": "on", "work": "0"}
    forms = {
        reverse("admin:surveys_surveylink_add"): ("closes_at", common),
        reverse("admin:surveys_campaign_add"): (
            "ends_at",
            {"survey": survey.pk, "kind": "once", "name": "Spring"},
        ),
        reverse("admin:surveys_survey_change", args=[survey.pk]): (
            "closes_at",
            {"name": survey.name, "kind": survey.kind, "language": survey.language, "is_open": "on"},
        ),
    }

    for address, (field, given) in forms.items():
        page = marketing.post(address, given | {f"{field}_{part}": value for part, value in moment.items()})
        assert page.context["adminform"].form.errors[field] == ["The year must be between 1900 and 2200."]

    survey.refresh_from_db()
    assert (survey.closes_at, SurveyLink.objects.count(), Campaign.objects.count()) == (None, 0, 0)


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_neither_does_a_campaign_start_there(client, year):
    client.force_login(UserFactory(roles=["Marketing lead"]))
    campaign = CampaignFactory(state="draft", starts_at=None)

    page = client.post(
        reverse("admin:surveys_campaign_preflight", args=[campaign.pk]),
        {"do": "schedule", "starts_at": f"{year}-01-01T00:00"},
    )

    campaign.refresh_from_db()
    assert (page.status_code, campaign.state, campaign.starts_at) == (200, "draft", None)
    assert "The year must be between 1900 and 2200" in page.content.decode()


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("survey", "title=Hello&closes_at=soon"),
        ("campaign", "subject=Hello&ends_at=soon"),
        ("surveylink", "label=Hi"),
    ],
)
def test_a_form_is_not_broken_by_what_an_address_fills_in(marketing, name, query):
    assert marketing.get(f"{reverse(f'admin:surveys_{name}_add')}?{query}").status_code == 200


def test_a_page_or_a_place_of_five_thousand_digits_is_none(marketing):
    survey = SurveyFactory()
    question = survey.questions.last()

    preview = marketing.get(reverse("admin:surveys_survey_preview", args=[survey.pk]), {"page": LONG})
    moved = marketing.post(
        reverse("admin:surveys_survey_build_move", args=[survey.pk, question.pk]), {"position": LONG}
    )

    assert (preview.status_code, moved.status_code) == (200, 200)


@pytest.mark.parametrize(
    "address",
    [
        "/a/%00/",
        f"/a/%00/{KEY}/",
        f"/a/%00/{KEY}/thanks/",
        "/k/%00/",
        "/k/%00/worker.js",
        f"/k/%00/{KEY}/",
        "/embed/%00.js",
    ],
)
def test_a_nul_character_in_an_address_leads_nowhere(client, address):
    pages = [client.get(address), client.post(address)]

    assert {page.status_code for page in pages} <= {404, 405}


def test_neither_does_one_in_the_key_of_a_copy(client):
    link = SurveyLinkFactory()

    pages = [client.get(f"/a/{link.code}/%00/"), client.get(f"/a/{link.code}/%00/thanks/", follow=True)]

    assert [page.status_code for page in pages] == [404, 200]


def test_comments_with_a_nul_character_are_not_looked_for(marketing):
    address = reverse("admin:surveys_survey_results", args=[SurveyFactory().pk])

    assert marketing.get(address, {"words": "slow\x00"}).status_code == 200
