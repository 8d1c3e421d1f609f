"""The tree of root causes: no loops, nothing lost, and only what is in use is offered."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from followups.causes import CauseRefused, CauseTree, delete_cause, keep_cause
from followups.models import RootCause
from followups.pages.cause_field import CauseField
from tests.factories.followups import FollowUpFactory, RootCauseFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
LIST = "admin:followups_rootcause_changelist"


@pytest.fixture
def tree():
    """Billing (Late, Wrong (Twice)) and, before it, Network."""
    billing = RootCauseFactory(name="Billing", position=2)
    RootCauseFactory(name="Network", position=1)
    RootCauseFactory(name="Late", parent=billing)
    wrong = RootCauseFactory(name="Wrong", parent=billing)
    RootCauseFactory(name="Twice", parent=wrong)
    return {cause.name: cause for cause in RootCause.objects.all()}


def read(rows):
    return [(cause.name, depth) for cause, depth in rows]


def test_sisters_stand_by_place_and_name_below_their_parent(tree):
    assert read(CauseTree.load().walk()) == [
        ("Network", 0),
        ("Billing", 0),
        ("Late", 1),
        ("Wrong", 1),
        ("Twice", 2),
    ]
    assert CauseTree.load().branch(tree["Wrong"].pk) == {tree["Wrong"].pk, tree["Twice"].pk}


def test_what_is_out_of_use_takes_with_it_what_stands_below(tree):
    RootCause.objects.filter(name="Wrong").update(is_active=False)

    assert read(CauseTree.load().in_use()) == [("Network", 0), ("Billing", 0), ("Late", 1)]
    field = CauseField(label="Cause")
    assert [str(label) for _value, label in field.choices] == [
        "---------",
        "Network",
        "Billing",
        "\u2003Late",
    ]
    assert field.clean(str(tree["Billing"].pk)) == tree["Billing"]  # a cause with others below may be chosen
    for name in ("Wrong", "Twice"):
        with pytest.raises(Exception, match="Select a valid choice"):
            field.clean(str(tree[name].pk))


@pytest.mark.parametrize("below", ["Billing", "Wrong", "Twice"])
def test_nothing_stands_below_itself(tree, below):
    billing = tree["Billing"]
    billing.parent = tree[below]

    with pytest.raises(CauseRefused, match="cannot stand below itself"):
        keep_cause(cause=billing)

    billing.refresh_from_db()
    assert billing.parent is None


@given(moves=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_however_branches_are_moved_every_cause_stays_in_the_tree(moves):
    RootCause.objects.update(parent=None)
    RootCause.objects.all().delete()
    causes = [RootCauseFactory() for _ in range(6)]
    for moved, below in moves:
        cause = RootCause.objects.get(pk=causes[moved].pk)
        cause.parent = causes[below]
        try:
            keep_cause(cause=cause)
        except CauseRefused:
            continue

    assert {cause.pk for cause, _depth in CauseTree.load().walk()} == {cause.pk for cause in causes}


def test_what_was_used_or_has_others_below_stays(tree):
    used = tree["Late"]
    FollowUpFactory(state="resolved", root_cause=used)

    with pytest.raises(CauseRefused, match="1 follow-up was resolved with “Late”, so it stays"):
        delete_cause(cause=used)
    with pytest.raises(CauseRefused, match="Other causes stand below “Wrong”"):
        delete_cause(cause=tree["Wrong"])
    assert RootCause.objects.count() == 5

    delete_cause(cause=tree["Twice"])
    delete_cause(cause=tree["Wrong"])
    assert RootCause.objects.count() == 3


def test_the_list_is_the_tree_and_needs_as_many_queries_for_three_as_for_one(client):
    client.force_login(UserFactory(roles=["Administrators"]))
    spent = []
    for n in (1, 3):
        while RootCause.objects.count() < n:
            RootCauseFactory(parent=RootCause.objects.order_by("pk").last())
        client.get(reverse(LIST))
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse(LIST))
        shown = list(page.context["cl"].result_list)
        assert [cause.depth for cause in shown] == list(range(n))
        spent.append(len(queries))

    assert spent == [spent[0], spent[0]]


def test_an_administrator_moves_a_branch_and_is_told_why_not(client, tree):
    client.force_login(UserFactory(roles=["Administrators"]))
    page = reverse("admin:followups_rootcause_change", args=[tree["Billing"].pk])
    form = {"name": "Invoices", "position": "2", "is_active": "on"}

    refused = client.post(page, form | {"parent": tree["Twice"].pk})
    assert refused.status_code == 200
    assert 'value="Invoices"' in refused.content.decode()
    assert RootCause.objects.get(pk=tree["Billing"].pk).name == "Billing"

    client.post(page, form | {"parent": tree["Network"].pk})
    moved = RootCause.objects.get(pk=tree["Billing"].pk)
    assert (moved.name, moved.parent) == ("Invoices", tree["Network"])


def test_deleting_a_used_one_says_what_to_do_instead(client, tree):
    client.force_login(UserFactory(roles=["Administrators"]))
    FollowUpFactory(state="resolved", root_cause=tree["Late"])

    for method in (client.get, client.post):
        page = method(reverse("admin:followups_rootcause_delete", args=[tree["Late"].pk]), follow=True)
        assert "Take it out of use instead." in page.content.decode()
    assert RootCause.objects.count() == 5

    client.post(reverse("admin:followups_rootcause_delete", args=[tree["Twice"].pk]), {"post": "yes"})
    assert RootCause.objects.count() == 4


def test_the_resolve_form_offers_those_in_use(client, tree):
    RootCause.objects.filter(name="Network").update(is_active=False)
    client.force_login(UserFactory(roles=["Support"]))

    html = client.get(reverse("admin:followups_follow_up", args=[FollowUpFactory().pk])).content.decode()

    assert "\u2003\u2003Twice</option>" in html
    assert "Network" not in html


def test_the_api_shows_the_tree_and_takes_only_what_is_in_use(client, tree):
    RootCause.objects.filter(name="Network").update(is_active=False)
    client.force_login(UserFactory(roles=["Administrators"]))
    rows = {row["name"]: row for row in client.get("/api/v1/root-causes/").json()["results"]}
    row = FollowUpFactory()

    assert rows["Late"] == {
        "id": tree["Late"].pk,
        "name": "Late",
        "parent": tree["Billing"].pk,
        "position": 0,
        "is_active": True,
    }
    resolved = client.post(
        f"/api/v1/follow-ups/{row.pk}/resolve/",
        {"root_cause": tree["Network"].pk, "outcome": "solved"},
        content_type="application/json",
    )
    assert resolved.status_code == 400
    row.refresh_from_db()
    assert row.state == "open"
