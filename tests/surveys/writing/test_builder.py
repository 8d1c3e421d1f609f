import json

import pytest
from django.urls import reverse

from surveys.answering.responses import record_response
from surveys.models import Question, Survey
from surveys.questions.questionnaires import draft_of
from surveys.questions.wording import LANGUAGES, languages_of
from surveys.writing.drafting import add_question
from surveys.writing.publishing import publish_survey
from surveys.writing.starters import STARTERS, start_survey
from tests.conftest import NOON
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyFactory

pytestmark = pytest.mark.django_db
OPTIONS = [{"key": key, "text": {"en": key.upper(), "fa": "؟"}} for key in ("a", "b")]


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    return client


def address(name, survey, *names):
    return reverse(f"admin:surveys_survey_{name}", args=[survey.pk, *names])


def build_page(client, survey):
    return client.get(address("build", survey)).content.decode()


def save(client, question, **typed):
    """What the editor sends: all its fields, as they are shown, but for `typed`."""
    shown = client.get(address("build_editor", question.survey, question.pk)).context["form"]
    sent = {}
    for field in shown:
        value = field.value()
        if field.name in {"options", "rows"}:
            sent[f"{field.name}-key"] = [key for key, _text in value]
            sent[f"{field.name}-text"] = [text for _key, text in value]
        elif value is True:
            sent[field.name] = "on"
        elif value not in (None, False):
            sent[field.name] = value
    return client.post(address("build_change", question.survey, question.pk), sent | typed)


def keys_of(survey):
    return list(survey.questions.present().values_list("key", flat=True))


def drawn(survey):
    """The draft, for “nothing changed”."""
    return list(survey.questions.order_by("pk").values())


def test_a_survey_is_built_and_published_on_one_page(marketing):
    survey = SurveyFactory(questions=[], name="New")
    assert "No questions yet" in build_page(marketing, survey)

    for kind in ("nps", "choice"):
        marketing.post(address("build_add", survey), {"kind": kind})
    score, reason = survey.questions.all()
    save(marketing, score, text="Would you recommend us?", is_required="on")
    refused = marketing.post(address("build_publish", survey))
    save(
        marketing,
        reason,
        **{
            "text": "Why not?",
            "options-key": ["option-1", "option-2"],
            "options-text": ["Price", "Service"],
            "other": "on",
            "show_if": json.dumps({"all": [{"question": "nps", "op": "band", "value": "bad"}]}),
        },
    )
    published = marketing.post(address("build_publish", survey))

    assert refused.status_code == 422
    assert f'href="#q{reason.pk}">Question 2</a>: It has no wording.' in refused.content.decode()
    assert "Version 1 is what customers see now." in published.content.decode()
    score.refresh_from_db()
    reason.refresh_from_db()
    assert (score.text, score.is_required) == ({"en": "Would you recommend us?"}, True)
    assert reason.settings == {
        "options": [
            {"key": "option-1", "text": {"en": "Price"}},
            {"key": "option-2", "text": {"en": "Service"}},
        ],
        "other": True,
    }
    assert "Asked only if question 1 is rated low" in build_page(marketing, survey)
    assert "Version 1 is published" in build_page(marketing, survey)


@pytest.mark.parametrize("kind", Question.Kind.values)
def test_every_kind_can_be_added_opened_and_saved_as_it_is(marketing, kind):
    survey = SurveyFactory(questions=["nps"])

    added = marketing.post(address("build_add", survey), {"kind": kind})
    question = survey.questions.get(position=2)
    before = drawn(survey)
    saved = save(marketing, question)

    assert (added.status_code, saved.status_code) == (200, 200)
    assert question.kind == kind
    assert json.loads(saved["HX-Trigger-After-Settle"])["builder"]["saved"] is True
    assert drawn(survey) == before


def test_questions_are_added_where_they_belong_moved_duplicated_and_removed(marketing):
    survey = SurveyFactory(questions=[])
    first, last = (add_question(survey=survey, kind=kind) for kind in ("nps", "comment"))

    marketing.post(address("build_add", survey), {"kind": "choice", "after": first.pk})
    assert keys_of(survey) == ["nps", "choice", "comment"]

    marketing.post(address("build_move", survey, last.pk), {"by": "up"})
    assert keys_of(survey) == ["nps", "comment", "choice"]
    page = marketing.post(address("build_move", survey, last.pk), {"position": "0"})
    assert keys_of(survey) == ["comment", "nps", "choice"]
    assert "Question moved to place 1 of 3" in page.content.decode()
    marketing.post(address("build_move", survey, last.pk), {"by": "up"})
    assert keys_of(survey) == ["comment", "nps", "choice"]

    marketing.post(address("build_duplicate", survey, first.pk))
    assert keys_of(survey) == ["comment", "nps", "nps-2", "choice"]

    page = marketing.post(address("build_remove", survey, first.pk))
    assert keys_of(survey) == ["comment", "nps-2", "choice"]
    assert json.loads(page["HX-Trigger-After-Settle"])["builder"]["order"] == list(
        survey.questions.present().values_list("pk", flat=True)
    )


