"""From a cause that is seen often to what everybody reads of it, in a real browser."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from followups.improvements.raising import link_follow_ups
from followups.models import FollowUp, Improvement, TellingCampaign
from surveys.models import Campaign, Invitation
from tests.browser.axe import AXE, violations
from tests.browser.test_look import DESK, PHONE, sign_in, switch, too_wide
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.followups import (
    FollowUpFactory,
    FollowUpRuleFactory,
    ImprovementFactory,
    RootCauseFactory,
)
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import AnswerFactory, CampaignFactory, QuestionFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def part(page: Page, name: str):
    """A form of the page, opened."""
    form = page.locator(f"details#{name}")
    if form.get_attribute("open") is None:
        form.locator("summary").click()
    return form


def test_a_cause_becomes_an_improvement_is_done_told_and_read_by_everybody(client, visit):
    cause, rule = RootCauseFactory(name="Waiting time"), FollowUpRuleFactory()
    TellingCampaign.objects.create(campaign=CampaignFactory(kind=Campaign.Kind.BY_API))
    for _ in range(5):
        FollowUpFactory(
            rule=rule,
            survey_response__customer=IdentityFactory().customer,
            state="resolved",
            root_cause=cause,
            outcome="solved",
            resolved_at=timezone.now(),
        )
    TeamFactory(members=[UserFactory(first_name="Boris", last_name="Kos")])
    page = sign_in(client, visit(viewport=DESK))

    page.goto(reverse("insights-loop"))
    page.get_by_role("link", name="Improve: Waiting time").click()
    expect(page.get_by_text("5 follow-ups are linked to it.")).to_be_visible()
    page.get_by_label("Title").fill("A second counter")
    page.get_by_role("button", name="Propose it").click()
    expect(page.get_by_text("Proposed. Next: who does it")).to_be_visible()

    plan = part(page, "plan")
    plan.get_by_label("Who does it").select_option(label="Boris Kos")
    plan.get_by_label("Done by").fill("2027-01-31")
    plan.get_by_label("How").fill("Rent one.")
    plan.get_by_role("button", name="Plan it").click()
    part(page, "start").get_by_role("button", name="Begin").click()
    part(page, "finish").get_by_role("button", name="It is done").click()

    texts = part(page, "texts")
    texts.locator("[name=you_said_en]").fill("The queue was long.")
    texts.locator("[name=what_we_did_en]").fill("There is a second counter.")
    texts.get_by_label("Show it on the public page").check()
    texts.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="See who would be told").click()
    page.get_by_role("button", name="Tell 5 people").click()

    expect(page.get_by_text("5 people stand in the ledger now.")).to_be_visible()
    assert Improvement.objects.get().state == "done"
    assert Invitation.objects.filter(state="planned").count() == 5
    reader = visit(javascript=False).new_page()
    reader.goto("/better/")
    expect(reader.get_by_text("There is a second counter.")).to_be_visible()
    expect(reader.get_by_text("raised by 5 people")).to_be_visible()


@pytest.mark.slow
def test_its_pages_are_accessible_in_both_themes_and_fit_a_phone(client, visit):
    TellingCampaign.objects.create(campaign=CampaignFactory(kind=Campaign.Kind.BY_API))
    follow_up = FollowUpFactory(survey_response__customer=IdentityFactory().customer)
    question = QuestionFactory(survey=follow_up.rule.survey, kind="comment")
    AnswerFactory(survey_response=follow_up.survey_response, question=question, score=None, text="Too slow!")
    every = [ImprovementFactory(state=state) for state in Improvement.State]
    for improvement in every:
        link_follow_ups(improvement=improvement, follow_ups=FollowUp.objects.all(), by=None, at=NOON)
    pages = [reverse("admin:followups_improvement_page", args=[each.pk]) for each in every]
    pages += [
        f"{pages[3]}?tell",
        reverse("admin:followups_improvements"),
        f"{reverse('admin:followups_propose')}?follow_ups={follow_up.pk}",
        reverse("admin:followups_follow_up", args=[follow_up.pk]),
    ]
    page = sign_in(client, visit(viewport=DESK))
    page.add_init_script(AXE)

    problems = {}
    for address in pages:
        page.goto(address)
        page.evaluate("for (const each of document.querySelectorAll('#main details')) each.open = true")
        for theme in ("light", "dark"):
            switch(page, theme)
            problems[address, theme] = violations(page, within="#main", colours_only=theme == "dark")
        page.set_viewport_size(PHONE)
        problems[address, "phone"] = ["too wide"] if too_wide(page) else []
        page.set_viewport_size(DESK)

    assert {where: found for where, found in problems.items() if found} == {}
