"""A survey on a company's own site: a page of another origin with one script tag, and a policy of its own."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from surveys.models import Answer, SurveyLink, SurveyResponse
from tests.browser.axe import violations
from tests.browser.conftest import becomes_true, choose, unless_it_navigates
from tests.factories.surveys import SurveyLinkFactory
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HTML = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><title>Shop</title>
<link rel="icon" href="data:,"></head><body><main><h1>Shop</h1>
<button type="button" id="buy">Buy</button><input aria-label="Search" id="search">{place}
<div class="tall">A long page</div></main><script src="{cx}/embed/shop.js" async></script></body></html>"""


class Shop:
    """A site that is not ours: its pages have the script tag, and a strict policy that trusts our origin alone."""

    def __init__(self, cx: str) -> None:
        self.texts = {"lang": "en", "dir": "ltr", "place": "", "cx": cx}
        shop = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header(
                    "Content-Security-Policy",
                    f"default-src 'none'; script-src {cx}; frame-src {cx}; img-src data:",
                )
                self.end_headers()
                self.wfile.write(HTML.format(**shop.texts).encode())

            def log_message(self, *_args: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def shop(live_server, settings):
    settings.PUBLIC_BASE_URL = live_server.url
    site = Shop(live_server.url)
    thread = threading.Thread(target=site.server.serve_forever)
    thread.start()
    yield site
    site.server.shutdown()
    thread.join()
    site.server.server_close()


@pytest.fixture
def link(shop):
    return SurveyLinkFactory(kind=SurveyLink.Kind.EMBED, code="shop", sites=[shop.url])


def enter(visit: Any, shop: Shop, path: str = "/", **options: Any) -> Page:
    """A visitor of the shop; whatever its policy refuses fails the test."""
    page = visit(**options).new_page()
    page.on("console", lambda message: complain(page, message))
    page.goto(shop.url + path)
    return page


def complain(page: Page, message: Any) -> None:
    if message.type == "error":
        raise AssertionError(message.text)


def survey(page: Page) -> Any:
    """What is in the frame, once it is as tall as it will be."""
    frame, outside = page.frame_locator("iframe"), page.locator("iframe")
    expect(frame.locator(".page")).to_be_visible()
    inside, tall = frame.locator(".page"), "box => box.getBoundingClientRect().height"

    def is_fitted() -> bool:
        return abs(outside.evaluate(tall) - inside.evaluate(tall)) < 2

    eventually(lambda: unless_it_navigates(is_fitted))
    return frame


def kept(page: Page) -> dict[str, Any]:
    return page.evaluate("JSON.parse(localStorage.getItem('cx-survey-shop')) || {}")


def wait_for_script(page: Page) -> None:
    page.wait_for_load_state("networkidle")


def test_a_visitor_answers_in_the_dialog_and_is_not_asked_again(visit, shop, link):
    page = enter(visit, shop)

    page.get_by_role("button", name="Feedback").click()
    choose(survey(page), "9")
    survey(page).get_by_role("button", name="Send my answer").click()
    expect(survey(page).get_by_role("heading", name="Thank you!")).to_be_visible()

    assert list(Answer.objects.values_list("score", flat=True)) == [9]
    response = SurveyResponse.objects.get()
    assert (response.channel, response.link_id) == ("embed", link.pk)
    assert page.context.cookies() == []
    becomes_true(page, "JSON.parse(localStorage.getItem('cx-survey-shop')).answered > 0")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("button", name="Feedback")).to_be_hidden()
    page.reload()
    wait_for_script(page)
    expect(page.get_by_role("button", name="Feedback")).to_be_hidden()


def test_nothing_is_fetched_from_us_but_the_script_before_the_dialog_opens(visit, shop, link):
    asked = []
    page = visit().new_page()
    page.on("request", lambda request: asked.append(request.url.replace(shop.texts["cx"], "cx")))
    page.goto(shop.url)
    expect(page.get_by_role("button", name="Feedback")).to_be_visible()

    assert asked == [f"{shop.url}/", "cx/embed/shop.js"]
    assert kept(page) == {}


