"""Links that are open to all."""

import re
from html import unescape

import pytest

from surveys.answering.settling import settle_started
from surveys.models import Answer, StartedResponse, SurveyLink, SurveyResponse
from surveys.writing.drafting import add_question
from tests.conftest import NOON
from tests.factories.surveys import SurveyFactory, published

pytestmark = pytest.mark.django_db


def link_to(survey, **fields):
    return SurveyLink.objects.create(survey=survey, name="Counter", code="counter1", **fields)


def opened(client, link, **query):
    """The address and the field of a fresh copy of the form."""
    page = client.get(f"/a/{link.code}/", query)
    html = unescape(page.content.decode())
    return page, re.search(r'action="(/a/[^"?]+)', html).group(1), re.search(r'name="(q\d+)"', html).group(1)


def test_an_open_link_takes_an_answer_from_anybody_and_sets_no_cookie(client):
    link = link_to(SurveyFactory(), kind="qr")

    page, form, field = opened(client, link, order="A-17")
    taken = client.post(form, {field: "0", "order": "A-17"}, follow=True)

    assert (page.status_code, taken.status_code) == (200, 200)
    assert "Thank you!" in taken.content.decode()
    assert not client.cookies
    response = SurveyResponse.objects.get()
    assert (response.score, response.customer, response.link, response.channel, response.context) == (
        0,
        None,
        link,
        "qr",
        {"order": "A-17"},
    )


def test_a_form_sent_twice_is_one_answer_and_two_copies_are_two(client):
    link = link_to(SurveyFactory())
    _page, form, field = opened(client, link)

    pages = [client.post(form, {field: score}, follow=True) for score in ("3", "9")]
    _page, other, _field = opened(client, link)
    client.post(other, {field: "5"})

    assert [page.status_code for page in pages] == [200, 200]
    assert list(SurveyResponse.objects.order_by("pk").values_list("score", flat=True)) == [3, 5]
    assert Answer.objects.count() == 2


def test_one_answer_per_device(client):
    link = link_to(SurveyFactory(), per_device=True)
    _page, form, field = opened(client, link)

    client.post(form, {field: "3"}, follow=True)
    again, more = client.get("/a/counter1/"), client.post(f"/a/counter1/{'0' * 32}/", {field: "1"})

    assert "This survey has been answered" in again.content.decode()
    assert "This survey has been answered" in more.content.decode()
    assert SurveyResponse.objects.count() == 1


@pytest.mark.parametrize("closing", ["link", "survey"])
def test_a_closed_link_says_so(client, closing):
    link = link_to(SurveyFactory())
    _page, form, field = opened(client, link)
    if closing == "link":
        SurveyLink.objects.update(is_active=False)
    else:
        link.survey.is_open = False
        link.survey.save()

    pages = [client.get("/a/counter1/"), client.post(form, {field: "3"})]

    assert [page.status_code for page in pages] == [410, 410]
    assert SurveyResponse.objects.count() == 0


@pytest.mark.parametrize(
    "address",
    ["/a/nobody/", "/a/counter1/short/", f"/a/counter1/{'X' * 32}/", f"/a/nobody/{'0' * 32}/thanks/"],
)
def test_what_is_not_there(client, address):
    link_to(SurveyFactory())

    assert client.get(address).status_code == 404


def test_a_survey_that_was_never_published_is_not_there(client):
    link_to(SurveyFactory(questions=[]))

    assert client.get("/a/counter1/").status_code == 404


def test_pages_are_kept_for_this_copy_of_the_form(client):
    survey = SurveyFactory(questions=["nps"])
    add_question(survey=survey, kind="comment", starts_page=True)
    link = link_to(published(survey))
    _page, form, field = opened(client, link)

    second = client.post(form, {"page": "1", field: "2"}, follow=True)

    assert "Page 2 of 2" in second.content.decode()
    started = StartedResponse.objects.get()
    assert (started.link, started.key, list(started.answers.values())) == (link, form.split("/")[3], [2])
    StartedResponse.objects.update(saved_at=NOON)
    assert settle_started(at=NOON.replace(day=NOON.day + 2)) == 1
    response = SurveyResponse.objects.get()
    assert (response.score, response.is_complete, response.channel) == (2, False, "web")


@pytest.mark.parametrize(
    ("browser", "language"),
    [("fa-IR,fa;q=0.9,en;q=0.5", "fa"), ("zh-CN", "zh-hans"), ("de", "en"), ("", "en")],
)
def test_the_browsers_language_is_spoken_where_we_can(client, browser, language):
    link = link_to(SurveyFactory())

    page = client.get(f"/a/{link.code}/", headers={"accept-language": browser})

    assert page.headers["Content-Language"] == language


def test_an_occasion_that_cannot_be_kept_is_left_out(client):
    link = link_to(SurveyFactory())
    _page, form, field = opened(client, link, order="x" * 500, colour="red")

    client.post(form, {field: "3", "order": "\x00", "agent": "Sam"})

    assert SurveyResponse.objects.get().context == {}
