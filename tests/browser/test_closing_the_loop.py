"""The figures of the loop before managers' eyes: both themes, a phone, Persian, and the keyboard alone."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from tests.browser.axe import AXE, violations
from tests.browser.conftest import becomes_true
from tests.browser.test_look import DESK, PHONE, sign_in, switch, too_wide
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, RootCauseFactory
from tests.factories.staff import UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
DRAWN = "Chart.getChart(document.querySelector('[data-in-pareto]'))"
LONG = "Wolfeschlegelsteinhausenbergerdorff"


@pytest.fixture
def resolved():
    """Six follow-ups of one owner for one cause, and one of nobody for another."""
    now = timezone.now()
    rule, owner = FollowUpRuleFactory(), UserFactory(last_name=LONG)
    causes = [RootCauseFactory(name=name) for name in (f"{LONG} {LONG}", "Billing")]
    for cause, whose, n in ((causes[0], owner, 6), (causes[1], None, 1)):
        for _ in range(n):
            FollowUpFactory(
                rule=rule,
                owner=whose,
                state="resolved",
                root_cause=cause,
                opened_at=now - timedelta(days=2),
                contact_due_at=now - timedelta(days=1),
                contacted_at=now - timedelta(days=1, hours=2),
                resolve_due_at=now - timedelta(hours=1),
                resolved_at=now,
            )


def open_page(page: Page) -> None:
    page.goto(reverse("insights-loop"))
    becomes_true(page, f"Boolean({DRAWN})")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_figures_can_be_read_by_everybody(client, visit, resolved, language):
    page = sign_in(client, visit(viewport=DESK), language=language)
    page.add_init_script(AXE)
    open_page(page)

    problems = {}
    for theme in ("light", "dark"):
        switch(page, theme)
        problems[theme] = violations(page, within="#main", colours_only=theme == "dark")
    page.set_viewport_size(PHONE)
    open_page(page)
    problems["phone"] = ["too wide"] if too_wide(page) else []

    assert problems == {"light": [], "dark": [], "phone": []}


@pytest.mark.parametrize(("language", "is_mirrored"), [("en", False), ("fa", True)])
def test_the_chart_draws_what_the_table_says(client, visit, resolved, language, is_mirrored):
    page = sign_in(client, visit(viewport=DESK), language=language)

    open_page(page)

    drawn = page.evaluate(
        f"[{DRAWN}.data.datasets.map(each => each.data), {DRAWN}.scales.x.options.reverse, {DRAWN}.scales.shares.options.reverse]"
    )
    assert drawn == [[[85.7, 100], [6, 1]], is_mirrored, is_mirrored]


def test_a_row_is_reached_and_opened_with_the_keyboard(client, visit, resolved):
    page = sign_in(client, visit(viewport=DESK))
    open_page(page)
    page.locator("#in-people").scroll_into_view_if_needed()
    page.get_by_role("region", name="By person").last.focus()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url("**/admin/followups/followup/?owner__id__exact=*")
    assert page.locator("#result_list tbody tr").count() == 6