def test_the_keyboard_gets_in_stays_in_and_gets_out(visit, shop, link):
    page = enter(visit, shop)
    opener = page.get_by_role("button", name="Feedback")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Your opinion")).to_be_visible()
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    expect(survey(page).get_by_role("button", name="Send my answer")).to_be_visible()

    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") not in ("buy", "search")
    survey(page).locator("textarea").focus()
    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_frame_is_as_tall_as_the_survey(visit, shop, link):
    shop.texts["place"] = '<div data-cx-survey="shop"></div>'
    page = enter(visit, shop, viewport={"width": 700, "height": 500})
    inside = survey(page).locator(".page")
    expect(inside).to_be_visible()

    becomes_true(
        page,
        "document.querySelector('[data-cx-survey]').shadowRoot.querySelector('iframe').offsetHeight > 330",
    )
    frame = page.locator("iframe")
    eventually(lambda: abs(frame.bounding_box()["height"] - inside.bounding_box()["height"]) < 2)
    expect(page.get_by_role("button", name="Feedback")).to_have_count(0)


def test_in_the_page_the_survey_is_answered_where_it_stands(visit, shop, link):
    shop.texts["place"] = '<div data-cx-survey="shop"></div>'
    page = enter(visit, shop)

    choose(survey(page), "3")
    survey(page).get_by_role("button", name="Send my answer").click()
    expect(survey(page).get_by_role("heading", name="Thank you!")).to_be_visible()

    assert list(Answer.objects.values_list("score", flat=True)) == [3]


def test_a_device_that_answered_sees_it_no_more_where_once_is_enough(visit, shop, link):
    SurveyLink.objects.update(per_device=True)
    shop.texts["place"] = '<div data-cx-survey="shop"></div>'
    page = enter(visit, shop)
    choose(survey(page), "3")
    survey(page).get_by_role("button", name="Send my answer").click()
    expect(survey(page).get_by_role("heading", name="Thank you!")).to_be_visible()
    becomes_true(page, "JSON.parse(localStorage.getItem('cx-survey-shop')).answered > 0")

    page.reload()
    wait_for_script(page)

    assert page.locator("iframe").count() == 0


