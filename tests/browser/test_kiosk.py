"""A kiosk in a shop: one person after another, with and without a network. No answer is lost, none is stored twice."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, Route, expect

from surveys.models import Answer, Survey, SurveyLink, SurveyResponse
from tests.browser.axe import violations
from tests.browser.conftest import becomes_true, choose
from tests.factories.surveys import QuestionFactory, SurveyFactory, SurveyLinkFactory, published
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def link():
    return SurveyLinkFactory(kind=SurveyLink.Kind.KIOSK, code="desk", rules={"rest": 20})


def stand_before(context: BrowserContext) -> Page:
    """The kiosk's page, kept on the device."""
    page = context.new_page()
    page.goto("/a/desk/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    becomes_true(page, "navigator.serviceWorker.controller !== null")
    return page


def answer(page: Page, score: int, comment: str = "") -> None:
    choose(page, str(score))
    if comment:
        page.locator("textarea").fill(comment)
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()


def next_person(page: Page) -> None:
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("button", name="Send my answer")).to_be_visible()


def stored() -> list[tuple[int | None, str]]:
    """What arrived, in the order in which it arrived."""
    commented = Answer.objects.exclude(text="").order_by("pk")
    return list(commented.values_list("survey_response__score", "text"))


def test_one_person_after_another_answers(visit, link):
    page = stand_before(visit())
    answer(page, 9, "First")
    next_person(page)
    expect(page.locator("textarea")).to_have_value("")
    expect(page.locator("input[type=radio]:checked")).to_have_count(0)
    answer(page, 2, "Second")

    assert stored() == [(9, "First"), (2, "Second")]
    assert set(SurveyResponse.objects.values_list("channel", "link")) == {("kiosk", link.pk)}
    assert page.context.cookies() == []
    expect(page.locator("#waiting")).to_be_hidden()


def test_answers_given_without_a_network_arrive_once_in_order_and_with_their_own_time(visit, link):
    page = stand_before(visit())
    page.context.set_offline(True)
    before = timezone.now()
    for score, comment in [(9, "First"), (3, "Second"), (7, "Third")]:
        answer(page, score, comment)
        next_person(page)
    after = timezone.now()
    expect(page.get_by_role("status")).to_have_text("Waiting to be sent: 3")
    assert not SurveyResponse.objects.exists()

    page.wait_for_timeout(1500)
    page.context.set_offline(False)

    expect(page.locator("#waiting")).to_be_hidden()
    assert stored() == [(9, "First"), (3, "Second"), (7, "Third")]
    times = list(SurveyResponse.objects.order_by("pk").values_list("submitted_at", flat=True))
    assert times == sorted(times)
    assert before - timedelta(seconds=1) <= times[0]
    assert times[-1] <= after


def test_a_reply_that_got_lost_does_not_make_two_of_one_answer(visit, link):
    page = stand_before(visit())
    lost = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().json()["taken"])
        route.abort()

    page.route(re.compile("/k/desk/[0-9a-f]{32}/"), lose)
    answer(page, 9, "Only one")
    expect(page.get_by_role("status")).to_have_text("Waiting to be sent: 1")
    page.unroute_all()
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.locator("#waiting")).to_be_hidden()
    assert lost == [True]
    assert stored() == [(9, "Only one")]


def test_two_windows_of_one_device_send_each_answer_once(visit, link):
    first = stand_before(visit())
    second = stand_before(first.context)
    first.context.set_offline(True)
    answer(first, 9, "Left")
    answer(second, 3, "Right")

    first.context.set_offline(False)

    expect(first.locator("#waiting")).to_be_hidden()
    expect(second.locator("#waiting")).to_be_hidden(timeout=20_000)
    assert stored() == [(9, "Left"), (3, "Right")]


