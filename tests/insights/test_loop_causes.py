"""The Pareto of root causes: branches with all that stands below them, and the way into one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Segment
from followups.improvements.raising import follow_ups_of_cause
from followups.models import RootCause
from insights.loop.causes import pareto_of
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, RootCauseFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
PAGE = "insights-loop"


@pytest.fixture
def tree():
    """Money (Billing (Twice), Contract) and Network."""
    money = RootCauseFactory(name="Money")
    billing = RootCauseFactory(name="Billing", parent=money)
    RootCauseFactory(name="Twice", parent=billing)
    RootCauseFactory(name="Contract", parent=money)
    RootCauseFactory(name="Network")
    return {cause.name: cause.pk for cause in RootCause.objects.all()}


def read(counts, *, within=None):
    found = pareto_of(
        counts, within=within, recovered={}, list_of=lambda _n, chosen: str(chosen), improve=str
    )
    return [(each.name, each.n, each.share.words, each.cumulative.words, each.opens) for each in found]


def test_branches_count_what_stands_below_them(tree):
    counts = {tree["Money"]: 1, tree["Billing"]: 2, tree["Twice"]: 3, tree["Network"]: 3, None: 1}

    assert read(counts) == [
        ("Money", 6, "60%", "60%", tree["Money"]),
        ("Network", 3, "30%", "90%", None),
        ("No cause", 1, "10%", "100%", None),
    ]
    assert read(counts, within=RootCause.objects.get(name="Money")) == [
        ("Billing", 5, "83%", "83%", tree["Billing"]),
        ("Money, not said more precisely", 1, "17%", "100%", None),
    ]
    assert read(counts, within=RootCause.objects.get(name="Network")) == [
        ("Network, not said more precisely", 3, "100%", "100%", None)
    ]
    assert read({}) == []


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40
)  # the tree stays as it is
@given(numbers=st.lists(st.integers(0, 50), min_size=6, max_size=6))
def test_whatever_was_counted_stands_in_one_branch_and_adds_up(tree, numbers):
    counts = dict(zip((*tree.values(), None), numbers, strict=True))

    top = pareto_of(counts, within=None, recovered={}, list_of=lambda _n, chosen: str(chosen), improve=str)
    money = RootCause.objects.get(name="Money")
    inside = pareto_of(
        counts, within=money, recovered={}, list_of=lambda _n, chosen: str(chosen), improve=str
    )

    assert sum(cause.n for cause in top) == sum(numbers)
    assert sum(cause.n for cause in inside) == sum(cause.n for cause in top if cause.name == "Money")
    for pareto in (top, inside):
        assert [cause.n for cause in pareto] == sorted((cause.n for cause in pareto), reverse=True)
        assert [cause.cumulative.hits for cause in pareto[-1:]] == [
            cause.cumulative.n for cause in pareto[-1:]
        ]


def resolved(cause, **fields):
    now = timezone.now()
    return FollowUpFactory(
        state="resolved", opened_at=now, contact_due_at=now, resolved_at=now, root_cause_id=cause, **fields
    )


def test_a_branch_leads_into_itself_and_to_its_follow_ups(client, tree):
    rule = FollowUpRuleFactory()
    for name in ("Money", "Twice", "Twice", "Network"):
        resolved(tree[name], rule=rule)
    client.force_login(UserFactory(roles=["Analysts"]))

    top = client.get(reverse(PAGE))
    inside = client.get(reverse(PAGE), {"period": "7", "cause": tree["Billing"]})

    assert f"?cause={tree['Money']}#in-causes" in top.content.decode()
    assert [(cause.name, cause.n) for cause in top.context["causes"]] == [("Money", 3), ("Network", 1)]
    listed = client.get(top.context["causes"][0].url).context["cl"].result_list
    assert len(listed) == 3
    assert [(cause.name, cause.n) for cause in inside.context["causes"]] == [("Twice", 2)]
    html = inside.content.decode()
    assert f"?period=7&amp;cause={tree['Money']}#in-causes" in html
    assert "?period=7#in-causes" in html


def test_a_branch_is_improved_with_all_that_stands_below_it(client, tree):
    rule = FollowUpRuleFactory()
    rows = [resolved(tree[name], rule=rule).pk for name in ("Money", "Twice", "Network")]
    client.force_login(UserFactory(roles=["Administrators"]))

    page = client.get(reverse(PAGE), {"cause": tree["Money"]})
    billing, itself = page.context["causes"]

    assert f"cause={tree['Billing']}&" in billing.improve_url
    assert itself.improve_url == ""
    now = timezone.now()
    found = follow_ups_of_cause(
        RootCause.objects.get(name="Money"), since=now - timedelta(days=1), until=now + timedelta(days=1)
    )
    assert {row.pk for row in found} == set(rows[:2])


@pytest.mark.parametrize("cause", ["x", "999999", "-1"])
def test_a_branch_that_is_none_is_told_and_ignored(client, tree, cause):
    resolved(tree["Network"])
    client.force_login(UserFactory(roles=["Analysts"]))

    page = client.get(reverse(PAGE), {"cause": cause})

    assert [each.name for each in page.context["causes"]] == ["Network"]


def test_a_segment_narrows_everything_for_who_may_use_segments(client, tree):
    rule = FollowUpRuleFactory()
    segment = Segment.objects.create(name="Ana", rule={"field": "first_name", "op": "is", "value": "Ana"})
    for name, cause in (("Ana", "Network"), ("Ana", "Network"), ("Boris", "Money")):
        customer = CustomerFactory(first_name=name)
        row = resolved(tree[cause], rule=rule, survey_response__customer=customer)
        row.legs.create(
            number=1,
            opened_at=row.opened_at,
            contact_due_at=row.opened_at,
            resolved_at=row.opened_at,
            root_cause_id=tree[cause],
        )
    shown = {}
    for role in ("Analysts", "Support"):
        client.force_login(UserFactory(roles=[role]))
        page = client.get(reverse(PAGE), {"segment": segment.pk})
        shown[role] = [(each.name, each.n) for each in page.context["causes"]]

    assert shown == {"Analysts": [("Network", 4)], "Support": [("Network", 4), ("Money", 2)]}


def test_a_segment_that_cannot_be_used_says_why(client, tree):
    segment = Segment.objects.create(name="Old", rule={"field": "gone", "op": "is", "value": "x"})
    client.force_login(UserFactory(roles=["Analysts"]))

    assert (
        "This segment cannot be used" in client.get(reverse(PAGE), {"segment": segment.pk}).content.decode()
    )
