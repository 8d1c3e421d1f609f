"""Every page a customer may meet: open to everybody, on the smallest screen, in light and dark, in two directions."""

import gzip
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageChops
from playwright.sync_api import Locator, Page, expect

from customers.opt_in import request_opt_in
from customers.opt_in import token_for as opt_in_token_for
from staff.units import create_unit
from surveys.models import Answer, Question, Survey, SurveyLink, SurveyResponse, Theme
from surveys.questions.kinds import first_settings
from surveys.ways.tokens import token_for
from tests.browser.axe import AXE, violations
from tests.browser.test_look import too_wide
from tests.factories.customers import IdentityFactory
from tests.factories.followups import FollowUpRuleFactory, ImprovementFactory
from tests.factories.surveys import (
    InvitationFactory,
    QuestionFactory,
    SurveyFactory,
    SurveyLinkFactory,
    SurveyResponseFactory,
    published,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROW = {"width": 320, "height": 640}  # CSS pixels: a window of 1280 at 400 % (WCAG 1.4.10)
LIGHT_ENOUGH = 50_000  # bytes of a page with all that belongs to it
SEND = ".steps .send"
ASKED = {"en": "How was this part of your visit?", "fa": "این بخش از بازدید شما چطور بود؟"}
OPTION = {"en": "Friendliness of our staff", "fa": "خوش‌رویی کارکنان ما"}
HELP = {"en": "Think of your last visit.", "fa": "آخرین بازدید خود را در نظر بگیرید."}
LOADED = """performance.getEntries().filter(each => each.decodedBodySize)
  .map(each => [each.name.split("/static/")[1], each.decodedBodySize])"""
BLOCKING = "[...document.scripts].filter(each => each.src && !each.defer && each.type !== 'module').map(each => each.src)"
CHANGED = 100  # of 255: how much a point of a picture changes when somebody sees it
SEEN = 100  # points that change


def survey_of_every_kind(**settings: Any) -> Survey:
    survey = SurveyFactory(questions=[], **settings)
    kinds = [(kind, {}) for kind in Question.Kind] + [
        ("csat", {"style": "faces"}),
        ("csat", {"style": "numbers"}),
    ]
    for position, (kind, chosen) in enumerate(kinds, start=1):
        told = first_settings(kind) | chosen
        for options in (each for name, each in told.items() if name in ("options", "rows")):
            for option in options:
                option["text"] = OPTION
        QuestionFactory(
            survey=survey,
            position=position,
            key=f"q{position}",
            kind=kind,
            text=ASKED,
            help=HELP,
            settings=told,
        )
    return published(survey)


def survey_of_two_pages() -> Survey:
    survey = SurveyFactory(questions=["nps"])
    QuestionFactory(survey=survey, position=2, key="page-2", kind="csat", starts_page=True, is_required=True)
    return published(survey)


def pages_of_links() -> dict[str, tuple[str, list[str]]]:
    """Address of each page on an open link, and what is pressed to come to it."""
    survey = SurveyFactory(review_url="https://reviews.example/us")
    one = SurveyLinkFactory(survey=survey)
    full = SurveyLinkFactory(survey__quota=1, survey__taken=1)
    once = SurveyLinkFactory(per_device=True)
    opened = {
        "one page": (one, []),
        "every kind": (SurveyLinkFactory(survey=survey_of_every_kind()), []),
        "proof of work": (SurveyLinkFactory(work=1), []),
        "first of two pages": (two := SurveyLinkFactory(survey=survey_of_two_pages()), []),
        "second of two pages": (two, ["[value='9']", SEND]),
        "a problem": (two, ["[value='9']", SEND, SEND]),
        "nothing answered": (one, [SEND]),
        "closed": (SurveyLinkFactory(is_active=False), []),
        "ended": (SurveyLinkFactory(closes_at=timezone.now()), []),
        "full": (full, []),
        "thanks, and once more": (once, ["[value='9']", SEND]),
        "answered": (once, []),
        "kiosk": (kiosk := SurveyLinkFactory(kind=SurveyLink.Kind.KIOSK, survey=survey), []),
        "kiosk, a problem": (kiosk, [SEND]),
        "kiosk, thanks": (kiosk, ["[value='9']", SEND]),
        "kiosk of every kind": (
            SurveyLinkFactory(kind=SurveyLink.Kind.KIOSK, survey=survey_of_every_kind()),
            [],
        ),
    }
    pages = {
        name: (reverse("survey-kiosk" if link.kind == "kiosk" else "survey-open", args=[link.code]), deeds)
        for name, (link, deeds) in opened.items()
    }
    for number, (band, score) in enumerate({"bad": 2, "middle": 7, "good": 10}.items()):
        answer = SurveyResponseFactory(survey=survey, link=one, key=f"{number:032x}", score=score)
        pages[f"thanks, {band}"] = (reverse("survey-open-thanks", args=[one.code, answer.key]), [])
    return pages


def pages_of_a_customer(language: str) -> dict[str, tuple[str, list[str]]]:
    mail = IdentityFactory(value="amina@mail.example", customer__language=language)
    phone = IdentityFactory(customer=mail.customer, kind="phone", value="+38761000111")
    invitation = InvitationFactory(customer=mail.customer, address=mail.value, language=language)
    by_sms = InvitationFactory(
        customer=mail.customer,
        channel="sms",
        address=phone.value,
        language=language,
        wave=invitation.wave,
        occasion="2",
    )
    asked = request_opt_in(
        customer=mail.customer,
        purpose="marketing",
        channel="email",
        wording="May we send news?",
        at=timezone.now(),
    )
    token = token_for(invitation.pk)
    FollowUpRuleFactory(signal="call_request", survey=None, threshold=None)
    call = reverse("survey-call", args=[token])
    leave, preferences = reverse("unsubscribe", args=[token]), reverse("preferences", args=[token])
    return {
        "invited": (reverse("survey-answer", args=[token]), []),
        "preferences": (preferences, []),
        "preferences, saved": (preferences, ["[value='save']"]),
        "preferences, resting": (preferences, ["[value='rest']"]),
        "call me?": (call, []),
        "call noted": (call, [".send"]),
        "no more surveys?": (leave, []),
        "no more SMS?": (reverse("unsubscribe", args=[token_for(by_sms.pk)]), []),
        "no more surveys": (leave, [".send"]),
        "consent?": (reverse("opt-in", args=[opt_in_token_for(asked.pk)]), []),
        "consent": (reverse("opt-in", args=[opt_in_token_for(asked.pk)]), [".send"]),
        "no such link": (reverse("survey-answer", args=["1-abc"]), []),
        "no such consent": (reverse("opt-in", args=["1-abc"]), []),
    }


def pages_for_everybody() -> dict[str, tuple[str, list[str]]]:
    """Of a brand with a look of its own; Persian readers read one of the texts in English."""
    brand, empty = create_unit(name="Meridian", kind="brand"), create_unit(name="Nothing yet", kind="brand")
    Theme.objects.create(name="Meridian", unit=brand, accent="#ffcc00")
    for texts in ({"en": "The queue was long.", "fa": "صف طولانی بود."}, {"en": "Too dear."}):
        ImprovementFactory(state="done", is_public=True, unit=brand, you_said=texts)
    nothing = reverse("better-brand", args=[empty.pk])
    return {
        "you said, we did": (reverse("better"), []),
        "of a brand": (reverse("better-brand", args=[brand.pk]), []),
        "of a brand without any": (nothing, []),
    }


def go_to(page: Page, address: str, deeds: list[str], language: str) -> None:
    page.goto(f"{address}?lang={language}")
    for selector in deeds:
        page.locator(selector).first.click()
        page.wait_for_load_state()


def weight(page: Page) -> int:
    """Bytes that go over the wire: pages as they are, files compressed as WhiteNoise serves them."""
    return sum(
        len(gzip.compress(Path(str(finders.find(name))).read_bytes())) if name else size
        for name, size in page.evaluate(LOADED)
    )


def what_is_wrong(page: Page, language: str) -> list[str]:
    """Everything that shuts somebody out of the page as it stands."""
    found = [] if page.locator("html").get_attribute("lang") == language else ["another language"]
    if (page.locator("html").get_attribute("dir") == "rtl") != (language == "fa"):
        found.append("another direction")
    if too_wide(page):
        found.append("too wide")
    if (bytes_in_all := weight(page)) > LIGHT_ENOUGH:
        found.append(f"too heavy: {bytes_in_all}")
    found += [f"blocks: {script}" for script in page.evaluate(BLOCKING)]
    for scheme in ("light", "dark") if language == "en" else ("light",):  # the colours are the same
        page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {broken}" for broken in violations(page, colours_only=scheme == "dark")]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_page_is_open_to_everybody_on_the_narrowest_screen(visit, language):
    page = visit(
        locale=language, viewport=NARROW, reduced_motion="reduce", service_workers="block"
    ).new_page()
    page.add_init_script(AXE)

    problems = {}
    pages = pages_of_links() | pages_of_a_customer(language) | pages_for_everybody()
    for name, (address, deeds) in pages.items():
        go_to(page, address, deeds, language)
        problems[name] = what_is_wrong(page, language)

    assert {name: found for name, found in problems.items() if found} == {}


def difference(before: bytes, after: bytes) -> int:
    """Points of a picture that changed so much that it is seen."""
    images = [Image.open(BytesIO(each)).convert("L") for each in (before, after)]
    return sum(ImageChops.difference(*images).histogram()[CHANGED:])


def looks(page: Page, question: Locator) -> tuple[bytes, bytes, bytes]:
    """A question as it is met, with the focus on a point of it, and with that point chosen and the focus gone on."""
    control, away = question.locator("[type=radio], [type=checkbox]").nth(1), page.locator(SEND)
    away.focus()
    plain = question.screenshot()
    control.focus()
    focused = question.screenshot()
    page.keyboard.press("Space")
    away.focus()
    return plain, focused, question.screenshot()


def test_what_is_chosen_and_where_the_focus_is_can_be_told_in_forced_colours(visit):
    link = SurveyLinkFactory(survey=survey_of_every_kind())
    page = visit(
        forced_colors="active", color_scheme="dark", reduced_motion="reduce", viewport=NARROW
    ).new_page()
    page.goto(f"/a/{link.code}/")

    faint = {}
    for question in page.locator("fieldset.question:has([type=radio], [type=checkbox])").all():
        plain, focused, chosen = looks(page, question)
        faint[question.get_attribute("data-field")] = (difference(plain, focused), difference(plain, chosen))

    expect(page.locator(SEND)).to_have_css("border-top-style", "solid")
    assert len(faint) == 12
    assert {name: points for name, points in faint.items() if min(points) < SEEN} == {}


@pytest.mark.parametrize(("language", "forward"), [("en", "ArrowRight"), ("fa", "ArrowLeft")])
def test_a_keyboard_is_enough_and_its_arrows_only_choose(visit, language, forward):
    survey = SurveyFactory(questions=["nps", "csat"])
    page = visit(locale=language).new_page()
    sent = []
    page.on("request", lambda request: sent.append(request.method) if request.method == "POST" else None)
    page.goto(reverse("survey-open", args=[SurveyLinkFactory(survey=survey).code]))
    scales = page.locator("fieldset.question")

    scales.first.locator("input").first.focus()
    page.keyboard.press("Space")
    for _ in range(9):
        page.keyboard.press(forward)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(scales.first.locator("[value='9']")).to_be_checked()
    expect(scales.last.locator("[value='2']")).to_be_checked()
    assert (sent, SurveyResponse.objects.count()) == ([], 0)

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/thanks/*")
    assert list(Answer.objects.order_by("pk").values_list("score", flat=True)) == [9, 2]