def test_other_languages_and_short_names_outlive_an_edit(marketing):
    survey = SurveyFactory(questions=[])
    question = add_question(
        survey=survey,
        kind="choices",
        text={"en": "Which?", "fa": "کدام؟"},
        settings={"options": OPTIONS},
    )

    save(
        marketing,
        question,
        **{"text": "Which ones?", "options-key": ["option-1", "a"], "options-text": ["New", "Alpha"]},
    )

    question.refresh_from_db()
    assert question.text == {"en": "Which ones?", "fa": "کدام؟"}
    assert question.settings["options"] == [
        {"key": "option-1", "text": {"en": "New"}},
        {"key": "a", "text": {"en": "Alpha", "fa": "؟"}},
    ]


def test_a_new_option_never_takes_the_short_name_of_one_that_was_published(marketing):
    survey = SurveyFactory(questions=[])
    options = [{"key": f"option-{number}", "text": {"en": "x"}} for number in (1, 2, 7)]
    question = add_question(survey=survey, kind="choice", text={"en": "?"}, settings={"options": options})
    publish_survey(survey=survey, by=None, at=NOON)

    save(marketing, question, **{"options-key": ["option-1", "option-2"], "options-text": ["x", "x"]})

    editor = marketing.get(address("build_editor", survey, question.pk))
    assert 'data-bu-next="8"' in editor.content.decode()


@pytest.mark.parametrize(
    ("kind", "typed", "sentence"),
    [
        ("nps", {"text": "x" * 501}, "at most 500 characters"),
        ("nps", {"text": "\x00"}, "NUL"),
        ("nps", {"kind": "guess"}, "not one of the available choices"),
        ("number", {"lowest": "5", "highest": "4"}, "The lowest number allowed is above the highest."),
        ("number", {"lowest": "many"}, "Enter a number."),
        ("choices", {"most": "0"}, "greater than or equal to 1"),
        ("choices", {"options-key": ["a", "a"], "options-text": ["x", "y"]}, "the same short name"),
        ("choices", {"options-key": ["a b", "a"], "options-text": ["x", "y"]}, "valid “slug”"),
        ("choices", {"options-key": ["other", "a"], "options-text": ["x", "y"]}, "no short name of its own"),
        ("choices", {"options-key": ["k"] * 61, "options-text": ["x"] * 61}, "at most 60 options"),
        ("choices", {"options-key": ["k"], "options-text": ["x" * 501]}, "An option is too long."),
        ("comment", {"show_if": "{"}, "This is no condition."),
        ("comment", {"show_if": '{"question": "nps", "op": "is", "value": ""}'}, "Say what to compare with."),
        ("comment", {"show_if": "[" * 5000}, "This is no condition."),
        ("comment", {"ends_if": '{"question": "nps", "op": "is", "value": NaN}'}, "The number is too large."),
    ],
)
def test_what_does_not_fit_is_told_beside_the_field_and_changes_nothing(marketing, kind, typed, sentence):
    survey = SurveyFactory(questions=[])
    question = add_question(survey=survey, kind=kind)
    before = drawn(survey)

    page = save(marketing, question, **typed)

    html = page.content.decode()
    assert page.status_code == 422
    assert sentence in html.replace("&quot;", '"')
    assert "Not saved" in html
    assert "<textarea" not in html  # the fields somebody types in are left alone
    assert drawn(survey) == before


def test_a_question_that_was_published_keeps_its_kind(marketing):
    question = SurveyFactory(questions=["nps"]).questions.get()

    save(marketing, question, kind="ces", text="Still")

    question.refresh_from_db()
    assert (question.kind, question.text) == ("nps", {"en": "Still"})


def test_another_kind_brings_its_own_fields_and_keeps_what_fits(marketing):
    question = add_question(
        survey=SurveyFactory(questions=[]), kind="choice", settings={"options": OPTIONS, "other": True}
    )

    page = save(marketing, question, kind="ranking")

    question.refresh_from_db()
    assert (question.kind, question.settings) == ("ranking", {"options": OPTIONS})
    assert f'id="q{question.pk}-editor" hx-swap-oob="innerHTML"' in page.content.decode()

    save(marketing, question, kind="matrix")
    question.refresh_from_db()
    assert [len(question.settings[name]) for name in ("rows", "options")] == [2, 2]


def test_a_removed_question_leaves_the_page_and_keeps_its_answers(marketing):
    survey = SurveyFactory()
    score = survey.questions.first()
    record_response(survey=survey, customer=None, answers={score.pk: 9}, at=NOON)

    marketing.post(address("build_remove", survey, score.pk))

    assert survey.responses.get().answers.count() == 1
    assert marketing.get(address("build_editor", survey, score.pk)).status_code == 404
    assert f'id="q{score.pk}"' not in build_page(marketing, survey)
    assert "Changes not published yet" in build_page(marketing, survey)


