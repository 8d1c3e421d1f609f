"""When a question is asked. static/public/survey.js is run over the same table in tests/browser."""

import pytest

from surveys.questions.conditions import ConditionRefused, Known, check_condition, holds, questions_named

KNOWN = Known(
    answers={"nps": 0, "why": "", "plan": ["basic"], "uses": ["tv", "phone"], "ok": False, "age": 3.5},
    kinds={"nps": "nps", "effort": "effort"},
    attributes={"country": "BA", "first_name": ""},
    context={"channel": "email", "order": "A-17"},
)


def asked(key, op, value=None):
    return {"question": key, "op": op} | ({} if value is None else {"value": value})


@pytest.mark.parametrize(
    ("condition", "result"),
    [
        ({}, True),
        (asked("nps", "is", 0), True),
        (asked("nps", "is", "0"), True),
        (asked("nps", "is_not", 1), True),
        (asked("nps", "at_most", 6), True),
        (asked("nps", "at_least", 0), True),
        (asked("nps", "at_least", 1), False),
        (asked("nps", "answered"), True),
        (asked("nps", "band", "bad"), True),
        (asked("nps", "band", "good"), False),
        (asked("why", "answered"), False),
        (asked("why", "not_answered"), True),
        (asked("gone", "at_most", 6), False),
        (asked("gone", "is_not", "x"), True),
        (asked("plan", "is", "basic"), True),
        (asked("uses", "is", "tv"), False),
        (asked("uses", "includes", "tv"), True),
        (asked("uses", "includes", "fax"), False),
        (asked("ok", "is", "no"), True),
        (asked("ok", "is", True), False),
        (asked("ok", "answered"), True),
        (asked("ok", "at_most", 1), False),
        (asked("age", "at_least", 3.5), True),
        ({"attribute": "country", "op": "is", "value": "BA"}, True),
        ({"attribute": "country", "op": "is_not", "value": "BA"}, False),
        ({"attribute": "first_name", "op": "is_set"}, False),
        ({"attribute": "plan", "op": "is_not_set"}, True),
        ({"context": "order", "op": "is_set"}, True),
        ({"context": "channel", "op": "is", "value": "sms"}, False),
        ({"all": [asked("nps", "is", 0), asked("ok", "is", "no")]}, True),
        ({"all": [asked("nps", "is", 0), asked("ok", "is", "yes")]}, False),
        ({"any": [asked("nps", "is", 5), asked("ok", "is", "no")]}, True),
        ({"not": asked("nps", "is", 0)}, False),
    ],
)
def test_what_holds(condition, result):
    check_condition(condition)

    assert holds(condition, KNOWN) is result


@pytest.mark.parametrize(
    "condition",
    [
        [],
        "nps",
        None,
        {"all": []},
        {"all": [{}]},
        {"any": "nps"},
        {"not": {}},
        {"question": "nps"},
        {"question": "nps", "op": "eval", "value": 1},
        {"question": "nps", "op": "at_least", "value": "many"},
        {"question": "nps", "op": "is"},
        {"question": "nps", "op": "band", "value": "best"},
        {"question": 5, "op": "is", "value": 1},
        {"attribute": "country", "op": "at_least", "value": 1},
        {"question": "nps", "attribute": "x", "op": "is", "value": 1},
        {"all": [{"any": [{"all": [{"any": [{"all": [{"any": [asked("a", "answered")]}]}]}]}]}]},
    ],
)
def test_what_is_no_condition(condition):
    with pytest.raises(ConditionRefused):
        check_condition(condition)


def test_the_questions_a_condition_looks_at():
    condition = {"all": [asked("a", "answered"), {"not": {"any": [asked("b", "answered")]}}]}

    assert questions_named(condition) == {"a", "b"}
    assert questions_named({}) == set()
