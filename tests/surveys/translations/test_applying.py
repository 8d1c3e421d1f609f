import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.models import Question, Survey
from surveys.questions.questionnaires import contents_of, draft_of
from surveys.translations.applying import NotATarget, Receipt, Refused, apply_translations
from surveys.translations.po import read_po, write_po
from surveys.translations.progress import count_missing, rows_of
from surveys.translations.texts import Entry, every_text, texts_of
from surveys.translations.xliff import read_xliff, write_xliff
from tests.conftest import NOON
from tests.factories.surveys import QuestionFactory, SurveyFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def survey():
    """A survey with every kind of text in English, and some in Persian."""
    survey = SurveyFactory(
        questions=[],
        title={"en": "Your visit to {organisation}", "fa": "بازدید شما از {organisation}"},
        thanks_by_band={"bad": {"en": "We are sorry, {first_name}."}},
    )
    QuestionFactory(
        survey=survey, key="nps", position=1, kind="nps", settings={"low": {"en": "Never"}, "high": {}}
    )
    QuestionFactory(
        survey=survey,
        key="taste",
        position=2,
        kind="choice",
        text={"en": "What did you like?"},
        help={"en": "Choose one."},
        settings={
            "options": [{"key": "tea", "text": {"en": "Tea"}}, {"key": "cake", "text": {"en": "Cake"}}]
        },
    )
    QuestionFactory(
        survey=survey,
        key="parts",
        position=3,
        kind="matrix",
        text={"en": "How was it?"},
        settings={
            "rows": [{"key": "room", "text": {"en": "The room"}}],
            "options": [{"key": "fine", "text": {"en": "Fine"}}],
        },
    )
    QuestionFactory(
        survey=survey,
        key="why",
        position=4,
        kind="comment",
        settings={"bands": {"bad": {"en": "What went wrong?"}}},
    )
    return survey


def contents(survey):
    return contents_of(draft_of(Survey.objects.get(pk=survey.pk)))


def apply(survey, *entries, language="fa", **options):
    return apply_translations(survey=survey, language=language, entries=entries, at=NOON, **options)


def test_every_text_of_a_survey_has_an_address_that_stays(survey):
    assert [(entry.id, entry.source, entry.target) for entry in texts_of(contents(survey), "fa")] == [
        ("title", "Your visit to {organisation}", "بازدید شما از {organisation}"),
        ("question.nps.low", "Never", ""),
        ("question.taste.text", "What did you like?", ""),
        ("question.taste.help", "Choose one.", ""),
        ("question.taste.option.tea", "Tea", ""),
        ("question.taste.option.cake", "Cake", ""),
        ("question.parts.text", "How was it?", ""),
        ("question.parts.row.room", "The room", ""),
        ("question.parts.option.fine", "Fine", ""),
        ("question.why.band.bad", "What went wrong?", ""),
        ("thanks.bad", "We are sorry, {first_name}.", ""),
    ]


def test_translators_are_told_where_a_text_stands_and_what_to_keep(survey):
    notes = {entry.id: entry.note for entry in texts_of(contents(survey), "fa")}

    assert notes["title"] == "Title of the survey. Keep {organisation} as written."
    assert notes["question.taste.option.tea"] == "Question 2: option"
    assert notes["question.why.band.bad"] == "Question 4: wording for low scores"
    assert notes["thanks.bad"] == "Thank-you text for low scores. Keep {first_name} as written."


def test_what_is_missing_is_counted_by_language_and_standard_wording_never_is(survey):
    assert count_missing(contents(survey)) == {"ru": 11, "bs": 11, "fa": 10, "zh-hans": 11}
    assert count_missing(contents(SurveyFactory(questions=["nps", "comment"]))) == dict.fromkeys(
        ["ru", "bs", "fa", "zh-hans"], 0
    )


def test_texts_are_shown_beside_their_translation_or_the_standard_wording(survey):
    rows = {row.text.id: row for row in rows_of(contents(survey), "bs")}

    assert (rows["title"].source, rows["title"].target, rows["title"].is_missing) == (
        "Your visit to {organisation}",
        "",
        True,
    )
    assert (rows["intro"].source, rows["intro"].target, rows["intro"].is_missing) == (
        "It takes about twenty seconds.",
        "Traje dvadesetak sekundi.",
        False,
    )
    assert "question.nps.help" not in rows


