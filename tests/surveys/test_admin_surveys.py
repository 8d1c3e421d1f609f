import re
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from surveys.models import Survey, Theme
from surveys.themes.theming import light_properties
from surveys.writing.drafting import add_question
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    CampaignFactory,
    QuestionFactory,
    SurveyFactory,
    SurveyResponseFactory,
)

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def change_page(survey):
    return reverse("admin:surveys_survey_change", args=[survey.pk])


def form_of(survey, **changes):
    """What the browser sends when nothing is touched, but for `changes`."""
    return {
        "name": survey.name,
        "kind": survey.kind,
        "language": survey.language,
        "is_open": "on",
    } | changes


def test_a_survey_starts_from_a_template_in_all_languages(marketing):
    page = marketing.get(reverse("admin:surveys_survey_start"))
    assert page.content.decode().count('name="starter"') == 7

    for _ in range(2):
        page = marketing.post(reverse("admin:surveys_survey_start"), {"starter": "support"}, follow=True)

    assert page.status_code == 200
    assert list(Survey.objects.order_by("pk").values_list("name", "kind")) == [
        ("After support", "transactional"),
        ("After support 2", "transactional"),
    ]
    assert list(Survey.objects.first().questions.values_list("kind", "position")) == [
        ("csat", 1),
        ("yesno", 2),
        ("choice", 3),
        ("comment", 4),
    ]


def test_an_unknown_template_starts_nothing(marketing):
    assert marketing.post(reverse("admin:surveys_survey_start"), {"starter": "x"}).status_code == 404
    assert Survey.objects.count() == 0


def test_a_survey_that_was_answered_or_is_asked_stays(marketing):
    answered, asked, fresh = SurveyFactory(), SurveyFactory(), SurveyFactory()
    SurveyResponseFactory(survey=answered)
    CampaignFactory(survey=asked)

    pages = [
        marketing.post(reverse("admin:surveys_survey_delete", args=[survey.pk]), {"post": "yes"})
        for survey in (answered, asked, fresh)
    ]

    assert [page.status_code for page in pages] == [403, 403, 302]
    assert set(Survey.objects.all()) == {answered, asked}


@pytest.mark.parametrize(
    ("changes", "caution"),
    [
        ({"kind": "transactional"}, "NPS asks about the whole relationship"),
        ({"is_open": False}, "It takes no answers at the moment"),
        ({"closes_at": LONG_AGO}, "Its last day is over"),
        ({"quota": 5, "taken": 5}, "All 5 answers that were wanted have come"),
        ({"questions": ["comment"]}, "It asks for no score yet"),
        ({"questions": []}, "It asks for no score yet"),
        ({"questions": ["nps"] * 11}, "It asks 11 questions."),
        ({"questions": ["nps", *["comment"] * 5]}, "It takes about 2.2 minutes."),
        ({"questions": ["csat", "csat3"]}, "CSAT (1–5), CSAT (1–3) are different scales"),
        ({"questions": ["ces5", "effort"]}, "CES (1–5), Effort (1–5, low is good) are different scales"),
        ({"title": {"en": "Hello"}}, "in the main language to who reads: Bosanski, فارسی, Русский, 简体中文"),
    ],
)
def test_cautions_before_customers_see_it(marketing, changes, caution):
    survey = SurveyFactory(**changes)

    assert caution in marketing.get(change_page(survey)).content.decode()


def test_the_list_says_which_surveys_take_answers(marketing):
    SurveyFactory(name="A open")
    SurveyFactory(name="B full", quota=1, taken=1)
    SurveyFactory(name="C over", closes_at=LONG_AGO)
    SurveyFactory(name="D draft", questions=[])

    page = marketing.get(reverse("admin:surveys_survey_changelist"))

    shown = page.context["cl"].result_list
    admin = page.context["cl"].model_admin
    assert [admin.takes_answers(survey) for survey in shown] == [True, False, False, False]


def test_a_sound_survey_has_no_cautions(marketing):
    assert "sv-cautions" not in marketing.get(change_page(SurveyFactory())).content.decode()


