"""The staff site's look, page by page: within the window, mirrored for Persian, and open to everybody."""

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from customers.models import Customer
from surveys.models import Invitation
from tests.browser.axe import AXE, violations
from tests.factories.customers import IdentityFactory, SegmentFactory
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.journeys import StageFactory
from tests.factories.loyalty import EarnRuleFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 720}
PARTS = 3  # of the sidebar, looked at side by side
CUT = """[...document.querySelectorAll("#result_list td")]
  .filter(each => getComputedStyle(each).overflow !== "visible" && each.scrollWidth > each.clientWidth + 1)
  .map(each => "cut: " + each.textContent.trim())"""


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


def switch(page: Page, theme: str) -> None:
    """As the menu's button does; what fades from one colour to the other has arrived when this returns."""
    page.emulate_media(color_scheme=theme)
    page.evaluate(
        """theme => {
          Alpine.$data(document.documentElement).switchTheme(theme);
          return Alpine.nextTick(() => {
            for (const each of document.getAnimations()) if (each instanceof CSSTransition) each.finish();
          });
        }""",
        theme,
    )


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_of_the_sidebar_is_accessible_in_both_themes_and_fits_a_phone(client, visit, part):
    page = sign_in(client, visit(viewport=DESK))
    pages = addresses(page)[part::PARTS]
    page.add_init_script(AXE)

    problems = {}
    for address in pages:
        page.goto(address)
        for theme in ("light", "dark"):
            switch(page, theme)
            assert (page.locator("html").get_attribute("class") == "dark") == (theme == "dark")
            problems[address, theme] = violations(page, within="#main", colours_only=theme == "dark")
        page.set_viewport_size(PHONE)
        problems[address, "phone"] = ["too wide"] if too_wide(page) else []
        page.set_viewport_size(DESK)

    assert len(pages) > 5
    assert {where: found for where, found in problems.items() if found} == {}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_of_the_sidebar_fits_a_phone_in_persian(client, visit, part):
    page = sign_in(client, visit(viewport=PHONE), language="fa")
    pages = addresses(page)[part::PARTS]

    too_wide_pages = []
    for address in pages:
        page.goto(address)
        if too_wide(page):
            too_wide_pages.append(address)

    assert len(pages) > 5
    assert too_wide_pages == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fa"])
def test_the_pages_of_campaigns_and_surveys_fit_a_phone(client, visit, language):
    draft = CampaignFactory(state="draft", starts_at=None)
    sent = InvitationFactory(wave__campaign=CampaignFactory(name="Everybody", channels=["email", "sms"]))
    launched = sent.wave.campaign
    long = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"
    IdentityFactory(customer=sent.customer, value=f"{long}@customers-of-ours.example")
    Customer.objects.filter(pk=sent.customer_id).update(last_name=long)
    Invitation.objects.filter(pk=sent.pk).update(address=f"{long}@customers-of-ours.example")
    of_a_campaign = {
        "change": [draft, launched],
        "preflight": [draft],
        "people": [draft],
        "cockpit": [launched],
    }
    of_a_survey = ("change", "build", "translations", "results", "versions")
    pages = [
        reverse("admin:surveys_campaign_add"),
        reverse("admin:surveys_invitation_changelist"),
        reverse("admin:surveys_history", args=[sent.customer_id]),
        reverse("admin:customers_customer_change", args=[sent.customer_id]),
        *(
            reverse(f"admin:surveys_campaign_{name}", args=[each.pk])
            for name, campaigns in of_a_campaign.items()
            for each in campaigns
        ),
        *(reverse(f"admin:surveys_survey_{name}", args=[launched.survey_id]) for name in of_a_survey),
    ]
    page = sign_in(client, visit(viewport=PHONE), language=language)

    problems = {}
    for address in pages:
        page.goto(address)
        if address.endswith("preflight/"):
            expect(page.locator(".cp-figures")).to_be_visible()
        problems[address] = ["too wide"] if too_wide(page) else []
        problems[address] += page.evaluate(CUT)

    assert {address: found for address, found in problems.items() if found} == {}


@pytest.mark.slow
def test_the_fields_of_forms_have_names_and_fit_a_phone(client, visit):
    """Rows of a table have only the head of their column, and select2 names a box after what is chosen in it."""
    program, rule = EarnRuleFactory().program, FollowUpRuleFactory()
    segment = SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"})
    stage = StageFactory()
    pages = [
        reverse("admin:loyalty_program_change", args=[program.pk]),
        reverse("admin:followups_followuprule_change", args=[rule.pk]),
        reverse("admin:journeys_journeymap_change", args=[stage.journey_map.pk]),
        reverse("admin:customers_segment_change", args=[segment.pk]),
        reverse("admin:surveys_campaign_add"),
    ]
    page = sign_in(client, visit(viewport=DESK))

    problems = {}
    for address in pages:
        page.goto(address, wait_until="load")
        problems[address] = violations(page, within="#main")
        page.set_viewport_size(PHONE)
        problems[address] += ["too wide"] if too_wide(page) else []
        page.set_viewport_size(DESK)

    assert {address: found for address, found in problems.items() if found} == {}


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
