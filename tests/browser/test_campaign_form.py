"""A campaign is written in one language at a time; what few campaigns need is folded away."""

import pytest
from django.conf import settings
from playwright.sync_api import expect

from tests.factories.staff import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
ADD = "/admin/surveys/campaign/add/"


def test_the_texts_of_one_language_are_shown_and_another_is_chosen_for_all_of_them(client, visit):
    client.force_login(UserFactory(roles=["Marketing"]))
    session = client.cookies[settings.SESSION_COOKIE_NAME]
    context = visit(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": session.key, "value": session.value, "domain": "localhost", "path": "/"}])
    page = context.new_page()

    page.goto(ADD)
    subject, message = page.locator(".field-subject"), page.locator(".field-body")
    expect(subject.locator("textarea:visible")).to_have_attribute("lang", "en")
    subject.locator("textarea:visible").fill("How was it?")
    subject.get_by_role("button", name="فارسی").click()
    expect(message.locator("textarea:visible")).to_have_attribute("lang", "fa")
    message.get_by_role("button", name="All languages").click()
    expect(subject.locator("textarea:visible")).to_have_count(5)
    expect(subject.locator("textarea[lang=en]")).to_have_value("How was it?")

    second = page.locator(".field-subject_b textarea[lang=en]")
    expect(second).to_be_hidden()
    page.get_by_role("heading", name="Compare two subjects").click()
    expect(second).to_be_visible()