def test_somebody_in_between_who_says_yes_to_everything_is_not_believed(visit, link):
    page = stand_before(visit())
    page.route(
        re.compile("/k/desk/[0-9a-f]{32}/"), lambda route: route.fulfill(status=200, body="<h1>Wi-Fi</h1>")
    )

    answer(page, 9, "Kept")

    expect(page.get_by_role("status")).to_have_text("Waiting to be sent: 1")
    assert not SurveyResponse.objects.exists()
    page.unroute_all()
    page.evaluate("dispatchEvent(new Event('online'))")
    eventually(stored, until=lambda seen: seen == [(9, "Kept")])


def test_it_starts_without_a_network_and_still_has_what_waits(visit, link):
    page = stand_before(visit())
    page.context.set_offline(True)
    answer(page, 9, "Before the night")

    page.reload()

    expect(page.get_by_role("button", name="Send my answer")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("Waiting to be sent: 1")
    answer(page, 4, "After the night")
    page.close()
    page = page.context.new_page()
    page.goto("/k/desk/")
    expect(page.get_by_role("status")).to_have_text("Waiting to be sent: 2")
    page.context.set_offline(False)
    expect(page.locator("#waiting")).to_be_hidden()
    assert stored() == [(9, "Before the night"), (4, "After the night")]


def test_a_person_changes_the_language_without_a_network_and_the_next_finds_the_first(visit, link):
    page = stand_before(visit())
    page.context.set_offline(True)
    choose(page, "9")
    page.locator("textarea").fill("هفت")

    page.get_by_role("link", name="فارسی").click()

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("input[value='9']")).to_be_checked()
    expect(page.locator("textarea")).to_have_value("هفت")
    page.locator(".send").first.click()
    expect(page.locator("#thanks")).to_be_visible()
    page.locator("#again").click()
    expect(page.locator("html")).to_have_attribute("dir", "ltr")
    page.context.set_offline(False)
    eventually(
        lambda: list(SurveyResponse.objects.values_list("language", "score")),
        until=lambda seen: seen == [("fa", 9)],
    )


def test_whoever_walks_away_leaves_nothing_behind(visit, link):
    context = visit()
    page = context.new_page()
    page.clock.install()
    page.goto("/k/desk/")
    choose(page, "3")
    page.locator("textarea").fill("Half a sen")

    page.clock.run_for(21_000)
    expect(page.get_by_role("dialog", name="Are you still there?")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Yes, I go on").click()
    expect(page.locator("textarea")).to_have_value("Half a sen")
    page.clock.run_for(21_000)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.clock.run_for(11_000)

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("textarea")).to_have_value("")
    assert not SurveyResponse.objects.exists()


def test_the_thanks_make_way_for_the_next_person(visit, link):
    page = visit().new_page()
    page.clock.install()
    page.goto("/k/desk/")
    answer(page, 9)

    page.clock.run_for(9_000)

    expect(page.get_by_role("button", name="Send my answer")).to_be_visible()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_hidden()


def asking(*kinds: str, **fields: Any) -> None:
    survey = SurveyFactory(questions=[])
    for position, kind in enumerate(kinds):
        QuestionFactory(
            survey=survey, position=position, key=kind, kind=kind, text={"en": f"Your {kind}?"}, **fields
        )
    SurveyLinkFactory(survey=published(survey), kind=SurveyLink.Kind.KIOSK, code="desk")


@pytest.mark.parametrize("offline", [False, True])
def test_what_is_missing_is_said_with_and_without_a_network(visit, offline):
    asking("nps", "email", is_required=True)
    page = stand_before(visit())
    page.context.set_offline(offline)
    choose(page, "9")

    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("alert")).to_have_text("Please answer this question.")
    expect(page.get_by_label("Your email?")).to_be_focused()
    page.get_by_label("Your email?").fill("nobody")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("alert")).to_have_text("Please look at this answer again.")
    assert violations(page) == []
    page.get_by_label("Your email?").fill("amra@example.com")
    page.get_by_role("button", name="Send my answer").click()

    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#waiting")).to_be_hidden()
    assert list(Answer.objects.order_by("pk").values_list("score", "text")) == [
        (9, ""),
        (None, "amra@example.com"),
    ]