@pytest.mark.parametrize(
    ("rules", "deed"),
    [
        ({"delay": 0}, "wait"),
        ({"scroll": 60}, "scroll"),
        ({"exit": True}, "leave"),
        ({"delay": 0, "path": "/offers/*"}, "wait"),
        ({"delay": 0, "share": 100}, "wait"),
    ],
)
def test_a_rule_opens_the_dialog_once_in_so_many_days(visit, shop, link, rules, deed):
    SurveyLink.objects.update(rules=rules)
    page = visit().new_page()
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => document.querySelector('.tall').style.height = '3000px')"
    )
    page.goto(f"{shop.url}/offers/spring")
    wait_for_script(page)
    act(page, deed)

    expect(page.get_by_role("dialog", name="Your opinion")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert kept(page)["shown"] > 0
    page.reload()
    wait_for_script(page)
    act(page, deed)
    page.wait_for_timeout(300)
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.evaluate("localStorage.setItem('cx-survey-shop', JSON.stringify({shown: Date.now() - 31 * 864e5}))")
    page.reload()
    wait_for_script(page)
    act(page, deed)
    expect(page.get_by_role("dialog")).to_be_visible()


def act(page: Page, deed: str) -> None:
    if deed == "scroll":
        page.evaluate("scrollTo(0, 0)")
        page.mouse.wheel(0, 2500)
    elif deed == "leave":
        page.evaluate("document.documentElement.dispatchEvent(new MouseEvent('mouseleave', {clientY: -1}))")


@pytest.mark.parametrize(
    ("rules", "lot"),
    [
        ({"delay": 0, "path": "/checkout"}, 0),
        ({"delay": 0, "share": 40}, 40.5),
        ({"scroll": 100}, 0),
        ({"delay": 600}, 0),
    ],
)
def test_whoever_is_not_meant_sees_nothing(visit, shop, link, rules, lot):
    SurveyLink.objects.update(rules=rules)
    page = visit().new_page()
    page.add_init_script(
        "localStorage.setItem('cx-survey-shop', '{\"lot\": %s}');"  # noqa: UP031  braces of JavaScript
        "document.addEventListener('DOMContentLoaded', () => document.querySelector('.tall').style.height = '3000px')"
        % lot
    )
    page.goto(f"{shop.url}/offers/spring")
    wait_for_script(page)
    page.wait_for_timeout(300)

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Feedback")).to_have_count(0)
    assert page.locator("iframe").count() == 0


def test_a_share_stays_the_same_for_one_visitor(visit, shop, link):
    SurveyLink.objects.update(rules={"share": 40})
    page = visit().new_page()
    page.goto(shop.url)
    page.evaluate("localStorage.setItem('cx-survey-shop', '{\"lot\": 39.5}')")
    page.reload()

    expect(page.get_by_role("button", name="Feedback")).to_be_visible()
    assert kept(page) == {"lot": 39.5}


def test_nobody_is_interrupted_while_typing(visit, shop, link):
    SurveyLink.objects.update(rules={"delay": 10})
    page = visit().new_page()
    page.clock.install()
    page.goto(shop.url)
    wait_for_script(page)
    page.locator("#search").focus()
    page.keyboard.type("boots")
    page.clock.run_for(11_000)
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.locator("#buy").focus()
    page.clock.run_for(3_000)

    expect(page.get_by_role("dialog", name="Your opinion")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#buy")).to_be_focused()


def test_another_site_can_neither_run_the_script_nor_frame_the_survey(visit, shop, link):
    SurveyLink.objects.update(sites=["https://shop.example"])
    shop.texts["place"] = (
        f'<iframe src="{shop.texts["cx"]}/a/shop/"></iframe><div data-cx-survey="shop"></div>'
    )
    said = []
    page = visit().new_page()
    page.on("console", lambda message: said.append(message.text))
    page.goto(shop.url)
    wait_for_script(page)

    assert f"The survey shop is not meant for {shop.url}." in said
    assert any("frame-ancestors" in each for each in said)
    assert page.locator("iframe").count() == 1
    assert page.frame_locator("iframe").get_by_role("radio").count() == 0


def test_messages_of_others_are_not_heard(visit, shop, link):
    page = enter(visit, shop)
    page.get_by_role("button", name="Feedback").click()
    expect(survey(page).locator(".page")).to_be_visible()

    page.evaluate("postMessage({cx: 'shop', close: true, answered: true, height: 5000}, '*')")
    page.evaluate("document.body.append(Object.assign(document.createElement('p'), {id: 'later'}))")
    page.wait_for_timeout(200)

    expect(page.get_by_role("dialog")).to_be_visible()
    assert "answered" not in kept(page)
    assert page.locator("iframe").bounding_box()["height"] < 5000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_speaks_the_sites_language_and_stands_at_its_end(visit, shop, link, scheme):
    shop.texts |= {"lang": "fa-IR", "dir": "rtl"}
    page = enter(
        visit, shop, color_scheme=scheme, reduced_motion="reduce", viewport={"width": 1000, "height": 800}
    )
    wait_for_script(page)
    button = page.get_by_role("button").filter(visible=True).last

    assert button.bounding_box()["x"] < 100
    assert violations(page) == []
    button.click()
    expect(survey(page).locator("html")).to_have_attribute("dir", "rtl")
    expect(survey(page).locator("html")).to_have_attribute("lang", "fa")
    dialog = page.get_by_role("dialog")
    assert dialog.bounding_box()["x"] < 100
    assert dialog.evaluate("each => getComputedStyle(each).animationName") == "none"
    dark = dialog.evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(22, 33, 42)"
    assert dark is (scheme == "dark")
    assert violations(page) == []


def test_on_a_narrow_screen_the_dialog_fits(visit, shop, link):
    page = enter(visit, shop, reduced_motion="reduce", viewport={"width": 320, "height": 600})
    page.get_by_role("button", name="Feedback").click()
    expect(survey(page).locator(".page")).to_be_visible()

    box = page.get_by_role("dialog").bounding_box()

    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 600
    assert survey(page).locator("html").evaluate("each => each.scrollWidth <= each.clientWidth")


def test_the_site_in_the_address_is_ours_alone(visit, shop, link):
    page = enter(visit, shop)
    page.get_by_role("button", name="Feedback").click()
    expect(survey(page).locator(".page")).to_be_visible()

    frame = urlsplit(page.locator("iframe").get_attribute("src"))

    assert f"{frame.scheme}://{frame.netloc}" == shop.texts["cx"]
    assert (frame.path, frame.query) == ("/a/shop/", "lang=en")
