"""Whatever comes in, the answer is a problem document that names the field, and nothing changes."""

import json

import pytest

from customers.models import Segment

pytestmark = pytest.mark.django_db
SEGMENTS = "/api/v1/segments/"
DEEP = "[" * 100_000 + "]" * 100_000


def post(api, body: str | bytes):
    return api.generic("POST", SEGMENTS, body, content_type="application/json")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (r'{"name": "a\u0000b"}', "name"),
        (r'{"name": "\ud800"}', "name"),
        (r'{"name": "a", "rule": {"field": "country", "op": "is", "value": "\u0000"}}', "rule.value"),
        (r'{"name": "a", "rule": {"field": "x", "op": "is", "value": 100000000000000000000}}', "rule.value"),
        (r'{"name": "a", "rule": {"field": "x", "op": "is", "value": 1e999}}', "rule.value"),
        (r'{"name": "a", "rule": {"field": "no such field", "op": "is", "value": 1}}', "rule"),
        (r'{"name": "a", "rule": []}', "rule"),
        (r'{"name": ""}', "name"),
        (r'{"name": null}', "name"),
        (r'{"name": {"a": 1}}', "name"),
        (json.dumps({"name": "a" * 121}), "name"),
        (r"{}", "name"),
        (r"[]", "non_field_errors"),
        (r"7", "non_field_errors"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_field(api, body, field):
    page = post(api, body)

    assert (page.status_code, page["Content-Type"], page.json()["code"]) == (
        400,
        "application/problem+json",
        "invalid",
    )
    assert list(page.json()["errors"]) == [field]
    assert Segment.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"name": NaN}',
        '{"name": -Infinity}',
        '{"name": "a", "name": "b"}',
        DEEP,
        '{"name": ' + DEEP + "}",
        b"\xff\xfe",
        "name=a",
    ],
)
def test_what_is_not_json_is_refused(api, body):
    page = post(api, body)

    assert page.status_code == 400
    assert page.json().keys() >= {"status", "code", "detail"}
    assert Segment.objects.count() == 0


def test_a_form_is_not_json(api):
    page = api.generic("POST", SEGMENTS, "name=a", content_type="application/x-www-form-urlencoded")

    assert (page.status_code, page.json()["code"]) == (415, "unsupported_media_type")


def test_a_body_over_one_megabyte_is_refused(api):
    page = post(api, json.dumps({"name": "a" * 1_000_001}))

    assert (page.status_code, page.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("name=%00", "name"),
        ("nmae=a", "nmae"),
        ("%00=a", "�"),
        ("cursor=made-up", None),
        ("cursor=cD0lMDA%3D", "cursor"),
        ("cursor=cD1hYmM%3D", "cursor"),
    ],
)
def test_query_parameters_are_checked_as_well(api, query, field):
    page = api.get(f"{SEGMENTS}?{query}")

    assert page.status_code in {400, 404}
    if field:
        assert list(page.json()["errors"]) == [field]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("follow-ups/?opened_after=0001-01-01T00:00:00Z", 400),
        ("follow-ups/?opened_after=yesterday", 400),
        ("follow-ups/?owner=0", 400),
        ("follow-ups/?owner=99999999999999999999999", 400),
        ("follow-ups/?owner=1e400", 400),
        ("responses/?score_at_least=1e400", 400),
        ("responses/?score_at_least=NaN", 400),
        ("follow-ups/?state=asleep", 400),
        ("follow-ups/?owner=9223372036854775807", 200),
        ("follow-ups/99999999999999999999999/", 404),
        ("follow-ups/-1/", 404),
        ("follow-ups/?page_size=9999999999999999999999", 200),
        ("follow-ups/?page_size=none", 200),
    ],
)
def test_numbers_and_moments_beyond_all_databases_are_no_accident(api, path, status):
    assert api.get(f"/api/v1/{path}").status_code == status
