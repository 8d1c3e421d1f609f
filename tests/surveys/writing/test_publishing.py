import pytest
from django.db.models import ProtectedError

from surveys.answering.responses import record_response
from surveys.models import Question, Survey, SurveyResponse
from surveys.questions.questionnaires import asked_by, draft_of
from surveys.questions.settings import SettingsRefused, check_settings
from surveys.writing.drafting import (
    KindIsFixed,
    add_question,
    change_question,
    place_question,
    remove_question,
    restore_question,
)
from surveys.writing.publishing import NotPublishable, has_unpublished_changes, publish_survey
from tests.conftest import NOON
from tests.factories.surveys import SurveyFactory, published

pytestmark = pytest.mark.django_db
OPTIONS = [{"key": key, "text": {"en": key}} for key in ("a", "b")]


def keys_of(survey):
    return list(survey.questions.present().values_list("key", flat=True))


def flaws(survey):
    with pytest.raises(NotPublishable) as refused:
        publish_survey(survey=survey, by=None, at=NOON)
    return [(flaw.question and flaw.question.key, str(flaw.sentence)) for flaw in refused.value.flaws]


def test_an_answer_knows_the_version_it_answered():
    survey = SurveyFactory(questions=["nps"])
    question = survey.questions.get()
    record_response(survey=survey, customer=None, answers={question.pk: 9}, at=NOON)

    change_question(question=question, text={"en": "Would you recommend us?"})
    assert has_unpublished_changes(survey)
    published(survey)
    record_response(survey=survey, customer=None, answers={question.pk: 2}, at=NOON)

    assert list(SurveyResponse.objects.order_by("pk").values_list("version__number", "score")) == [
        (1, 9),
        (2, 2),
    ]
    assert [version.contents["questions"][0]["text"] for version in survey.versions.all()] == [
        {},
        {"en": "Would you recommend us?"},
    ]
    assert not has_unpublished_changes(survey)


def test_the_same_draft_published_twice_is_one_version():
    survey = SurveyFactory()

    again = publish_survey(survey=survey, by=None, at=NOON)

    assert (again, survey.versions.count()) == (survey.version, 1)


def test_what_was_published_is_read_back_as_it_was():
    survey = SurveyFactory(questions=["nps", "comment"], title={"fa": "عنوان"})
    add_question(
        survey=survey,
        kind="choice",
        text={"en": "Which?"},
        settings={"options": OPTIONS, "other": True, "shuffle": True},
        show_if={"question": survey.questions.first().key, "op": "at_most", "value": 6},
        starts_page=True,
    )

    asked, draft = asked_by(published(survey)), draft_of(Survey.objects.get(pk=survey.pk))

    assert asked.questions == draft.questions
    assert [[question.kind for question in page] for page in asked.pages] == [["nps", "comment"], ["choice"]]
    assert asked.survey.title == {"fa": "عنوان"}


def test_flaws_are_told_beside_their_question():
    survey = SurveyFactory(questions=["nps"])
    choice = add_question(survey=survey, kind="choice", key="plan")
    add_question(
        survey=survey,
        kind="comment",
        key="why",
        show_if={"all": [{"question": "last", "op": "answered"}, {"question": "why", "op": "answered"}]},
    )
    add_question(survey=survey, kind="comment", key="last", show_if={"question": "why", "op": "answered"})
    add_question(survey=survey, kind="matrix", key="grid", text={"en": "?"}, settings={"options": OPTIONS})
    Question.objects.filter(pk=choice.pk).update(ends_if={"op": "is"})

    assert flaws(survey) == [
        ("plan", "It has no wording."),
        ("plan", "It needs at least two options."),
        ("plan", "This is no condition."),
        ("why", "Its condition looks at a question that does not come before it: last, why."),
        ("grid", "It needs at least one row."),
    ]
    assert survey.versions.count() == 1


@pytest.mark.parametrize("questions", [[], ["statement"]])
def test_a_survey_that_asks_nothing_is_not_published(questions):
    survey = SurveyFactory(questions=[])
    for kind in questions:
        add_question(survey=survey, kind=kind, text={"en": "Hello"})

    assert flaws(survey) == [(None, "It asks nothing yet: add a question.")]


def test_a_question_that_was_asked_leaves_the_draft_and_stays_for_its_answers():
    survey = SurveyFactory(questions=["nps", "comment"])
    asked = survey.questions.first()
    new = add_question(survey=survey, kind="ces")
    record_response(survey=survey, customer=None, answers={asked.pk: 9}, at=NOON)

    remove_question(question=new, at=NOON)
    remove_question(question=asked, at=NOON)

    assert survey.questions.count() == 2
    assert keys_of(published(survey)) == [survey.questions.last().key]
    restore_question(question=Question.objects.get(pk=asked.pk))
    assert len(keys_of(survey)) == 2


def test_a_question_that_was_asked_keeps_its_kind():
    question = SurveyFactory(questions=["nps"]).questions.get()

    with pytest.raises(KindIsFixed):
        change_question(question=question, kind="ces")
    assert Question.objects.get().kind == "nps"


def test_questions_find_their_place():
    survey = SurveyFactory(questions=[])
    first, second, third = (add_question(survey=survey, kind=kind) for kind in ("nps", "comment", "ces"))
    add_question(survey=survey, kind="csat", after=first)
    place_question(question=Question.objects.get(pk=third.pk), position=0)
    place_question(question=Question.objects.get(pk=second.pk), position=99)

    assert keys_of(survey) == ["ces", "nps", "csat", "comment"]
    assert add_question(survey=survey, kind="nps").key == "nps-2"


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("nps", {"options": []}),
        ("choice", {"options": [{"key": "a", "text": {}}, {"key": "a", "text": {}}]}),
        ("choice", {"options": [{"text": {}}]}),
        ("choice", {"options": [{"key": "other", "text": {}}]}),
        ("choice", {"options": "a"}),
        ("choices", {"most": 0}),
        ("choices", {"most": 1.5}),
        ("csat", {"style": "hearts"}),
        ("comment", {"bands": {"best": {}}}),
        ("comment", {"bands": {"bad": {"en": "x" * 501}}}),
        ("number", {"lowest": "x"}),
        ("number", {"lowest": 5, "highest": 4}),
        ("file", {"megabytes": 11}),
        ("nps", {"low": "none"}),
        ("nps", {"low": {"en": "\x00"}}),
    ],
)
def test_settings_that_do_not_fit(kind, settings):
    with pytest.raises(SettingsRefused):
        check_settings(kind, settings)


def test_settings_are_kept_without_what_is_empty():
    given = {"options": OPTIONS, "other": False, "most": "", "shuffle": True}

    assert check_settings("choices", given) == {"options": OPTIONS, "shuffle": True}


def test_a_survey_with_answers_is_not_deleted():
    survey = SurveyFactory()
    record_response(survey=survey, customer=None, answers={survey.questions.first().pk: 9}, at=NOON)

    with pytest.raises(ProtectedError):
        survey.delete()
    SurveyFactory().delete()
    assert Survey.objects.get() == survey
