import pytest

from surveys.models import Question
from surveys.questions.checking import AnswerMissing, AnswerRefused, check_answer

OPTIONS = [{"key": key, "text": {"en": key}} for key in ("a", "b", "c")]
SETTINGS = {
    "choice": {"options": OPTIONS, "other": True},
    "choices": {"options": OPTIONS, "most": 2},
    "ranking": {"options": OPTIONS},
    "matrix": {"rows": OPTIONS[:2], "options": OPTIONS},
    "number": {"lowest": 0, "highest": 120},
}


def question(kind, **fields):
    return Question(pk=1, kind=kind, key=kind, settings=SETTINGS.get(kind, {}), **fields)


@pytest.mark.parametrize(
    ("kind", "answer", "score", "text", "value"),
    [
        ("nps", 0, 0, "", None),
        ("csat3", 3, 3, "", None),
        ("ces5", 5, 5, "", None),
        ("effort", 1, 1, "", None),
        ("nps", None, None, "", None),
        ("choice", "b", None, "", ["b"]),
        ("choice", ["b"], None, "", ["b"]),
        ("choice", {"keys": ["other"], "other": " mine "}, None, "mine", ["other"]),
        ("choice", {"keys": ["a"], "other": "left over"}, None, "", ["a"]),
        ("choices", ["c", "a"], None, "", ["a", "c"]),
        ("choices", ["a", "a"], None, "", ["a"]),
        ("choices", [], None, "", None),
        ("ranking", ["c", "a", "b"], None, "", ["c", "a", "b"]),
        ("ranking", None, None, "", None),
        ("matrix", {"b": "c", "a": "a"}, None, "", {"a": "a", "b": "c"}),
        ("matrix", {"a": ""}, None, "", None),
        ("text", "  one \n line ", None, "one line", None),
        ("comment", " two\r\nlines ", None, "two\nlines", None),
        ("yesno", "no", None, "", False),
        ("yesno", True, None, "", True),
        ("yesno", "", None, "", None),
        ("number", "3,5", None, "", 3.5),
        ("number", "۱۲", None, "", 12),
        ("number", 0, None, "", 0),
        ("number", " ", None, "", None),
        ("date", "2026-05-31", None, "", "2026-05-31"),
        ("date", "۲۰۲۶-۰۵-۳۱", None, "", "2026-05-31"),
        ("email", " Amra@Example.com ", None, "amra@example.com", None),
        ("phone", "061 234 567", None, "+38761234567", None),
        (
            "file",
            {"upload": 7, "name": "a.png", "size": 9},
            None,
            "",
            {"upload": 7, "name": "a.png", "size": 9},
        ),
        ("statement", "anything", None, "", None),
    ],
)
def test_an_answer_as_it_is_kept(kind, answer, score, text, value):
    given = check_answer(question(kind), answer)

    assert (given.score, given.text, given.value) == (score, text, value)
    assert given.is_blank is (score is None and text == "" and value is None)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("nps", 11),
        ("nps", "9"),
        ("nps", True),
        ("csat3", 4),
        ("effort", 0),
        ("choice", "d"),
        ("choice", ["a", "b"]),
        ("choice", {"keys": "a"}),
        ("choice", 3),
        ("choices", ["a", "b", "c"]),
        ("choices", [1]),
        ("ranking", ["a", "b"]),
        ("ranking", ["a", "b", "b"]),
        ("ranking", {"places": {"a": "1", "b": "1"}}),
        ("matrix", {"d": "a"}),
        ("matrix", {"a": "d"}),
        ("matrix", ["a"]),
        ("text", "x" * 301),
        ("text", "\x00"),
        ("comment", "x" * 4001),
        ("comment", 5),
        ("comment", "\ud800"),
        ("yesno", "perhaps"),
        ("yesno", []),
        ("number", "121"),
        ("number", "-1"),
        ("number", "nan"),
        ("number", "inf"),
        ("number", "1e400"),
        ("number", "1_000"),
        ("number", "9" * 31),
        ("number", True),
        ("number", []),
        ("date", "31.5.2026"),
        ("date", "2026-02-30"),
        ("date", "0001-01-01"),
        ("date", 5),
        ("email", "amra@"),
        ("phone", "five"),
        ("file", "C:\\fakepath"),
        ("file", {"upload": "7", "name": "a", "size": 1}),
        ("file", {"upload": 7}),
    ],
)
def test_an_answer_that_cannot_be_taken_says_what_to_correct(kind, answer):
    with pytest.raises(AnswerRefused) as refused:
        check_answer(question(kind), answer)

    assert str(refused.value.sentence).endswith((".", "567."))


@pytest.mark.parametrize("kind", [kind for kind in Question.Kind.values if kind != "statement"])
def test_a_required_question_wants_an_answer(kind):
    with pytest.raises(AnswerMissing):
        check_answer(question(kind, is_required=True), None)


def test_a_statement_asks_nothing():
    assert check_answer(question("statement", is_required=True), None).is_blank


def test_a_required_matrix_wants_every_row():
    with pytest.raises(AnswerMissing):
        check_answer(question("matrix", is_required=True), {"a": "a"})