def test_colours_that_cannot_be_read_are_named(marketing):
    yellow = Theme.objects.create(name="Sunny", accent="#ffd500", ground="#ffffff")
    calm = Theme.objects.create(name="Calm")

    html, quiet = (
        marketing.get(change_page(SurveyFactory(theme=theme))).content.decode() for theme in (yellow, calm)
    )

    drawn = light_properties(yellow.accent, yellow.ground)["accent"]
    assert f"Of theme “Sunny”, #ffd500 has too little contrast: pages show {drawn} instead." in html
    assert "sv-cautions" not in quiet


def test_the_pages_of_a_survey_lead_to_one_another(marketing):
    survey = SurveyFactory()
    names = ("build", "translations", "change", "versions", "results")
    addresses = [reverse(f"admin:surveys_survey_{name}", args=[survey.pk]) for name in names]

    for address in addresses:
        html = marketing.get(address).content.decode()
        assert [f'href="{each}"' in html for each in addresses] == [True] * 5
        assert f'href="{address}" aria-current="page"' in html


def test_who_may_not_see_responses_is_not_led_to_results(client):
    survey, user = SurveyFactory(), UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_survey"))
    client.force_login(user)

    html = client.get(reverse("admin:surveys_survey_versions", args=[survey.pk])).content.decode()

    assert reverse("admin:surveys_survey_translations", args=[survey.pk]) in html
    assert reverse("admin:surveys_survey_results", args=[survey.pk]) not in html


def test_a_choice_between_nothing_is_no_choice(marketing):
    survey = SurveyFactory()
    add_question(survey=survey, kind="choice", text={"en": "Which?"})

    assert "fewer than two options" in marketing.get(change_page(survey)).content.decode()


def test_missing_translations_are_named(marketing):
    survey = SurveyFactory()
    survey.questions.update(text={"en": "?", "ru": "?", "bs": "?", "zh-hans": "?"})

    assert "not translated: فارسی" in marketing.get(change_page(survey)).content.decode()


def test_the_preview_is_the_public_page_and_takes_nothing(marketing):
    survey = SurveyFactory(questions=["csat", "ces", "comment"])

    page = marketing.get(reverse("admin:surveys_survey_preview", args=[survey.pk]), {"lang": "fa"})

    html = page.content.decode()
    assert page.status_code == 200
    assert '<html lang="fa" dir="rtl">' in html
    assert 'class="ribbon"' in html
    assert re.search(r'class="send" type="submit" disabled', html)


def test_previews_are_for_those_who_may_see_surveys(client):
    client.force_login(UserFactory(roles=["Loyalty"]))
    address = reverse("admin:surveys_survey_preview", args=[SurveyFactory().pk])

    assert client.get(address).status_code == 403
    client.logout()
    assert client.get(address).status_code == 302


@pytest.mark.parametrize("surveys", [1, 3])
def test_the_list_costs_the_same_whatever_its_length(marketing, surveys, django_assert_max_num_queries):
    for _ in range(surveys):
        SurveyFactory()
    marketing.get(reverse("admin:surveys_survey_changelist"))

    with django_assert_max_num_queries(11):
        page = marketing.get(reverse("admin:surveys_survey_changelist"))
    assert page.content.decode().count("/preview/") == surveys


def test_somebody_who_only_looks_changes_nothing(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    survey = SurveyFactory(name="Before")

    assert client.get(change_page(survey)).status_code == 200
    assert client.post(change_page(survey), form_of(survey, name="After")).status_code == 403
    assert Survey.objects.get().name == "Before"
    QuestionFactory(survey=survey)


def test_publishing_makes_a_version_and_the_same_draft_twice_makes_one(marketing):
    survey = SurveyFactory(questions=["nps"])
    add_question(survey=survey, kind="comment")

    for _ in range(2):
        page = marketing.post(reverse("admin:surveys_survey_publish", args=[survey.pk]), follow=True)

    assert "Version 2 is what customers see now." in page.content.decode()
    assert list(survey.versions.values_list("number", flat=True)) == [1, 2]


def test_what_cannot_be_published_says_why(marketing):
    survey = SurveyFactory(questions=[])

    page = marketing.post(reverse("admin:surveys_survey_publish", args=[survey.pk]), follow=True)

    assert "It asks nothing yet: add a question." in page.content.decode()
    assert survey.versions.count() == 0
