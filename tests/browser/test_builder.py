"""Building a survey: with the keyboard alone, on a telephone, in the dark and from the right."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Locator, Page, expect

from surveys.models import Question, Survey
from surveys.writing.drafting import add_question
from surveys.writing.starters import start_survey
from tests.browser.axe import violations
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyFactory
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


def sign_in(client, context: BrowserContext, *, language: str = "en", role: str = "Marketing") -> Page:
    client.force_login(UserFactory(roles=[role], language=language))
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "domain": "localhost", "path": "/"}])
    return context.new_page()


def build(page: Page, survey: Survey) -> None:
    page.goto(f"/admin/surveys/survey/{survey.pk}/build/")
    expect(page.frame_locator("iframe").locator("h1")).to_be_visible()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def go_to(page: Page, place: Locator) -> None:
    """By the Tab key, as somebody without a mouse would."""
    for _ in range(30):
        press(page, "Tab")
        if place.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"No way by keyboard to {place}")


def add_by_keyboard(page: Page, kind: str) -> None:
    """From the button to the kind by Tab and Enter, and then to the new question's wording."""
    page.get_by_role("button", name="Add a question", exact=True).focus()
    press(page, "Enter")
    go_to(page, page.locator(f"#bu-kinds [value={kind}]"))
    press(page, "Enter")
    expect(page.locator("[id$=_text]:focus")).to_have_value("")


def open_question(page: Page, name: str) -> None:
    """Open a card and wait until the first of its fields has the focus: whoever types sooner types into that."""
    page.get_by_role("button", name=re.compile(name)).click()
    expect(page.locator(".bu-editor:not([hidden]) textarea:focus")).to_be_visible()


def test_a_survey_is_built_and_published_with_the_keyboard_alone(client, visit):
    survey = SurveyFactory(questions=[], name="By hand")
    page = sign_in(client, visit(viewport=DESK))
    build(page, survey)
    preview = page.frame_locator("iframe")

    add_by_keyboard(page, "choice")
    page.keyboard.type("Why did you come?")
    go_to(page, page.get_by_label("Wording of the option").first)
    page.keyboard.type("To buy")
    go_to(page, page.get_by_label("Wording of the option").nth(1))
    page.keyboard.type("To look")
    press(page, "Enter")
    page.keyboard.type("To ask")
    press(page, "Alt+ArrowUp", "Escape")
    expect(preview.get_by_text("To ask")).to_be_visible()

    add_by_keyboard(page, "nps")
    press(page, "Escape")
    expect(page.locator("[data-bu-open]:focus")).to_contain_text("NPS")
    press(page, "Alt+ArrowUp")
    expect(page.locator("#bu-said")).to_have_text("Question moved to place 1 of 2")
    expect(page.locator("[data-bu-open]:focus")).to_contain_text("How likely are you to recommend")

    page.get_by_role("button", name="Publish").focus()
    press(page, "Enter")
    expect(page.locator("#bu-state")).to_contain_text("Version 1 is published")

    expect(preview.locator("fieldset, .question").first).to_contain_text("How likely are you to recommend")
    survey.refresh_from_db()
    published = survey.version.contents["questions"]
    assert [each["kind"] for each in published] == ["nps", "choice"]
    assert [option["text"]["en"] for option in published[1]["settings"]["options"]] == [
        "To buy",
        "To ask",
        "To look",
    ]


def test_a_condition_is_chosen_and_said_in_words(client, visit):
    survey = SurveyFactory(questions=["nps", "comment"])
    page = sign_in(client, visit(viewport=DESK))
    build(page, survey)

    open_question(page, "What is the most important reason")
    page.get_by_role("button", name="Add a condition").first.click()
    page.get_by_label("How it is compared").select_option("at_most")
    page.get_by_label("Compared with").select_option("6")

    expect(page.locator(".bu-if")).to_contain_text("Asked only if question 1 is at most 6")
    key = survey.questions.first().key
    eventually(
        lambda: survey.questions.last().show_if,
        until={"all": [{"question": key, "op": "at_most", "value": 6}]}.__eq__,
    )


