"""A kiosk: one page for all questions, and answers that may come late but are stored once."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from surveys.models import Answer, Survey, SurveyLink, SurveyResponse, Theme
from surveys.themes.theming import logo_address
from tests.factories.surveys import QuestionFactory, SurveyFactory, SurveyLinkFactory, published

pytestmark = pytest.mark.django_db

KEY = "0123456789abcdef" * 2


@pytest.fixture
def client():
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def link():
    return SurveyLinkFactory(kind=SurveyLink.Kind.KIOSK, code="desk")


def fields_of(link, *values):
    questions = link.survey.questions.present().values_list("pk", flat=True)
    return {f"q{pk}": value for pk, value in zip(questions, values, strict=True)}


def send(client, link, *values, key=KEY, **more):
    return client.post(f"/k/{link.code}/{key}/", {**fields_of(link, *values), **more})


def test_an_answer_is_stored_once_however_often_it_is_sent(client, link):
    first, second = send(client, link, "9", "Kind people"), send(client, link, "9", "Kind people")

    assert (first.status_code, first.json()) == (200, {"key": KEY, "taken": True})
    assert (second.status_code, second.json()) == (200, {"key": KEY, "taken": True})
    response = SurveyResponse.objects.get()
    assert (response.channel, response.link, response.key, response.score) == ("kiosk", link, KEY, 9)
    assert list(Answer.objects.order_by("pk").values_list("score", "text")) == [
        (9, ""),
        (None, "Kind people"),
    ]
    assert client.cookies == {}


@pytest.mark.parametrize(
    ("ago", "is_believed"),
    [
        (timedelta(days=29, hours=23), True),
        (timedelta(minutes=1), True),
        (timedelta(days=30, minutes=1), False),
        (timedelta(minutes=-5), False),
    ],
)
def test_an_answer_comes_with_its_own_time_within_thirty_days(client, link, ago, is_believed):
    before = timezone.now()
    told = before - ago

    send(client, link, "9", "", answered_at=told.isoformat())

    stored = SurveyResponse.objects.get().submitted_at
    assert (stored == told) is is_believed
    assert is_believed or before <= stored <= timezone.now()


@pytest.mark.parametrize("told", ["yesterday", "2026-02-31T10:00:00Z", "2026-03-04T10:00:00", "", "9" * 500])
def test_a_time_that_is_none_counts_as_now(client, link, told):
    before = timezone.now()

    assert send(client, link, "9", "", answered_at=told).status_code == 200

    assert before <= SurveyResponse.objects.get().submitted_at <= timezone.now()


def test_what_was_answered_before_closing_is_taken_after_it(client, link):
    now = timezone.now()
    SurveyLink.objects.update(closes_at=now - timedelta(hours=1))

    late = send(client, link, "3", "", key="a" * 32)
    kept = send(client, link, "9", "", key="b" * 32, answered_at=(now - timedelta(hours=2)).isoformat())

    assert (late.status_code, late.json()) == (410, {"key": "a" * 32, "taken": False})
    assert kept.status_code == 200
    assert SurveyResponse.objects.get().score == 9


def test_an_answer_to_the_version_that_was_on_the_screen_is_taken(client, link):
    shown, fields = link.survey.version_id, fields_of(link, "9", "Fine")
    QuestionFactory(survey=link.survey, kind="yesno", text={"en": "Again?"}, position=9, is_required=True)
    newer = published(link.survey).version_id

    taken = client.post(f"/k/desk/{KEY}/", {**fields, "version": shown})
    refused = client.post(f"/k/desk/{'a' * 32}/", {**fields, "version": newer})

    assert (taken.status_code, refused.status_code) == (200, 422)
    assert SurveyResponse.objects.get().version_id == shown


def test_a_version_of_another_survey_is_not_believed(client, link):
    other = SurveyFactory(questions=["csat"])

    send(client, link, "9", "", version=other.version_id)

    assert SurveyResponse.objects.get().version_id == link.survey.version_id


def test_a_refusal_says_what_is_wrong_and_stores_nothing(client, link):
    question = link.survey.questions.get(kind="nps")

    reply = send(client, link, "11", "")
    nothing = send(client, link, "", "")

    assert reply.status_code == nothing.status_code == 422
    sentence = "Please choose a number from 0 to 10."
    assert reply.json() == {"key": KEY, "taken": False, "problems": {f"q{question.pk}": sentence}}
    assert not SurveyResponse.objects.exists()


def test_all_pages_stand_on_one_and_the_ends_of_pages_hold(client):
    survey = SurveyFactory(questions=[])
    end = {"question": "nps", "op": "band", "value": "good"}
    for position, (key, kind, page, ends_if) in enumerate(
        [
            ("nps", "nps", False, {}),
            ("again", "yesno", False, end),
            ("photo", "file", True, {}),
            ("why", "comment", False, {}),
        ]
    ):
        QuestionFactory(
            survey=survey,
            position=position,
            key=key,
            text={"en": key},
            kind=kind,
            starts_page=page,
            ends_if=ends_if,
        )
    link = SurveyLinkFactory(survey=published(survey), kind="kiosk", code="desk")
    nps, again, photo, why = survey.questions.order_by("position")

    page = client.get("/k/desk/").content.decode()
    reply = client.post(
        f"/k/desk/{KEY}/", {f"q{nps.pk}": "9", f"q{again.pk}": "yes", f"q{why.pk}": "Unasked"}
    )

    assert [key for key in ("nps", "again", "photo", "why") if f'data-key="{key}"' in page] == [
        "nps",
        "again",
        "why",
    ]
    assert "&quot;not&quot;" in page
    assert reply.status_code == 200
    assert list(Answer.objects.order_by("pk").values_list("question__key", flat=True)) == ["nps", "again"]
    assert link.survey == survey
    assert photo.kind == "file"


def test_the_link_leads_to_the_kiosk_and_only_a_kiosk_is_one(client, link):
    SurveyLinkFactory(kind=SurveyLink.Kind.OPEN, code="open")

    assert client.get("/a/desk/?lang=fa").headers["Location"] == "/k/desk/?lang=fa"
    assert [client.get(f"/k/{code}/").status_code for code in ("desk", "open", "none")] == [200, 404, 404]
    assert client.post(f"/k/open/{KEY}/", {}).status_code == 404
    assert client.post("/k/desk/short/", {}).status_code == 404
    assert client.get(f"/k/desk/{KEY}/").status_code == 405


def test_the_page_needs_nothing_from_elsewhere_and_says_it_is_ours(client, link):
    page = client.get("/k/desk/")

    assert page.headers["X-Kiosk"] == "desk"
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.content.decode()
    assert "Set-Cookie" not in page.headers


def test_the_worker_keeps_the_page_in_every_language(client, link):
    worker = client.get("/k/desk/worker.js")

    assert worker.headers["Content-Type"] == "text/javascript; charset=utf-8"
    for part in ('"/k/desk/"', '"/k/desk/?lang=fa"', "public/kiosk.js", "cx-kiosk-desk-"):
        assert part in worker.content.decode()


def test_the_worker_keeps_the_logo_and_is_another_one_for_every_version(client, link):
    def worker():
        return client.get("/k/desk/worker.js").content.decode()

    plain = worker()
    link.survey.theme = Theme.objects.create(name="Meridian", logo=b"PNG", logo_type="image/png")
    link.survey.save()
    with_logo = worker()
    QuestionFactory(survey=link.survey, kind="csat", position=9)
    published(link.survey)

    assert "/logo" not in plain
    assert logo_address(link.survey.theme) in with_logo
    assert len({plain, with_logo, worker()}) == 3


@pytest.mark.parametrize("closing", [{"is_open": False}, {"closes_at": timezone.now() - timedelta(days=1)}])
def test_a_closed_kiosk_says_so(client, link, closing):
    Survey.objects.update(**closing)

    assert client.get("/k/desk/").status_code == 410
    assert client.get("/k/desk/").headers["X-Kiosk"] == "desk"
