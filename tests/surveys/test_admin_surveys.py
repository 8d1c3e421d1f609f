import re

import pytest
from django.urls import reverse

from surveys.models import Question, Survey
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    AnswerFactory,
    CampaignFactory,
    QuestionFactory,
    SurveyFactory,
    SurveyResponseFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def change_page(survey):
    return reverse("admin:surveys_survey_change", args=[survey.pk])


def form_of(survey, **changes):
    """What the browser sends when nothing is touched, but for `changes`."""
    questions = list(survey.questions.all())
    posted = {
        "name": survey.name,
        "kind": survey.kind,
        "language": survey.language,
        "is_open": "on",
        "questions-TOTAL_FORMS": len(questions),
        "questions-INITIAL_FORMS": len(questions),
    }
    for number, question in enumerate(questions):
        posted |= {
            f"questions-{number}-id": question.pk,
            f"questions-{number}-survey": survey.pk,
            f"questions-{number}-kind": question.kind,
            f"questions-{number}-position": question.position,
        }
        posted |= {f"questions-{number}-text_{code}": text for code, text in question.text.items()}
    return posted | changes


def test_a_survey_starts_from_a_template_in_all_languages(marketing):
    page = marketing.get(reverse("admin:surveys_survey_start"))
    assert page.content.decode().count('name="starter"') == 3

    for _ in range(2):
        page = marketing.post(reverse("admin:surveys_survey_start"), {"starter": "support"}, follow=True)

    assert page.status_code == 200
    assert list(Survey.objects.order_by("pk").values_list("name", "kind")) == [
        ("After support", "transactional"),
        ("After support 2", "transactional"),
    ]
    assert list(Survey.objects.first().questions.values_list("kind", "position")) == [
        ("csat", 1),
        ("comment", 2),
    ]


def test_an_unknown_template_starts_nothing(marketing):
    assert marketing.post(reverse("admin:surveys_survey_start"), {"starter": "x"}).status_code == 404
    assert Survey.objects.count() == 0


def test_a_question_is_worded_in_each_language_without_raw_data(marketing):
    survey = SurveyFactory(questions=["nps"])

    page = marketing.post(
        change_page(survey),
        form_of(survey, **{"questions-0-text_en": "Would you?", "questions-0-text_fa": "  آیا؟ "}),
    )

    assert page.status_code == 302
    assert survey.questions.get().text == {"en": "Would you?", "fa": "آیا؟"}
    html = marketing.get(change_page(survey)).content.decode()
    assert html.count(">missing<") == 3
    assert "How likely are you to recommend" in html  # the standard wording, as a placeholder


def test_new_questions_go_to_the_end(marketing):
    survey = SurveyFactory(questions=["nps"])

    page = marketing.post(
        change_page(survey),
        form_of(
            survey,
            **{
                "questions-TOTAL_FORMS": 3,
                "questions-1-kind": "csat",
                "questions-1-position": "",
                "questions-2-kind": "comment",
                "questions-2-position": "",
            },
        ),
    )

    assert page.status_code == 302
    assert list(survey.questions.values_list("kind", "position")) == [("nps", 1), ("csat", 2), ("comment", 3)]


def test_a_question_with_answers_keeps_its_kind_and_stays(marketing):
    survey = SurveyFactory()
    answered, _unanswered = survey.questions.all()
    AnswerFactory(question=answered, survey_response=SurveyResponseFactory(survey=survey))

    marketing.post(
        change_page(survey),
        form_of(
            survey, **{"questions-0-kind": "ces", "questions-0-DELETE": "on", "questions-1-DELETE": "on"}
        ),
    )

    assert list(survey.questions.values_list("pk", "kind")) == [(answered.pk, "nps")]
    assert "It has answers, so it stays" in marketing.get(change_page(survey)).content.decode()


def test_a_question_without_answers_may_change_its_kind(marketing):
    survey = SurveyFactory(questions=["nps"])

    marketing.post(change_page(survey), form_of(survey, **{"questions-0-kind": "ces"}))

    assert survey.questions.get().kind == "ces"


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
        ({"questions": ["comment"]}, "It asks for no score yet"),
        ({"questions": []}, "It asks for no score yet"),
    ],
)
def test_cautions_before_customers_see_it(marketing, changes, caution):
    survey = SurveyFactory(**changes)

    assert caution in marketing.get(change_page(survey)).content.decode()


def test_a_sound_survey_has_no_cautions(marketing):
    assert "sv-cautions" not in marketing.get(change_page(SurveyFactory())).content.decode()


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


def test_a_new_survey_is_added_with_its_first_question(marketing):
    page = marketing.get(reverse("admin:surveys_survey_add"))
    assert page.status_code == 200

    page = marketing.post(
        reverse("admin:surveys_survey_add"),
        {
            "name": "After delivery",
            "kind": "transactional",
            "language": "bs",
            "is_open": "on",
            "questions-TOTAL_FORMS": 1,
            "questions-INITIAL_FORMS": 0,
            "questions-0-kind": "csat",
            "questions-0-position": "",
        },
    )

    assert page.status_code == 302
    assert Question.objects.get().kind == "csat"


def test_somebody_who_only_looks_changes_nothing(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    survey = SurveyFactory(name="Before")

    assert client.get(change_page(survey)).status_code == 200
    assert client.post(change_page(survey), form_of(survey, name="After")).status_code == 403
    assert Survey.objects.get().name == "Before"
    QuestionFactory(survey=survey)
