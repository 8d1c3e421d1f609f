"""The staff site's look, page by page: within the window, mirrored for Persian, and open to everybody."""

import pytest
from django.conf import settings
from playwright.sync_api import BrowserContext, Page

from tests.browser.axe import violations
from tests.factories.staff import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PHONE = {"width": 390, "height": 844}


def sign_in(client, context: BrowserContext, *, language: str = "en") -> Page:
    client.force_login(UserFactory(roles=["Administrators"], language=language))
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": session.key, "value": session.value, "domain": "localhost", "path": "/"}])
    return context.new_page()


def addresses(page: Page) -> list[str]:
    """The sidebar's pages of the staff site; the API's documentation has a look of its own."""
    page.goto("/admin/")
    found = page.eval_on_selector_all("#nav-sidebar-apps a", "links => links.map(link => link.pathname)")
    return [address for address in found if address.startswith("/admin/")]


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_of_the_sidebar_is_accessible(client, visit, theme):
    page = sign_in(client, visit(color_scheme=theme))

    problems = {}
    for address in addresses(page):
        page.goto(address)
        problems[address] = violations(page, within="#main")

    assert {address: found for address, found in problems.items() if found} == {}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fa"])
def test_every_page_of_the_sidebar_fits_a_phone(client, visit, language):
    page = sign_in(client, visit(viewport=PHONE), language=language)

    too_wide_pages = []
    for address in addresses(page):
        page.goto(address)
        if too_wide(page):
            too_wide_pages.append(address)

    assert too_wide_pages == []


def test_persian_reads_from_the_right(client, visit):
    page = sign_in(client, visit(viewport={"width": 1440, "height": 900}), language="fa")

    page.goto("/admin/staff/user/")

    assert page.locator("html").get_attribute("dir") == "rtl"
    sidebar, main = page.locator("#nav-sidebar").bounding_box(), page.locator("#main").bounding_box()
    assert main["x"] + main["width"] == sidebar["x"]
    assert sidebar["x"] + sidebar["width"] == 1440
    label, field = (page.locator("#nav-sidebar-apps a span").nth(index).bounding_box() for index in (1, 0))
    assert label["x"] + label["width"] < field["x"]  # the icon stands before its word, on the right


def test_the_login_page_is_accessible_and_bears_the_organisations_name(visit):
    page = visit().new_page()

    page.goto("/admin/login/")

    assert settings.ORGANISATION_NAME in page.inner_text("h1")
    assert violations(page) == []
