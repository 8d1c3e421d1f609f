"""Personal links: a stranger who tries them learns nothing and is held up; whoever has one gets in."""

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from surveys.models import Invitation, SurveyResponse
from surveys.public.pages import HEADERS
from surveys.ways.guessing import MISSES_ALLOWED, wait_after_miss
from surveys.ways.tokens import token_for
from tests.conftest import NOON
from tests.factories.surveys import InvitationFactory

pytestmark = pytest.mark.django_db
DOORS = ["/s/{}/", "/s/{}/thanks/", "/u/{}/"]
TAKE_POSTS = ["/s/{}/", "/u/{}/"]
STRANGER, COMPANY = "203.0.113.7", "198.51.100.4"


def links_that_lead_nowhere(invitation: Invitation) -> dict[str, str]:
    good = token_for(invitation.pk)
    number, _hyphen, _mac = good.partition("-")
    return {
        "broken": good[: len(good) // 2],
        "unknown": token_for(invitation.pk + 1_000_000),  # well signed, of an invitation that is gone
        "wrong": f"{number}-{token_for(invitation.pk + 1).partition('-')[2]}",  # of this shape, another one's signature
    }


@pytest.fixture
def misses_free(monkeypatch):
    """Nobody is held up: the page itself is looked at."""
    monkeypatch.setattr("surveys.ways.guessing.MISSES_ALLOWED", 10**9)


@pytest.mark.parametrize(
    ("method", "door"), [*(("get", door) for door in DOORS), *(("post", door) for door in TAKE_POSTS)]
)
def test_links_that_lead_nowhere_cannot_be_told_apart(method, door, django_assert_num_queries):
    links = links_that_lead_nowhere(InvitationFactory())
    client = Client(enforce_csrf_checks=True)
    pages = {}
    for kind, token in links.items():
        with django_assert_num_queries(1):
            pages[kind] = getattr(client, method)(door.format(token))

    seen = {kind: (page.status_code, dict(page.headers), page.content) for kind, page in pages.items()}

    assert seen["broken"][0] == 404
    assert seen["broken"] == seen["unknown"] == seen["wrong"]


def test_links_that_lead_nowhere_take_the_same_time(misses_free):
    links = links_that_lead_nowhere(InvitationFactory())
    client = Client()
    took: dict[str, list[float]] = {kind: [] for kind in links}
    for _ in range(300):
        for kind, token in links.items():  # in turns, so that a busy moment meets all three
            took[kind].append(seconds(lambda token=token: client.get(f"/s/{token}/")))

    medians = [median(times[20:]) for times in took.values()]

    assert max(medians) < 1.25 * min(medians)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def visit(token: str, *, address: str = STRANGER, language: str = "en", door: str = "/s/{}/"):
    return Client(REMOTE_ADDR=address, headers={"accept-language": language}).get(door.format(token))


@pytest.fixture
def noon(monkeypatch):
    """It is noon on the public pages; the next window of ten minutes begins at 12:10."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def miss_as_often_as_allowed(address: str = STRANGER) -> None:
    statuses = {visit(f"{n}-guess", address=address).status_code for n in range(MISSES_ALLOWED)}
    assert statuses == {404}


def test_whoever_tries_many_links_is_asked_to_wait(noon):
    miss_as_often_as_allowed()

    pages = [visit("one-more", door=door) for door in DOORS]

    assert [(page.status_code, page.headers["Retry-After"]) for page in pages] == [(429, "600")] * 3
    assert {name: pages[0].headers[name] for name in HEADERS} == HEADERS
    assert "Set-Cookie" not in pages[0].headers
    assert "Too many links that lead nowhere" in pages[0].text


def test_who_is_held_up_still_cannot_tell_links_apart(noon):
    links = links_that_lead_nowhere(InvitationFactory())
    miss_as_often_as_allowed()

    pages = [visit(token) for token in links.values()]

    assert [page.status_code for page in pages] == [429, 429, 429]
    assert pages[0].content == pages[1].content == pages[2].content


@pytest.mark.parametrize(("language", "direction"), [("bs", "ltr"), ("fa", "rtl")])
def test_the_wait_is_told_in_the_visitors_language(noon, language, direction):
    miss_as_often_as_allowed()

    page = visit("one-more", language=language)

    assert page.status_code == 429
    assert f'<html lang="{language}" dir="{direction}">' in page.text


def test_colleagues_of_a_guesser_answer_and_leave_as_ever(noon):
    invitation = InvitationFactory()
    miss_as_often_as_allowed(COMPANY)
    assert visit("one-more", address=COMPANY).status_code == 429
    colleague = Client(REMOTE_ADDR=COMPANY)
    token = token_for(invitation.pk)
    question = invitation.wave.campaign.survey.questions.first()

    assert colleague.get(f"/s/{token}/").status_code == 200
    page = colleague.post(f"/s/{token}/", {f"q{question.pk}": "9"}, follow=True)
    assert (page.status_code, SurveyResponse.objects.count()) == (200, 1)
    assert colleague.post(f"/u/{token}/").status_code == 200


def test_good_links_are_never_counted(noon):
    token = token_for(InvitationFactory().pk)
    for _ in range(MISSES_ALLOWED + 1):
        visit(token)

    assert visit("the-first-miss").status_code == 404


def test_another_address_is_not_held_up(noon):
    miss_as_often_as_allowed()

    assert visit("one-more").status_code == 429
    assert visit("one-more", address=COMPANY).status_code == 404


def test_an_address_that_no_proxy_vouches_for_changes_nothing(noon):
    miss_as_often_as_allowed()

    page = Client(REMOTE_ADDR=STRANGER, headers={"x-forwarded-for": COMPANY}).get("/s/one-more/")

    assert page.status_code == 429


def waits(*, minutes: float, address: str = STRANGER) -> int:
    return wait_after_miss(address=address, at=NOON + timedelta(minutes=minutes))


def test_the_wait_ends_with_the_ten_minutes():
    for _ in range(MISSES_ALLOWED):
        assert waits(minutes=1) == 0

    assert [waits(minutes=minutes) for minutes in (1, 5, 9.5, 10)] == [540, 300, 30, 0]


def test_one_network_of_the_newer_internet_is_one_visitor():
    for n in range(MISSES_ALLOWED):
        waits(minutes=0, address=f"2001:db8::{n:x}")

    assert waits(minutes=0, address="2001:db8::ffff:1") == 600
    assert waits(minutes=0, address="2001:db8:0:1::1") == 0
    assert waits(minutes=0, address="") == 0


def test_a_count_that_the_cache_forgot_begins_anew(monkeypatch):
    monkeypatch.setattr(cache, "add", lambda *_args, **_options: False)

    assert waits(minutes=0) == 0