def test_a_question_is_dragged_to_its_place(client, visit):
    survey = SurveyFactory(questions=["nps", "csat", "comment"])
    page = sign_in(client, visit(viewport=DESK))
    build(page, survey)

    cards = page.locator("#bu-questions > li")
    dragged, *others = cards.evaluate_all("cards => cards.map(card => card.id)")
    page.locator(".bu-handle").first.hover()
    page.mouse.down()

    def drag_below_the_last() -> list[str]:
        lowest = cards.last.bounding_box()
        for above in (20, 10):
            page.mouse.move(lowest["x"] + 20, lowest["y"] + lowest["height"] - above)
        return cards.evaluate_all("cards => cards.map(card => card.id)")

    eventually(drag_below_the_last, until=[*others, dragged].__eq__)
    page.mouse.up()

    expect(page.locator("#bu-said")).to_have_text("Question moved to place 3 of 3")
    expect(page.locator(".bu-number")).to_have_text(["1", "2", "3"])
    assert list(survey.questions.present().values_list("kind", flat=True)) == ["csat", "comment", "nps"]


def test_what_cannot_be_saved_stays_as_it_was_typed(client, visit):
    survey = SurveyFactory(questions=["nps"])
    add_question(survey=survey, kind="number", text={"en": "How many?"})
    page = sign_in(client, visit(viewport=DESK))
    build(page, survey)

    open_question(page, "How many")
    page.get_by_label("Lowest number allowed").fill("5")
    page.get_by_label("Highest number allowed").fill("4")
    page.get_by_label("Highest number allowed").blur()
    expect(page.get_by_text("The lowest number allowed is above the highest.")).to_be_visible()
    expect(page.get_by_label("Highest number allowed")).to_have_attribute("aria-invalid", "true")
    assert Question.objects.get(kind="number").settings in ({}, {"lowest": 5})

    page.get_by_role("button", name=re.compile("How many")).click()
    open_question(page, "How many")
    expect(page.get_by_label("Highest number allowed")).to_have_value("4")
    page.get_by_label("Highest number allowed").fill("6")
    page.get_by_label("Highest number allowed").blur()
    expect(page.locator("[id$=-status]", has_text="Saved")).to_be_visible()
    assert Question.objects.get(kind="number").settings == {"lowest": 5, "highest": 6}


def test_a_question_is_removed_only_when_meant(client, visit):
    survey = SurveyFactory(questions=["nps", "comment"])
    page = sign_in(client, visit(viewport=DESK))
    build(page, survey)

    page.get_by_role("button", name="Remove", exact=True).last.click()
    page.get_by_role("button", name="Keep it").click()
    assert survey.questions.present().count() == 2

    page.get_by_role("button", name="Remove", exact=True).last.click()
    page.locator("#bu-sure").get_by_role("button", name="Remove").click()
    expect(page.locator(".bu-card [data-bu-open]")).to_have_count(1)
    assert survey.questions.present().count() == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("viewport", "language", "theme", "role"),
    [
        (DESK, "en", "light", "Marketing"),
        (DESK, "fa", "dark", "Marketing"),
        (PHONE, "fa", "light", "Marketing"),
        (PHONE, "en", "dark", "Analysts"),
    ],
)
def test_it_is_open_to_everybody_on_every_screen(client, visit, viewport, language, theme, role):
    survey = start_survey(slug="support", language=language)
    page = sign_in(
        client, visit(viewport=viewport, color_scheme=theme, locale=language), language=language, role=role
    )
    page.goto(f"/admin/surveys/survey/{survey.pk}/build/")

    page.locator("[data-bu-open]").nth(2).click()
    expect(page.locator(".bu-card .bu-options")).to_be_visible()
    page.locator("#before > summary").click()

    assert violations(page, within="#main") == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_the_preview_follows_what_is_edited_and_chosen(client, visit):
    survey = SurveyFactory(questions=["nps"], thanks_by_band={"bad": {"en": "We are sorry."}})
    add_question(survey=survey, kind="text", text={"en": "Your shop?"}, starts_page=True)
    page = sign_in(client, visit(viewport=DESK))
    build(page, survey)
    preview = page.frame_locator("iframe")

    open_question(page, "Your shop")
    expect(preview.get_by_text("Your shop?")).to_be_visible()
    page.get_by_label("Wording", exact=True).fill("Which shop?")
    expect(preview.get_by_text("Which shop?")).to_be_visible()

    choices = page.get_by_label("Preview")
    choices.get_by_label("Page", exact=True).select_option("page=1")
    choices.get_by_title("Dark").click()
    expect(preview.locator("html")).to_have_attribute("data-scheme", "dark")
    choices.get_by_label("Page", exact=True).select_option("thanks=bad")
    expect(preview.get_by_text("We are sorry.")).to_be_visible()
    expect(preview.locator("html")).to_have_attribute("data-scheme", "dark")
    choices.get_by_title("Computer").click()
    assert preview.locator("html").evaluate("html => html.clientWidth") == 1100