def test_translations_go_into_the_draft_alone(survey):
    receipt = apply(
        survey,
        Entry("title", "Your visit to {organisation}", "بازدید از {organisation}"),
        Entry("thanks.bad", "We are sorry, {first_name}.", "{first_name}، متأسفیم."),
        Entry("question.nps.low", "Never", "هرگز"),
        Entry("question.taste.help", "Choose one.", ""),
        Entry("question.taste.option.tea", "Tea", "  چای\r\n"),
        Entry("question.parts.row.room", "The room", "اتاق"),
        Entry("question.why.band.bad", "What went wrong?", "چه شد؟"),
    )

    assert receipt == Receipt(
        taken=[
            "title",
            "thanks.bad",
            "question.nps.low",
            "question.taste.option.tea",
            "question.parts.row.room",
            "question.why.band.bad",
        ],
        empty=["question.taste.help"],
    )
    survey.refresh_from_db()
    assert survey.title == {"en": "Your visit to {organisation}", "fa": "بازدید از {organisation}"}
    assert survey.thanks_by_band == {
        "bad": {"en": "We are sorry, {first_name}.", "fa": "{first_name}، متأسفیم."}
    }
    assert survey.changed_at == NOON
    assert survey.version is None
    assert list(survey.questions.values_list("settings", flat=True)) == [
        {"low": {"en": "Never", "fa": "هرگز"}, "high": {}},
        {
            "options": [
                {"key": "tea", "text": {"en": "Tea", "fa": "چای"}},
                {"key": "cake", "text": {"en": "Cake"}},
            ]
        },
        {
            "rows": [{"key": "room", "text": {"en": "The room", "fa": "اتاق"}}],
            "options": [{"key": "fine", "text": {"en": "Fine"}}],
        },
        {"bands": {"bad": {"en": "What went wrong?", "fa": "چه شد؟"}}},
    ]


def test_what_cannot_be_taken_is_told_and_changes_nothing(survey):
    before = contents(survey)
    changed = Entry("question.taste.text", "What did you want?", "چه خواستید؟")

    receipt = apply(
        survey,
        Entry("question.gone.text", "Gone", "رفته"),
        Entry("intro", "", "سلام"),
        changed,
        Entry("title", "Your visit to {organisation}", "بازدید شما از {organisation}"),
        Entry("thanks.bad", "We are sorry, {first_name}.", "متأسفیم."),
        Entry("question.nps.low", "Never", "{هرگز}"),
        Entry("question.taste.option.tea", "Tea", "چ" * 501),
    )

    assert receipt == Receipt(
        same=["title"],
        unknown=["question.gone.text", "intro"],
        changed=[changed],
        refused=[
            Refused("thanks.bad", "متأسفیم.", "It lost {first_name}."),
            Refused("question.nps.low", "{هرگز}", "The source has no {هرگز}."),
            Refused("question.taste.option.tea", "چ" * 501, "It is longer than 500 characters."),
        ],
    )
    assert contents(survey) == before


def test_an_emptied_translation_is_taken_out_only_on_purpose(survey):
    entry = Entry("title", "Your visit to {organisation}", " ")

    assert apply(survey, entry) == Receipt(empty=["title"])
    assert apply(survey, entry, takes_out=True) == Receipt(taken=["title"])
    assert apply(survey, entry, takes_out=True) == Receipt(same=["title"])

    survey.refresh_from_db()
    assert survey.title == {"en": "Your visit to {organisation}"}


@pytest.mark.parametrize("language", ["en", "de", ""])
def test_a_survey_is_translated_only_into_another_language_of_ours(survey, language):
    with pytest.raises(NotATarget):
        apply(survey, Entry("title", "Your visit to {organisation}", "x {organisation}"), language=language)


def test_what_was_taken_out_of_the_draft_is_not_translated(survey):
    Question.objects.filter(key="nps").update(removed_at=NOON)

    assert apply(survey, Entry("question.nps.low", "Never", "هرگز")).unknown == ["question.nps.low"]


def test_applying_asks_the_database_as_often_for_one_text_as_for_many(survey, django_assert_num_queries):
    entries = texts_of(contents(survey), "ru")
    translated = [Entry(each.id, each.source, f"{each.source} (ру)") for each in entries]

    with django_assert_num_queries(6):
        assert apply(survey, translated[1], language="ru").taken == ["question.nps.low"]
    with django_assert_num_queries(6):
        assert len(apply(survey, *translated, language="ru").taken) == 10
    assert count_missing(contents(survey))["ru"] == 0


@pytest.mark.parametrize(("write", "read"), [(write_po, read_po), (write_xliff, read_xliff)])
def test_a_survey_goes_to_translators_and_comes_back(survey, write, read):
    entries = texts_of(contents(survey), "zh-hans")
    done = [Entry(each.id, each.source, f"“{each.source}”\n🙂 \u200f\u2028", each.note) for each in entries]

    back = read(write(done, source="en", target="zh-hans", name=survey.name))
    receipt = apply(survey, *back.entries, language=back.language)

    assert receipt == Receipt(taken=[each.id for each in done])
    assert [each.target for each in texts_of(contents(survey), "zh-hans")] == [
        f"“{each.source}”\n🙂 \u200f" for each in entries
    ]


@settings(max_examples=60, deadline=None)
@given(
    kept=st.dictionaries(
        st.sampled_from(["en", "fa", "ru"]), st.text(max_size=30).filter(lambda text: "\x00" not in text)
    ),
    language=st.sampled_from(["fa", "ru"]),
)
def test_a_survey_exported_and_applied_untouched_stays_as_it_is(kept, language):
    """Whatever stands in a text, its own export finds it unchanged."""
    contents = {
        "language": "en",
        "title": kept,
        "intro": {},
        "thanks": {},
        "thanks_by_band": {},
        "questions": [],
    }
    entries = texts_of(contents, language)
    texts = {text.id: text for text in every_text(contents)}

    back = read_po(write_po(entries, source="en", target=language)).entries

    assert [(each.id, each.source) for each in back] == [(each.id, each.source) for each in entries]
    assert all(texts[each.id].entry("en", language).source == each.source for each in back)
