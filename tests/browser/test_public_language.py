"""A customer changes the language of a survey halfway, without JavaScript, and loses nothing."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from surveys.models import Answer, SurveyResponse
from surveys.ways.tokens import token_for
from tests.browser.axe import violations
from tests.browser.conftest import choose
from tests.factories.surveys import InvitationFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_survey(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(f"/s/{token_for(InvitationFactory().pk)}/")
    return page


def test_what_was_typed_is_there_in_the_other_language_and_the_answer_arrives(visit):
    page = open_survey(visit(javascript=False))
    choose(page, "9")
    page.locator("textarea").fill("Typed in\nEnglish")

    page.get_by_role("button", name="فارسی").click()

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("textarea")).to_have_value("Typed in\nEnglish")
    expect(page.locator("input[value='9']")).to_be_checked()
    assert not SurveyResponse.objects.exists()
    page.reload()  # sends the form again, as the browser would after asking
    expect(page.locator("textarea")).to_have_value("Typed in\nEnglish")
    page.locator(".send").click()
    expect(page).to_have_url(re.compile("/thanks/"))
    assert SurveyResponse.objects.get().language == "fa"
    assert list(Answer.objects.order_by("pk").values_list("score", "text")) == [
        (9, ""),
        (None, "Typed in\nEnglish"),
    ]


def test_the_enter_key_sends_the_answer(visit):
    page = open_survey(visit(javascript=False))
    choose(page, "9")

    page.get_by_role("radio", name=re.compile("^9")).press("Enter")

    expect(page).to_have_url(re.compile("/thanks/"))


@pytest.mark.parametrize("language", ["English", "فارسی"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_languages_stand_at_the_end_of_the_line_and_are_open_to_everybody(visit, theme, language):
    page = open_survey(visit(color_scheme=theme, viewport={"width": 800, "height": 900}))
    page.get_by_role("button", name=language).click()
    expect(page.get_by_role("button", name=language)).to_have_attribute("aria-current", "true")

    name, languages = page.locator(".organisation").bounding_box(), page.locator(".languages").bounding_box()

    assert violations(page) == []
    assert (languages["x"] < name["x"]) == (language == "فارسی")