def test_a_device_that_keeps_nothing_sends_at_once_and_thanks_nobody_for_what_is_lost(visit, link):
    page = visit().new_page()
    page.add_init_script(
        "delete window.indexedDB; Object.defineProperty(window, 'indexedDB', {value: {open() { throw new Error() }}})"
    )
    page.goto("/k/desk/")
    page.context.set_offline(True)
    choose(page, "9")
    page.locator("textarea").fill("Not lost")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("alert")).to_have_text("It could not be sent. Please try again.")

    page.context.set_offline(False)
    page.get_by_role("button", name="Send my answer").click()

    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert stored() == [(9, "Not lost")]


def test_what_was_refused_later_is_kept_and_offered_again(visit, link):
    page = stand_before(visit())
    page.context.set_offline(True)
    answer(page, 9, "While it was closed")
    Survey.objects.update(is_open=False)
    page.context.set_offline(False)
    expect(page.locator("#refused")).to_have_text("Not accepted: 1")
    expect(page.locator("#waiting")).to_be_hidden()
    assert not SurveyResponse.objects.exists()

    Survey.objects.update(is_open=True)
    page.reload()

    expect(page.locator("#refused")).to_be_hidden()
    eventually(stored, until=lambda seen: seen == [(9, "While it was closed")])


def test_nothing_at_all_is_no_answer(visit, link):
    page = stand_before(visit())

    page.get_by_role("button", name="Send my answer").click()

    expect(page.get_by_role("alert")).to_have_text("Please answer at least one question.")
    assert not SurveyResponse.objects.exists()


def test_what_only_the_server_can_refuse_is_put_right_at_once(visit):
    asking("nps", "phone")
    page = stand_before(visit())
    choose(page, "9")
    page.get_by_label("Your phone?").fill("12")

    page.get_by_role("button", name="Send my answer").click()

    expect(page.get_by_role("alert")).to_contain_text("Please write a telephone number")
    expect(page.locator("#waiting")).to_be_hidden()
    page.get_by_label("Your phone?").fill("+387 61 234 567")
    page.get_by_role("button", name="Send my answer").click()
    expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
    assert SurveyResponse.objects.count() == 1


def test_the_thanks_and_the_questions_follow_the_score(visit):
    survey = SurveyFactory(
        questions=[], thanks={"en": "Thanks!"}, thanks_by_band={"bad": {"en": "We are sorry."}}
    )
    QuestionFactory(survey=survey, position=1, key="nps", kind="nps")
    why = {"question": "nps", "op": "band", "value": "bad"}
    QuestionFactory(survey=survey, position=2, key="why", kind="comment", starts_page=True, show_if=why)
    SurveyLinkFactory(survey=published(survey), kind=SurveyLink.Kind.KIOSK, code="desk")
    page = stand_before(visit())

    choose(page, "9")
    expect(page.locator("textarea")).to_be_hidden()
    answer(page, 2, "Slow")

    expect(page.get_by_text("We are sorry.")).to_be_visible()
    next_person(page)
    expect(page.locator("textarea")).to_be_hidden()
    answer(page, 9)
    expect(page.get_by_text("Thanks!")).to_be_visible()
    assert stored() == [(2, "Slow")]


def test_full_screen_is_one_touch_away_and_stays(visit, link):
    page = stand_before(visit())

    page.get_by_role("button", name="Full screen").click()
    becomes_true(page, "document.fullscreenElement !== null")
    expect(page.get_by_role("button", name="Full screen")).to_be_hidden()
    answer(page, 9)
    next_person(page)
    page.get_by_role("link", name="فارسی").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")

    assert page.evaluate("document.fullscreenElement !== null")
    expect(page.locator("#full-screen")).to_be_hidden()


def test_the_scripts_are_small():
    public = settings.BASE_DIR / "static/public"
    assert (public / "kiosk.js").stat().st_size < 16 * 1024
    assert (public / "kiosk-worker.js").stat().st_size < 4 * 1024


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_kiosk_is_open_to_everybody(visit, link, scheme, width):
    page = stand_before(visit(color_scheme=scheme, viewport={"width": width, "height": 900}))
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.context.set_offline(True)
    answer(page, 9)

    assert violations(page) == []
