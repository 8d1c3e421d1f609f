import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from surveys.translations.po import read_po, write_po
from surveys.translations.texts import Entry
from surveys.translations.xliff import read_xliff
from tests.factories.staff import UserFactory
from tests.factories.surveys import QuestionFactory, SurveyFactory

pytestmark = pytest.mark.django_db
RIGHT = Entry("title", "Hello {first_name}", "سلام {first_name}")


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


@pytest.fixture
def survey():
    survey = SurveyFactory(name="After a purchase", questions=[], title={"en": "Hello {first_name}"})
    QuestionFactory(survey=survey, key="why", kind="comment", text={"en": "Why?", "ru": "Почему?"})
    return survey


def page_of(survey, language="fa"):
    return reverse("admin:surveys_survey_translations", args=[survey.pk]) + f"?language={language}"


def upload(client, survey, content, *, name="a.po", language="fa"):
    file = SimpleUploadedFile(name, content)
    return client.post(page_of(survey, language), {"upload": "1", "file": file})


def test_all_texts_stand_beside_a_chosen_language(marketing, survey):
    page = marketing.get(page_of(survey)).content.decode()

    assert page.count("2 missing") == 3
    assert page.count("1 missing") == 1
    assert (
        '<textarea class="cx-input" id="tr-1" name="text:title" rows="2" maxlength="500" lang="fa" dir="rtl">'
        in page
    )
    assert "Почему?" not in page
    assert 'name="text:intro"' not in page  # in the standard wording of every language
    assert "حدود بیست ثانیه طول می‌کشد." in page


def test_the_page_begins_with_the_language_that_misses_most(marketing, survey):
    survey.title["bs"] = "Zdravo {first_name}"
    survey.save()

    page = marketing.get(reverse("admin:surveys_survey_translations", args=[survey.pk]))

    assert page.context["language"]["code"] == "fa"


def test_what_is_typed_is_saved_in_the_draft(marketing, survey):
    page = marketing.post(
        page_of(survey, "ru"),
        {"text:title": "Привет, {first_name}", "text:question.why.text": "", "text:question.x.text": "?"},
        follow=True,
    )

    assert "2 texts saved in the draft." in page.content.decode()
    survey.refresh_from_db()
    assert survey.title == {"en": "Hello {first_name}", "ru": "Привет, {first_name}"}
    assert survey.questions.get().text == {"en": "Why?"}


def test_a_lost_placeholder_is_told_beside_what_was_typed(marketing, survey):
    page = marketing.post(page_of(survey), {"text:title": "سلام", "text:question.why.text": "چرا؟"})

    assert page.status_code == 422
    html = page.content.decode()
    assert '<p class="cx-bad" id="tr-why-1">It lost {first_name}.</p>' in html
    assert ">\nسلام</textarea>" in html
    survey.refresh_from_db()
    assert survey.title == {"en": "Hello {first_name}"}
    assert survey.questions.get().text["fa"] == "چرا؟"


@pytest.mark.parametrize(("ending", "read"), [("po", read_po), ("xlf", read_xliff)])
def test_the_texts_are_downloaded_for_translators(marketing, survey, ending, read):
    file = marketing.get(page_of(survey, "ru") + f"&file={ending}")

    assert file["Content-Disposition"] == f'attachment; filename="after-a-purchase-ru.{ending}"'
    found = read(file.content)
    assert found.language == "ru"
    assert [(each.id, each.source, each.target) for each in found.entries] == [
        ("title", "Hello {first_name}", ""),
        ("question.why.text", "Why?", "Почему?"),
    ]


def test_a_file_comes_back_with_a_receipt(marketing, survey):
    entries = [
        RIGHT,
        Entry("question.why.text", "Why not?", "چرا نه؟"),
        Entry("question.gone.text", "Gone", "رفته"),
    ]

    page = upload(marketing, survey, write_po(entries, source="en", target="fa"))

    html = page.content.decode()
    assert page.status_code == 200
    assert "<b>1</b> text taken into the draft" in html
    assert "the original has changed since" in html
    assert "question.gone.text" in html
    survey.refresh_from_db()
    assert survey.title == {"en": "Hello {first_name}", "fa": "سلام {first_name}"}
    assert survey.questions.get().text == {"en": "Why?", "ru": "Почему?"}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.po", write_po([RIGHT], source="en", target="ru"), "This file is in Русский."),
        ("a.xlf", b"<html>", "This is no XLIFF file we can read."),
        ("a.txt", b"", "Choose a file that ends in .po or .xlf."),
    ],
)
def test_a_file_of_another_kind_or_language_changes_nothing(marketing, survey, name, content, sentence):
    reply = upload(marketing, survey, content, name=name)

    assert reply.status_code == 302
    assert sentence in marketing.get(reply.url).content.decode()
    survey.refresh_from_db()
    assert survey.title == {"en": "Hello {first_name}"}


def test_no_file_is_no_upload(marketing, survey):
    page = marketing.post(page_of(survey), {"upload": "1"}, follow=True)

    assert "Choose a file first." in page.content.decode()


def test_analysts_read_and_download_but_change_nothing(client, survey):
    client.force_login(UserFactory(roles=["Analysts"]))

    page = client.get(page_of(survey)).content.decode()
    assert "readonly" in page
    assert "Save translations" not in page
    assert client.get(page_of(survey) + "&file=po").status_code == 200
    assert client.post(page_of(survey), {"text:title": "سلام {first_name}"}).status_code == 403
    survey.refresh_from_db()
    assert survey.title == {"en": "Hello {first_name}"}


def test_who_may_not_see_surveys_sees_no_translations(client, survey):
    client.force_login(UserFactory(roles=["Loyalty"]))

    assert client.get(page_of(survey)).status_code == 403


def test_a_survey_that_is_not_there_has_no_translations(marketing):
    assert marketing.get(reverse("admin:surveys_survey_translations", args=[10**9])).status_code == 404


@pytest.mark.parametrize("questions", [1, 3])
def test_the_page_asks_the_database_as_often_for_one_question_as_for_three(
    marketing, django_assert_num_queries, questions
):
    survey = SurveyFactory(questions=["nps", "csat", "comment"][:questions])

    with django_assert_num_queries(6):
        marketing.get(page_of(survey))