def test_the_texts_around_the_questions(marketing):
    survey = SurveyFactory(title={"ru": "Привет"})

    marketing.post(address("build_write", survey, "before"), {"title": "Hello", "intro": ""})
    marketing.post(
        address("build_write", survey, "after"),
        {"thanks": "Thanks!", "band_bad": "Sorry.", "review_url": "https://reviews.example/us"},
    )
    wrong = marketing.post(
        address("build_write", survey, "after"), {"thanks": "Bye", "review_url": "javascript:alert(1)"}
    )

    survey.refresh_from_db()
    assert survey.title == {"en": "Hello", "ru": "Привет"}
    assert survey.thanks == {"en": "Thanks!"}
    assert survey.thanks_by_band == {"bad": {"en": "Sorry."}}
    assert survey.review_url == "https://reviews.example/us"
    assert wrong.status_code == 422
    assert "Enter a valid URL." in wrong.content.decode()
    assert marketing.post(address("build_write", survey, "other"), {}).status_code == 404


def test_somebody_who_only_looks_sees_it_all_and_changes_nothing(analyst):
    survey = SurveyFactory(title={"en": "Before"})
    question = survey.questions.first()
    before = drawn(survey)

    page = build_page(analyst, survey)
    editor = analyst.get(address("build_editor", survey, question.pk)).content.decode()
    posts = [
        analyst.post(address("build_add", survey), {"kind": "nps"}),
        analyst.post(address("build_change", survey, question.pk), {"kind": "nps", "text": "After"}),
        analyst.post(address("build_move", survey, question.pk), {"by": "down"}),
        analyst.post(address("build_duplicate", survey, question.pk)),
        analyst.post(address("build_remove", survey, question.pk)),
        analyst.post(address("build_write", survey, "before"), {"title": "After"}),
        analyst.post(address("build_publish", survey)),
    ]

    assert {post.status_code for post in posts} == {403}
    assert drawn(survey) == before
    assert Survey.objects.get().title == {"en": "Before"}
    assert survey.versions.count() == 1
    assert "<fieldset disabled>" in editor
    assert "Add a question" not in page


def test_it_is_closed_to_those_who_may_not_see_surveys(client):
    survey = SurveyFactory()
    question = survey.questions.first()
    client.force_login(UserFactory(roles=["Loyalty"]))

    assert client.get(address("build", survey)).status_code == 403
    assert client.get(address("build_editor", survey, question.pk)).status_code == 403


def test_changes_come_by_post_with_a_token_only(marketing):
    survey = SurveyFactory()
    question = survey.questions.first()
    marketing.handler.enforce_csrf_checks = True

    for name in ("build_change", "build_move", "build_duplicate", "build_remove"):
        assert marketing.get(address(name, survey, question.pk)).status_code == 405
        assert marketing.post(address(name, survey, question.pk)).status_code == 403
    assert survey.questions.count() == 2


def test_questions_of_other_surveys_are_out_of_reach(marketing):
    survey, other = SurveyFactory(), SurveyFactory()
    question = other.questions.first()

    assert marketing.post(address("build_remove", survey, question.pk)).status_code == 404
    assert marketing.post(address("build_add", survey), {"kind": "riddle"}).status_code == 404
    assert marketing.get(reverse("admin:surveys_survey_build", args=[10**9])).status_code == 404
    assert other.questions.present().count() == 2


@pytest.mark.parametrize("questions", [1, 3])
def test_the_page_costs_the_same_whatever_its_length(marketing, questions, django_assert_max_num_queries):
    survey = SurveyFactory(questions=["nps", "csat", "comment"][:questions])
    build_page(marketing, survey)

    with django_assert_max_num_queries(8):
        build_page(marketing, survey)


def test_conditions_are_said_in_words(marketing):
    survey = SurveyFactory(questions=["nps"])
    survey.questions.update(key="score")
    add_question(survey=survey, kind="choice", key="why", text={"en": "Why?"}, settings={"options": OPTIONS})
    add_question(
        survey=survey,
        kind="comment",
        show_if={
            "any": [
                {"question": "why", "op": "is", "value": "a"},
                {"not": {"question": "score", "op": "at_least", "value": 9}},
                {"attribute": "language", "op": "is", "value": "fa"},
                {"context": "channel", "op": "is_not", "value": "email"},
                {"question": "gone", "op": "answered"},
            ]
        },
        ends_if={"attribute": "plan", "op": "is_set"},
    )

    page = build_page(marketing, survey)

    assert (
        "Asked only if question 2 is “A” or not (question 1 is at least 9) or Language is فارسی "
        "or Channel is not “E-mail” or a removed question is answered"
    ) in page
    assert "Ends the survey if plan is known" in page


@pytest.mark.parametrize("slug", STARTERS)
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_starter_can_be_published_as_it_is_in_all_languages(slug, language):
    survey = start_survey(slug=slug, language=language)

    publish_survey(survey=survey, by=None, at=NOON)

    assert languages_of(draft_of(survey)) == list(LANGUAGES)
    assert 2 <= survey.questions.count() <= 5


def test_a_starter_leads_to_its_questions(marketing):
    page = marketing.post(reverse("admin:surveys_survey_start"), {"starter": "churn"})

    assert page["Location"] == address("build", Survey.objects.get())
