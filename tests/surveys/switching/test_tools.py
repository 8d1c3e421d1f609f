"""The exports of six tools, as they come: each answer is taken with its date, its words and its number there."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from surveys.models import Answer, SurveyResponse
from tests.factories.customers import IdentityFactory
from tests.surveys.switching.answers import SAMPLES, counts, imported, reasons

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def ana():
    return IdentityFactory(value="ana@customers.example").customer


def sample(tool: str) -> bytes:
    return (SAMPLES / f"{tool}.csv").read_bytes()


def told() -> list[tuple]:
    """Each response: number there, moment, score, and its other answers by the question's short name."""
    return [
        (
            response.source_id,
            response.submitted_at,
            response.score,
            {
                answer.question.key: (answer.text if answer.value is None else answer.value)
                for answer in response.answers.select_related("question").order_by("question__position")
                if answer.score is None
            },
        )
        for response in SurveyResponse.objects.order_by("submitted_at", "pk")
    ]


def at(text: str, zone=UTC) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def test_delighted(ana):
    upload = imported(sample("delighted"))

    assert (upload.tool, upload.source, upload.time_zone) == ("delighted", "Delighted", "UTC")
    assert counts(upload) == (3, 0, 1, 1)
    assert told() == [
        ("501", at("2024-03-01 08:15"), 9, {"why": "Quick, and kind\nevery time."}),
        ("502", at("2024-03-01 09:30"), 0, {"why": '=HYPERLINK("http://evil.example")'}),
        ("504", at("2024-03-03 11:00"), 7, {}),
    ]
    assert reasons(upload) == [(5, "Please choose a number from 0 to 10. Score: 11")]
    assert [response.customer for response in SurveyResponse.objects.order_by("pk")] == [ana, None, None]


def test_asknicely():
    upload = imported(sample("asknicely"))

    assert (upload.tool, counts(upload)) == ("asknicely", (2, 0, 1, 1))
    assert told() == [
        ("9001", at("2024-03-01 08:16:40"), 10, {"why": "Great"}),
        ("9002", at("2024-03-01 09:16:40"), 6, {}),
    ]
    assert reasons(upload) == [(4, "The date is missing.")]


def test_surveymonkey():
    upload = imported(sample("surveymonkey"), chosen={"time_zone": "America/Denver"})

    denver = ZoneInfo("America/Denver")
    assert (upload.tool, upload.days_first, counts(upload)) == ("surveymonkey", False, (2, 0, 1, 1))
    assert told() == [
        ("118000000001", at("2024-03-01 17:16:53", denver), 9, {"used": ["bar", "pool"], "why": "Lovely"}),
        ("118000000002", at("2024-03-13 09:02:11", denver), 3, {"used": ["pool", "other"]}),
    ]
    assert Answer.objects.get(value=["pool", "other"]).text == "Sauna"
    assert reasons(upload) == [(5, "The date is missing.")]


def test_google_forms():
    upload = imported(sample("google-forms"))

    assert (upload.tool, counts(upload)) == (
        "google-forms",
        (2, 1, 1, 0),
    )  # the same line twice is one answer
    first, second = told()
    assert first[1:] == (
        at("2024-03-01 14:03:22", timezone(timedelta(hours=2))),
        10,
        {"used": ["bar", "pool"], "parts": {"seat": "good", "food": "bad"}, "why": "Все хорошо"},
    )
    assert second[1:3] == (at("2024-03-02 09:00", timezone(timedelta(hours=2))), 4)
    assert second[3] == {"used": ["bar", "pool", "other"], "parts": {"food": "good"}}
    assert Answer.objects.get(value=["bar", "pool", "other"]).text == "Sauna"


def test_typeform():
    upload = imported(sample("typeform"))

    assert (upload.tool, upload.time_zone, counts(upload)) == ("typeform", "UTC", (2, 0, 0, 1))
    assert told() == [
        ("k1rjc3yqxk4t", at("2024-03-01 14:03:22"), 10, {"used": ["bar"], "back": True, "why": "Calm"}),
        ("odwdp4nzj1xg", at("2024-03-01 15:03:22"), 2, {"used": ["pool"], "back": False}),
    ]
    assert reasons(upload) == [(4, "The date is missing.")]


def test_qualtrics():
    upload = imported(sample("qualtrics"))

    denver = ZoneInfo("America/Denver")
    assert (upload.tool, upload.time_zone, counts(upload)) == ("qualtrics", "America/Denver", (2, 0, 1, 1))
    assert told() == [
        (
            "R_1abc",
            at("2024-03-01 08:05", denver),
            10,
            {"parts": {"seat": "good", "food": "bad"}, "rank": ["speed", "price"], "why": "عالی بود"},
        ),
        ("R_2def", at("2024-03-01 09:01", denver), 1, {}),
    ]
    assert list(SurveyResponse.objects.order_by("pk").values_list("language", "is_complete")) == [
        ("fa", True),
        ("en", False),
    ]
    assert reasons(upload) == [(8, "It is a test, not an answer of a customer.")]
