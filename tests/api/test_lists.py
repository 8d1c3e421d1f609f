"""What every list of the API keeps: pages by key, and a query count that does not grow with its rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Customer
from cxplatform.api import router
from loyalty.models import Entry
from tests.factories.customers import IdentityFactory, PersonaFactory, SegmentFactory
from tests.factories.followups import FollowUpFactory, ImprovementFactory, RootCauseFactory
from tests.factories.journeys import InteractionFactory, TouchpointFactory
from tests.factories.loyalty import AccountFactory, ProgramFactory, RewardFactory
from tests.factories.surveys import CampaignFactory, SurveyFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db


def known_customer() -> Customer:
    return IdentityFactory().customer


def account_with_entry() -> Entry:
    AccountFactory(balance=50)
    return Entry.objects.latest("pk")


LISTS: dict[str, tuple[Callable[[], Any], int]] = {  # what fills the list, and its queries after the key's
    "customers": (known_customer, 3),
    "segments": (SegmentFactory, 1),
    "personas": (PersonaFactory, 1),
    "touchpoints": (TouchpointFactory, 1),
    "interactions": (InteractionFactory, 1),
    "surveys": (SurveyFactory, 2),
    "campaigns": (CampaignFactory, 1),
    "responses": (SurveyResponseFactory, 2),
    "follow-ups": (FollowUpFactory, 3),
    "root-causes": (RootCauseFactory, 1),
    "improvements": (ImprovementFactory, 3),
    "programs": (ProgramFactory, 1),
    "rewards": (RewardFactory, 1),
    "accounts": (AccountFactory, 1),
    "entries": (account_with_entry, 1),
}
KEY = 1  # the query that finds the key and its user


def test_every_list_is_in_this_table():
    assert {prefix for prefix, _viewset, _name in router.registry} == LISTS.keys()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_as_many_queries_with_three_rows_as_with_one(api, name):
    make, expected = LISTS[name]
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            make()
        with CaptureQueriesContext(connection) as queries:
            page = api.get(f"/api/v1/{name}/")
        assert page.status_code == 200
        counts.append(len(queries))

    assert counts == [KEY + expected] * 2


@pytest.mark.parametrize("name", LISTS)
def test_pages_neither_skip_nor_repeat_while_rows_are_added(api, name):
    make, _ = LISTS[name]
    for _ in range(5):
        make()
    whole = [row["id"] for row in api.get(f"/api/v1/{name}/").json()["results"]]

    seen, address = [], f"/api/v1/{name}/?page_size=2"
    while address:
        page = api.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
        make()

    assert seen == whole
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("name", LISTS)
def test_one_row_is_read_by_its_number_and_a_number_nobody_has_is_not_found(api, name):
    make, _ = LISTS[name]
    make()
    [row] = api.get(f"/api/v1/{name}/?page_size=1").json()["results"]

    assert api.get(f"/api/v1/{name}/{row['id']}/").json() == row
    missing = api.get(f"/api/v1/{name}/{10**12}/")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_needs_its_own_scope(open_with, name):
    prefix_scopes = {prefix: viewset.read_scope for prefix, viewset, _ in router.registry}
    others = {scope for scope in prefix_scopes.values() if scope != prefix_scopes[name]}

    assert open_with(*others).get(f"/api/v1/{name}/").status_code == 403
    assert open_with(prefix_scopes[name]).get(f"/api/v1/{name}/").status_code == 200
