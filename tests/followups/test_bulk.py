"""One step for many follow-ups of the inbox, and who else looks at one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from followups.models import FollowUp, FollowUpVisit
from followups.working.visits import forget_visits, visit
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.staff import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
INBOX = "admin:followups_inbox"


@pytest.fixture
def amra():
    return UserFactory(roles=["Support"])


@pytest.fixture
def desk(client, amra):
    client.force_login(amra)
    return client


def chosen(*follow_ups):
    return [f"{each.pk}:{each.version}" for each in follow_ups]


def test_several_are_taken_at_once_and_who_was_slower_is_told(desk, amra):
    first, second, other = FollowUpFactory.create_batch(3)
    seen = chosen(first, second)
    FollowUp.objects.filter(pk=second.pk).update(version=2)

    page = desk.post(reverse(INBOX) + "?tab=unassigned", {"chosen": seen, "what": "take"}, follow=True)

    assert list(FollowUp.objects.order_by("pk").values_list("owner", flat=True)) == [amra.pk, None, None]
    assert page.redirect_chain[0][0].endswith("?tab=unassigned")
    assert [str(message) for message in page.context["messages"]] == [
        "1 follow-up changed.",
        "1 follow-up was changed by somebody else first: look at it again.",
    ]
    assert other.steps.count() == 0


def test_several_are_handed_over_or_given_a_priority(desk):
    boris = UserFactory()
    TeamFactory(members=[boris])
    rows = FollowUpFactory.create_batch(2)

    desk.post(reverse(INBOX), {"chosen": chosen(*rows), "what": "hand_over", "to": boris.pk})
    again = list(FollowUp.objects.all())
    desk.post(reverse(INBOX), {"chosen": chosen(*again), "what": "priority", "priority": 1})

    assert set(FollowUp.objects.values_list("owner", "priority", "version")) == {(boris.pk, 1, 3)}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"what": "take"}, "chosen"),
        ({"what": "take", "chosen": ["x"]}, "chosen"),
        ({"what": "take", "chosen": ["1"]}, "chosen"),
        ({"what": "take", "chosen": ["1:" + "9" * 40]}, "chosen"),
        ({"what": "resolve", "chosen": ["1:1"]}, "what"),
        ({"what": "hand_over", "chosen": ["1:1"]}, "to"),
        ({"what": "priority", "chosen": ["1:1"]}, "priority"),
        ({"what": "priority", "chosen": ["1:1"], "priority": "9"}, "priority"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(desk, typed, field):
    FollowUpFactory(pk=1)

    page = desk.post(reverse(INBOX) + "?tab=unassigned", typed)

    assert (page.status_code, list(page.context["bulk"].errors)) == (400, [field])
    assert 'role="alert"' in page.content.decode()
    assert FollowUp.objects.get().version == 1


def test_nobody_reaches_others_customers_or_works_without_the_permission(client):
    here, there = (create_unit(name=name, kind="brand") for name in ("Here", "There"))
    follow_up = FollowUpFactory(survey_response__customer=CustomerFactory(unit=there))
    limited, analyst = UserFactory(roles=["Support"], unit=here), UserFactory(roles=["Analysts"])

    for user, status in ((limited, 302), (analyst, 403)):
        client.force_login(user)
        assert (
            client.post(reverse(INBOX), {"chosen": chosen(follow_up), "what": "take"}).status_code == status
        )

    assert FollowUp.objects.get().owner is None


def test_who_opens_the_same_one_is_seen_until_they_leave(desk, amra):
    boris, follow_up = UserFactory(first_name="Boris", last_name="Babić"), FollowUpFactory()
    address = reverse("admin:followups_follow_up", args=[follow_up.pk]) + "?who"

    assert "Here too" not in desk.get(address).content.decode()
    visit(follow_up=follow_up, by=boris, at=timezone.now())
    assert f"Here too right now: {boris}" in desk.get(address).content.decode()
    assert list(visit(follow_up=follow_up, by=boris, at=timezone.now() + timedelta(minutes=1))) == []
    assert FollowUpVisit.objects.count() == 2


def test_visits_are_forgotten_after_a_day():
    follow_up = FollowUpFactory()
    visit(follow_up=follow_up, by=UserFactory(), at=NOON)
    visit(follow_up=follow_up, by=UserFactory(), at=NOON + timedelta(hours=20))

    forget_visits(at=NOON + timedelta(hours=25))

    assert FollowUpVisit.objects.count() == 1


def test_those_whose_customer_the_new_owner_may_not_see_stay_where_they_are(desk):
    shop = create_unit(name="Shop", kind="location", parent=create_unit(name="Meridian", kind="brand"))
    limited = UserFactory(roles=["Support"], unit=shop)
    TeamFactory(members=[limited])
    seen = FollowUpFactory(survey_response__customer=CustomerFactory(unit=shop))
    unseen = FollowUpFactory()

    page = desk.post(
        reverse(INBOX),
        {"chosen": chosen(seen, unseen), "what": "hand_over", "to": limited.pk},
        follow=True,
    )

    assert "1 follow-up changed." in page.content.decode()
    assert "its new owner may not see the customer" in page.content.decode()
    assert list(FollowUp.objects.order_by("pk").values_list("owner", flat=True)) == [limited.pk, None]
