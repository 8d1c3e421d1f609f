"""What one person reads of their calls, and how they want to be told: both themes, a phone, Persian."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from staff.models import User
from tests.browser.axe import AXE, violations
from tests.browser.test_look import DESK, PHONE, sign_in, switch, too_wide
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory
from tests.factories.surveys import AnswerFactory, SurveyResponseFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LONG = "Wolfeschlegelsteinhausenbergerdorff"


def let_call(person):
    """A call each that made a customer happy, a little happier, and not at all."""
    rule, at = FollowUpRuleFactory(), timezone.now() - timedelta(days=2)
    for score in (10, 7, 2):
        customer = CustomerFactory(last_name=LONG)
        row = FollowUpFactory(rule=rule, owner=person, survey_response__customer=customer, contacted_at=at)
        row.steps.create(kind="contact", author=person, at=at)
        response = SurveyResponseFactory(
            customer=customer, score=score, score_kind="nps", submitted_at=timezone.now(), has_comment=True
        )
        AnswerFactory(survey_response=response, score=None, text=f"{LONG} {LONG}")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_calls_and_choices_can_be_read_by_everybody(client, visit, language):
    page = sign_in(client, visit(viewport=DESK), language=language)
    let_call(User.objects.get())
    page.add_init_script(AXE)
    problems = {}
    for name in ("insights-coaching", "admin:staff_mail_choice"):
        page.set_viewport_size(DESK)
        page.goto(reverse(name))
        for theme in ("light", "dark"):
            switch(page, theme)
            problems[name, theme] = violations(page, within="#main", colours_only=theme == "dark")
        page.set_viewport_size(PHONE)
        page.goto(reverse(name))
        problems[name, "phone"] = ["too wide"] if too_wide(page) else []

    assert {place: found for place, found in problems.items() if found} == {}


def test_the_keyboard_alone_chooses_one_mail_a_day(client, visit):
    page = sign_in(client, visit(viewport=DESK))
    page.goto(reverse("admin:staff_mail_choice"))

    page.get_by_label("Each at once").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Saved. It holds for what happens from now on.")).to_be_visible()
    expect(page.get_by_role("radio", name="One mail a day")).to_be_checked()
    assert User.objects.get().mails == "daily"
