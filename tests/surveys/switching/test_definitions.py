"""Surveys of other tools become drafts here."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.models import Survey
from surveys.questions.questionnaires import draft_of
from surveys.switching.taken import NotReadable, TakenOver
from surveys.switching.taking_over import read_definition, take_over
from surveys.writing.publishing import flaws_of
from tests.conftest import NOON
from tests.factories.staff import UserFactory

SAMPLES = Path(__file__).parent / "samples"
QSF, LSS = (SAMPLES / "airline.qsf").read_bytes(), (SAMPLES / "hotel.lss").read_bytes()
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><document>&b;</document>'
)


def told(taken):
    return [(each.key, each.kind, each.starts_page, each.is_required) for each in taken.questions]


def test_a_qualtrics_survey():
    taken = read_definition(QSF, name="airline.qsf")

    assert (taken.name, taken.language) == ("After the flight", "en")
    assert told(taken) == [
        ("nps", "nps", False, True),
        ("wrong", "choices", False, False),
        ("why", "comment", True, False),
        ("age", "number", False, False),
        ("parts", "matrix", False, False),
        ("bye", "statement", False, False),
    ]
    first, second = taken.questions[:2]
    assert first.text == {"en": "Would you recommend us?", "ru": "Вы бы нас рекомендовали?"}
    assert second.settings == {
        "options": [{"key": "2", "text": {"en": "Food"}}, {"key": "1", "text": {"en": "Seat"}}],
        "shuffle": True,
    }
    assert second.show_if == {
        "any": [{"question": "nps", "op": "is", "value": 3}, {"question": "nps", "op": "is", "value": 4}]
    }
    assert taken.left_out == [
        "Map: There is no such kind of question here (HeatMap x).",
        "Bye: The condition under which it was shown was not taken over.",
    ]


def test_a_limesurvey_survey():
    taken = read_definition(LSS, name="hotel.LSS")

    assert (taken.name, taken.title["ru"]) == ("Your stay", "Ваше проживание")
    assert told(taken) == [
        ("rec", "nps", False, True),
        ("back", "yesno", False, False),
        ("why", "comment", True, False),
        ("used", "choices", False, False),
        ("parts", "matrix", False, False),
    ]
    rec, _back, why, used, parts = taken.questions
    assert rec.text == {"en": "Would you recommend our hotel?", "ru": "Порекомендуете отель?"}
    assert why.show_if == {"question": "back", "op": "is", "value": "no"}
    assert used.settings == {
        "options": [{"key": "bar", "text": {"en": "The bar"}}, {"key": "pool", "text": {"en": "The pool"}}],
        "other": True,
    }
    assert [column["text"]["en"] for column in parts.settings["options"]] == ["Yes", "Uncertain", "No"]
    assert taken.left_out == [
        "used: The condition under which it was shown was not taken over.",
        "sum: There is no such kind of question here (*).",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["airline.qsf", "hotel.lss"])
def test_what_was_taken_over_can_be_published(name):
    taken = read_definition((SAMPLES / name).read_bytes(), name=name)

    by = UserFactory()
    first, second = (take_over(taken=taken, file_name=name, by=by, at=NOON) for _ in range(2))

    assert [survey.name for survey in (first, second)] == [taken.name, f"{taken.name} 2"]
    assert list(flaws_of(draft_of(first))) == []
    assert first.questions.count() == len(taken.questions)


@pytest.mark.parametrize(
    ("contents", "name"),
    [
        (b"not json", "a.qsf"),
        (b"[]", "a.qsf"),
        (b'{"SurveyEntry": 5, "SurveyElements": [1]}', "a.qsf"),
        (b'{"SurveyEntry": {}, "SurveyElements": []}', "a.qsf"),
        (b"[" * 100_000, "a.qsf"),
        (b"\xff\xfe\x00", "a.qsf"),
        (QSF[: len(QSF) // 2], "a.qsf"),
        (b"", "a.lss"),
        (BOMB, "a.lss"),
        (b"<document/>", "a.lss"),
        (LSS[: len(LSS) // 2], "a.lss"),
        (QSF, "a.lss"),
        (LSS, "a.qsf"),
        (QSF, "a.doc"),
        (b" " * 6_000_000, "a.qsf"),
    ],
)
def test_a_file_that_is_none_says_so(contents, name):
    with pytest.raises(NotReadable) as refused:
        read_definition(contents, name=name)

    assert str(refused.value)


@given(
    sample=st.sampled_from([(QSF, "a.qsf"), (LSS, "a.lss")]),
    at=st.integers(0, 7000),
    length=st.integers(0, 40),
    instead=st.binary(max_size=12),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_file_is_read_or_refused(sample, at, length, instead):
    contents, name = sample
    damaged = contents[:at] + instead + contents[at + length :]

    try:
        taken = read_definition(damaged, name=name)
    except NotReadable:
        return
    assert isinstance(taken, TakenOver)


@pytest.mark.django_db
def test_nothing_is_kept_of_a_file_that_is_refused():
    with pytest.raises(NotReadable):
        read_definition(b"{}", name="x.qsf")

    assert Survey.objects.count() == 0
