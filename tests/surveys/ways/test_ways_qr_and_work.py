"""QR codes that survive print, and answers that cost a machine something."""

import re
from datetime import timedelta
from hashlib import sha256
from html import unescape
from io import BytesIO
from itertools import count
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone
from PIL import Image

from surveys.models import SurveyLink, SurveyResponse
from surveys.ways.qr import qr_png, qr_svg
from surveys.ways.work import challenge_for, check
from surveys.writing.drafting import add_question
from tests.conftest import NOON
from tests.factories.surveys import SurveyFactory, published

ADDRESS = "https://cx.example/a/k7m2p9x4qd/"
KEY, OTHER_KEY = "a" * 32, "b" * 32


def is_proof(challenge: str, answer: str, bits: int) -> bool:
    return int(sha256(f"{challenge}{answer}".encode()).hexdigest(), 16) < 2 ** (256 - bits)


def worked_on(challenge: str, bits: int) -> str:
    """What a browser finds."""
    return next(str(n) for n in count() if is_proof(challenge, str(n), bits))


def guessed_at(challenge: str, bits: int) -> str:
    """What one finds who does not work; one guess in 2**bits would be right, and is left out."""
    return next(str(n) for n in count() if not is_proof(challenge, str(n), bits))


def test_a_code_has_a_quiet_zone_and_whole_pixels():
    image = Image.open(BytesIO(qr_png(ADDRESS))).convert("1")

    # with a quarter of correction it has 29 modules a side, and 4 of white at each end
    assert image.size == (33 * 37, 33 * 37)
    dark = image.point(lambda value: 255 - value).getbbox()
    assert dark == (132, 132, 1089, 1089)


def test_a_drawing_is_plain_svg_that_fills_its_place():
    drawing = ET.fromstring(qr_svg(ADDRESS))

    assert drawing.get("viewBox") == "0 0 37 37"
    assert drawing.get("width") is None
    assert "style" not in qr_svg(ADDRESS)


@pytest.mark.parametrize(
    ("told", "is_taken"),
    [
        ({}, True),
        ({"at": NOON + timedelta(hours=2)}, True),
        ({"at": NOON + timedelta(hours=2, seconds=1)}, False),
        ({"at": NOON - timedelta(minutes=1)}, False),
        ({"key": OTHER_KEY}, False),
        ({"bits": 9}, False),
        ({"bits": 4}, True),
    ],
)
def test_work_is_for_one_copy_of_the_form_and_two_hours(told, is_taken):
    challenge = challenge_for(KEY, bits=8, at=NOON)
    asked = {"key": KEY, "bits": 8, "at": NOON, **told}

    assert check(challenge, worked_on(challenge, 8), **asked) is is_taken


@pytest.mark.parametrize(
    "challenge", ["", "...", f"{KEY}.{int(NOON.timestamp())}.0.", "\ud800.1.8.é", "x" * 500]
)
def test_forged_challenges(challenge):
    assert not check(challenge, "0", key=KEY, bits=0, at=NOON)


def test_without_work_there_is_no_answer():
    challenge = challenge_for(KEY, bits=8, at=NOON)
    answers = [worked_on(challenge, 8), guessed_at(challenge, 8), "9" * 201]

    assert [check(challenge, each, key=KEY, bits=8, at=NOON) for each in answers] == [True, False, False]
    # half a character, which no encoding has, is read as a question mark
    assert check(challenge, "\ud800", key=KEY, bits=8, at=NOON) is is_proof(challenge, "?", 8)


def opened(client, link):
    html = unescape(client.get(f"/a/{link.code}/").content.decode())
    challenge = re.search(r'name="challenge" id="challenge" value="([^"]+)"', html).group(1)
    return (
        re.search(r'action="(/a/[^"?]+)', html).group(1),
        re.search(r'name="(q\d+)"', html).group(1),
        challenge,
    )


@pytest.mark.django_db
def test_a_link_that_asks_for_work_takes_one_answer_for_it(client):
    link = SurveyLink.objects.create(survey=SurveyFactory(), name="Forum", code="forum1", work=8)
    form, field, challenge = opened(client, link)
    proof = worked_on(challenge, 8)

    refused = client.post(form, {field: "9", "challenge": challenge, "proof": guessed_at(challenge, 8)})
    before = SurveyResponse.objects.count()
    taken = client.post(form, {field: "9", "challenge": challenge, "proof": proof}, follow=True)
    again = client.post(form, {field: "1", "challenge": challenge, "proof": proof}, follow=True)
    elsewhere = client.post(
        form.replace(form.split("/")[3], OTHER_KEY), {field: "1", "challenge": challenge, "proof": proof}
    )

    assert (refused.status_code, before) == (422, 0)
    assert 'value="9"' in refused.content.decode()
    assert re.search(r'value="9"[^>]* checked', refused.content.decode())
    assert "Thank you!" in taken.content.decode()
    assert "Thank you!" in again.content.decode()  # the same page, and no second answer
    assert elsewhere.status_code == 422
    assert list(SurveyResponse.objects.values_list("score", flat=True)) == [9]


@pytest.mark.django_db
def test_work_is_done_once_for_all_pages(client):
    survey = SurveyFactory(questions=["nps"])
    add_question(survey=survey, kind="comment", starts_page=True)
    link = SurveyLink.objects.create(survey=published(survey), name="Forum", code="forum1", work=4)
    form, field, challenge = opened(client, link)

    second = client.post(
        form,
        {"page": "1", field: "9", "challenge": challenge, "proof": worked_on(challenge, 4)},
        follow=True,
    )
    client.post(form, {"page": "2"})

    assert "challenge" not in second.content.decode()
    assert SurveyResponse.objects.get().score == 9


@pytest.mark.django_db
def test_who_has_no_javascript_is_told(client):
    link = SurveyLink.objects.create(survey=SurveyFactory(), name="Forum", code="forum1", work=8)
    plain = SurveyLink.objects.create(survey=link.survey, name="Counter", code="counter1")

    page, other = (client.get(f"/a/{each.code}/") for each in (link, plain))

    assert "<noscript>" in page.content.decode()
    assert "public/work.js" in page.content.decode()
    assert "script-src 'self';" in page.headers["Content-Security-Policy"]
    assert "work.js" not in other.content.decode()
    assert check("", "", key=KEY, bits=0, at=timezone.now()) is False
