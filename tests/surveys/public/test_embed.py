"""The script that a company's own site includes, and who may show the survey in a frame."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from surveys.models import Survey, SurveyLink, SurveyResponse
from surveys.ways.link_rules import RulesRefused, check_rules, check_sites
from tests.factories.surveys import SurveyLinkFactory

pytestmark = pytest.mark.django_db

SHOP, STRANGER = "https://shop.example", "https://stranger.example"


@pytest.fixture
def link():
    return SurveyLinkFactory(kind=SurveyLink.Kind.EMBED, code="shop", sites=[SHOP], rules={"delay": 5})


def script(client, **headers):
    return client.get("/embed/shop.js", headers=headers)


def told(reply):
    """The rules the script was given."""
    return json.loads(re.search(r"\}\)\((\{.*\})\);\n\Z", reply.content.decode()).group(1))


def test_the_script_carries_its_links_rules_and_may_be_kept_for_minutes(client, link):
    reply = script(client)

    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert reply.headers["Cache-Control"] == "public, max-age=300"
    assert reply.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in reply.headers
    assert told(reply) == {
        "code": "shop",
        "origin": settings.PUBLIC_BASE_URL,
        "sites": [SHOP],
        "rules": {"every_days": 30, "button": False, "once": False, "delay": 5},
        "language": "en",
        "words": told(reply)["words"],
        "colours": {"accent": "#0a6c74", "ink": "#ffffff"},
    }
    assert told(reply)["words"]["en"] == {"open": "Feedback", "close": "Close", "title": "Your opinion"}
    assert set(told(reply)["words"]) == {code for code, _name in settings.LANGUAGES}


def test_the_script_is_small(client, link):
    assert len(script(client).content) < 10 * 1024


@pytest.mark.parametrize(
    ("origin", "allowed"), [(SHOP, SHOP), (STRANGER, None), (f"{SHOP}.evil", None), ("", None)]
)
def test_only_allowed_sites_may_read_the_script_from_their_own(client, link, origin, allowed):
    assert script(client, origin=origin).headers.get("Access-Control-Allow-Origin") == allowed
    assert "Origin" in script(client, origin=origin).headers["Vary"]


@pytest.mark.parametrize(
    ("rules", "has_button"),
    [
        ({}, True),
        ({"delay": 0}, False),
        ({"exit": False}, True),
        ({"exit": True}, False),
        ({"scroll": 50, "button": True}, True),
    ],
)
def test_what_opens_nothing_by_itself_has_a_button(client, link, rules, has_button):
    SurveyLink.objects.update(rules=rules)

    assert told(script(client))["rules"]["button"] is has_button


def test_the_button_says_what_staff_wrote_on_it(client, link):
    SurveyLink.objects.update(rules={"label": {"bs": "Recite nam"}})

    words = told(script(client))["words"]

    assert words["bs"]["open"] == "Recite nam"
    assert "label" not in told(script(client))["rules"]


@pytest.mark.parametrize(
    "closing",
    [
        lambda: SurveyLink.objects.update(is_active=False),
        lambda: SurveyLink.objects.update(closes_at=timezone.now() - timedelta(hours=1)),
        lambda: SurveyLink.objects.update(kind=SurveyLink.Kind.OPEN),
        lambda: Survey.objects.update(is_open=False),
        lambda: Survey.objects.update(version=None),
    ],
)
def test_a_survey_that_takes_no_answers_stays_silent_on_the_site(client, link, closing):
    assert told(script(client))
    closing()

    assert script(client).content == b"// This survey takes no answers.\n"
    assert script(client).headers["Cache-Control"] == "public, max-age=300"


def test_a_code_that_leads_nowhere_is_not_found(client):
    assert script(client).status_code == 404


def test_only_the_allowed_sites_may_show_the_survey_in_a_frame(client, link):
    page = client.get(reverse("survey-open", args=["shop"]))

    assert f"frame-ancestors {SHOP}" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    assert "Access-Control-Allow-Origin" not in page.headers
    assert client.cookies == {}


@pytest.mark.parametrize(("kind", "sites"), [("open", [SHOP]), ("qr", [SHOP]), ("embed", [])])
def test_no_other_page_stands_in_a_frame(client, kind, sites):
    SurveyLinkFactory(kind=kind, code="shop", sites=sites)

    page = client.get(reverse("survey-open", args=["shop"]))

    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "embedded.js" not in page.content.decode()


def test_the_whole_way_in_a_frame_sets_no_cookie_and_may_be_framed(client, link):
    question = link.survey.questions.get(kind="nps")
    address = reverse("survey-open-answer", args=["shop", "a" * 32])

    page = client.post(address, {f"q{question.pk}": "9"}, follow=True)

    assert f"frame-ancestors {SHOP}" in page.headers["Content-Security-Policy"]
    assert "embedded.js" in page.content.decode()
    assert client.cookies == {}
    assert SurveyResponse.objects.get().channel == "embed"


@pytest.mark.parametrize(
    ("kind", "rules", "kept"),
    [
        ("embed", {}, {}),
        (
            "embed",
            {"delay": 0, "path": "/shop/*", "share": 100},
            {"delay": 0, "path": "/shop/*", "share": 100},
        ),
        ("embed", {"scroll": None, "path": ""}, {}),
        ("embed", {"label": {"fa": "نظر شما"}}, {"label": {"fa": "نظر شما"}}),
        ("kiosk", {"rest": 60}, {"rest": 60}),
    ],
)
def test_rules_are_kept_without_empty_ones(kind, rules, kept):
    assert check_rules(kind, rules) == kept


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        ("embed", []),
        ("embed", {"colour": "red"}),
        ("embed", {"delay": -1}),
        ("embed", {"delay": True}),
        ("embed", {"delay": "5"}),
        ("embed", {"scroll": 0}),
        ("embed", {"scroll": 101}),
        ("embed", {"exit": "yes"}),
        ("embed", {"path": "shop"}),
        ("embed", {"path": "/shop?x"}),
        ("embed", {"share": 0}),
        ("embed", {"every_days": 0}),
        ("embed", {"label": {"xx": "?"}}),
        ("embed", {"label": {"en": "x" * 41}}),
        ("embed", {"rest": 30}),
        ("kiosk", {"rest": 4}),
        ("kiosk", {"delay": 5}),
        ("open", {"delay": 5}),
    ],
)
def test_other_rules_are_refused(kind, rules):
    with pytest.raises(RulesRefused):
        check_rules(kind, rules)


def test_sites_are_kept_as_browsers_write_origins():
    assert check_sites([" https://Shop.example/ ", "", "http://localhost:8080", SHOP]) == [
        SHOP,
        "http://localhost:8080",
    ]


@pytest.mark.parametrize(
    "site",
    ["shop.example", "https://", "*", "https://shop.example/path", f"{SHOP}; script-src *", f"{SHOP}\nx", 5],
)
def test_what_is_no_origin_never_reaches_a_policy(site):
    with pytest.raises(RulesRefused):
        check_sites([site])
