from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from events.boundary import Unstorable, clean_json, clean_text, validate_moment, validate_text

LONE_SURROGATE = "\ud800"


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"note": "a\x00"}, "note"),
        ({"a\x00": 1}, ""),
        ({"tags": ["fine", LONE_SURROGATE]}, "tags.1"),
        ({"n": {"big": 2**63}}, "n.big"),
        ({"n": -(10**30)}, "n"),
        ({"n": 1e300}, "n"),
        ({"n": float("inf")}, "n"),
        ({"n": float("nan")}, "n"),
    ],
)
def test_what_no_database_keeps_is_refused_by_its_place(value, path):
    with pytest.raises(Unstorable) as refused:
        clean_json(value)

    assert refused.value.path == path


def test_nesting_ends_at_32_levels():
    clean_json(nested(31))
    with pytest.raises(Unstorable):
        clean_json(nested(40))


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])))
def test_every_other_text_comes_through_unchanged(text):
    assert clean_text(text) == text
    validate_text(text)


@pytest.mark.parametrize("year", [1, 1899, 2201, 9999])
def test_moments_at_the_ends_of_the_calendar_are_refused(year):
    with pytest.raises(ValidationError):
        validate_moment(datetime(year, 1, 1, tzinfo=UTC))
