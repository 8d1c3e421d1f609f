"""Staff whose browser runs no scripts see pages, and launch a campaign."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from surveys.models import Campaign
from tests.browser.test_look import DESK, sign_in
from tests.factories.customers import IdentityFactory
from tests.factories.surveys import CampaignFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_campaign_is_launched_without_a_script(client, visit):
    IdentityFactory()
    campaign = CampaignFactory(state=Campaign.State.DRAFT, starts_at=None)
    page = sign_in(client, visit(viewport=DESK, javascript=False))

    page.goto(reverse("admin:surveys_campaign_preflight", args=[campaign.pk]))
    page.get_by_role("link", name="Show the figures").click()
    expect(page.locator(".cp-figures")).to_be_visible()
    page.get_by_role("button", name="Launch now").click()

    expect(page.get_by_role("heading", name=campaign.name)).to_be_visible()
    assert Campaign.objects.get().state != Campaign.State.DRAFT
