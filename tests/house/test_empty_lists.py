"""An empty list says what to do: to whoever is new, and to whoever searched for something else."""

import pytest
from django.urls import reverse

from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory

pytestmark = pytest.mark.django_db
CAMPAIGNS = reverse("admin:surveys_campaign_changelist")
ADD = reverse("admin:surveys_campaign_add")


@pytest.mark.parametrize(
    ("role", "given", "query", "said", "offers_to_add"),
    [
        ("Marketing", 0, "", "Nothing here yet", True),
        ("Analysts", 0, "", "Nothing here yet", False),
        ("Marketing", 1, "?q=nowhere", "Nothing matches", False),
        ("Marketing", 1, "?state__exact=done", "Nothing matches", False),
    ],
)
def test_an_empty_list_says_what_to_do(client, role, given, query, said, offers_to_add):
    for _ in range(given):
        CampaignFactory(name="Spring", state="draft", starts_at=None)
    client.force_login(UserFactory(roles=[role]))

    page = client.get(CAMPAIGNS + query).content.decode()

    empty = page[page.index('class="cx-empty"') :].partition("</div>")[0]
    assert said in empty
    assert (f'href="{ADD}' in empty) == offers_to_add
