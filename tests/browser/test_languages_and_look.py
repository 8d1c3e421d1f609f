"""Translating a survey and choosing a brand's look, as staff do it: in light, in dark, and on a phone."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from surveys.models import Theme
from surveys.themes.theming import dark_properties, light_properties
from tests.browser.axe import violations
from tests.browser.test_look import PHONE, sign_in, too_wide
from tests.factories.surveys import SurveyFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("fa", "dark")])
def test_a_survey_is_translated_on_a_phone(client, visit, language, theme):
    survey = SurveyFactory(title={"en": "Your visit to {organisation}"})
    page = sign_in(client, visit(viewport=PHONE, color_scheme=theme), language=language)
    page.goto(reverse("admin:surveys_survey_translations", args=[survey.pk]) + "?language=fa")
    field = page.locator("[name='text:title']")
    assert (field.get_attribute("dir"), field.get_attribute("lang")) == ("rtl", "fa")
    assert (violations(page, within="#main"), too_wide(page)) == ([], False)

    field.fill("بازدید شما")
    page.locator(".tr-save button").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    assert violations(page, within="#main") == []

    field.fill("بازدید شما از {organisation}")
    page.locator(".tr-save button").click()
    expect(page.locator("[name='text:title'][aria-invalid]")).to_have_count(0)
    survey.refresh_from_db()
    assert survey.title["fa"] == "بازدید شما از {organisation}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_colour_is_seen_in_a_survey_before_it_is_saved(client, visit, scheme):
    theme = Theme.objects.create(name="Night shop")
    SurveyFactory(theme=theme)
    page = sign_in(client, visit(color_scheme=scheme))
    page.goto(reverse("admin:surveys_theme_change", args=[theme.pk]))
    expect(page.locator(".th-previews iframe")).to_have_count(2)
    expect(page.locator(".th-warning")).to_have_count(0)

    page.fill("[name=accent]", "#ffe000")

    light, dark = light_properties("#ffe000", theme.ground), dark_properties("#ffe000", theme.ground)
    expect(page.locator(".th-warning")).to_contain_text(light["accent"])
    for number, drawn in enumerate((light, dark)):
        ribbon = page.frame_locator(".th-previews iframe").nth(number).locator(".ribbon")
        expect(ribbon).to_have_css("background-color", rgb(drawn["accent"]))
        expect(ribbon).to_have_css("color", rgb(drawn["on-accent"]))
    assert violations(page, within="#main") == []
    theme.refresh_from_db()
    assert theme.accent == "#0a6c74"


def rgb(colour: str) -> str:
    return "rgb({}, {}, {})".format(*(int(colour[at : at + 2], 16) for at in (1, 3, 5)))
