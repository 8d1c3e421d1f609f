"""Showing less of the inbox, coming back to it by name, and opening a follow-up by hand on its page."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from followups.models import FollowUp, SavedView
from staff.units import create_unit
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory
from tests.factories.journeys import InteractionFactory, TouchpointFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import SurveyFactory

pytestmark = pytest.mark.django_db
INBOX = "admin:followups_inbox"


@pytest.fixture
def amra():
    return UserFactory(roles=["Support"])


@pytest.fixture
def desk(client, amra):
    client.force_login(amra)
    return client


def listed(reply):
    return [row.follow_up for row in reply.context["page"].rows]


def test_each_filter_leaves_what_it_says(desk, amra):
    shop = TouchpointFactory()
    team = TeamFactory()
    plain = FollowUpFactory()
    urgent = FollowUpFactory(priority=1)
    owned = FollowUpFactory(owner=amra)
    of_team = FollowUpFactory(rule=FollowUpRuleFactory(team=team))
    reviewed = FollowUpFactory(
        source="review",
        survey_response=None,
        customer=CustomerFactory(),
        score=None,
        interaction=InteractionFactory(touchpoint=shop),
    )
    in_shop = FollowUpFactory(survey_response__survey=SurveyFactory(), survey_response__touchpoint=shop)
    FollowUp.objects.update(due_at=timezone.now())
    TeamFactory(members=[amra])

    def left(**chosen):
        return set(listed(desk.get(reverse(INBOX), {"tab": "overdue", **chosen})))

    assert left(priority=1) == {urgent}
    assert left(owner=amra.pk) == {owned}
    assert left(team=team.pk) == {of_team}
    assert left(source="review") == {reviewed}
    assert left(touchpoint=shop.pk) == {reviewed, in_shop}
    assert left(touchpoint=shop.pk, source="answer") == {in_shop}
    assert (
        left(priority="x", owner=0, team=9**9)
        == left()
        == {
            plain,
            urgent,
            owned,
            of_team,
            reviewed,
            in_shop,
        }
    )


def test_a_view_is_kept_found_and_forgotten(desk, amra):
    address = f"{reverse(INBOX)}?tab=team&priority=1"

    desk.post(address, {"save": "1", "name": "Urgent of ours"})
    desk.post(f"{reverse(INBOX)}?tab=team&priority=2", {"save": "1", "name": "Urgent of ours"})
    shown = desk.get(reverse(INBOX), {"narrow": 1}).content.decode()
    view = SavedView.objects.get()
    desk.post(reverse(INBOX), {"drop": view.pk})

    assert (view.user, view.name, view.query) == (amra, "Urgent of ours", "tab=team&priority=2")
    assert 'href="?tab=team&amp;priority=2"' in shown
    assert SavedView.objects.count() == 0


def test_nobody_forgets_the_views_of_others_and_nobody_keeps_more_than_thirty(desk, amra):
    others = SavedView.objects.create(user=UserFactory(), name="Theirs", query="tab=mine")
    SavedView.objects.bulk_create(SavedView(user=amra, name=f"View {n}", query="tab=mine") for n in range(30))

    desk.post(reverse(INBOX), {"drop": others.pk})
    page = desk.post(reverse(INBOX), {"save": "1", "name": "One more"}, follow=True)
    nameless = desk.post(reverse(INBOX), {"save": "1", "name": " "}, follow=True)

    assert SavedView.objects.filter(user=others.user).count() == 1
    assert SavedView.objects.filter(user=amra).count() == 30
    assert "You keep thirty views" in page.content.decode()
    assert "Give the view a name" in nameless.content.decode()


class TestANewOne:
    new = "admin:followups_new"

    def test_first_whom_then_what(self, desk, amra):
        customer = CustomerFactory(first_name="Ana", last_name="Petrović")
        IdentityFactory(customer=customer, value="ana@example.com")
        team = TeamFactory(members=[amra])

        found = desk.get(reverse(self.new), {"q": "ana@example.com"})
        page = desk.get(reverse(self.new), {"customer": customer.pk})
        reply = desk.post(
            f"{reverse(self.new)}?customer={customer.pk}",
            {"text": "Cried", "team": team.pk, "owner": amra.pk, "priority": 2},
        )

        assert found.context["found"] == [customer]
        assert (page.context["form"].initial["owner"], page.context["form"].initial["team"]) == (
            amra.pk,
            team.pk,
        )
        follow_up = FollowUp.objects.get()
        assert reply.headers["Location"] == reverse("admin:followups_follow_up", args=[follow_up.pk])
        assert (follow_up.summary, follow_up.owner, follow_up.priority) == ("Cried", amra, 2)
        assert "Cried" in desk.get(reply.headers["Location"]).content.decode()

    def test_with_something_missing_it_keeps_what_was_typed(self, desk):
        customer = CustomerFactory()

        page = desk.post(f"{reverse(self.new)}?customer={customer.pk}", {"text": "Cried"})

        assert (page.status_code, set(page.context["form"].errors)) == (400, {"team", "owner", "priority"})
        assert page.context["form"]["text"].value() == "Cried"
        assert FollowUp.objects.count() == 0

    @pytest.mark.parametrize("number", ["", "0", "x", "9" * 30])
    def test_about_nobody_it_asks_whom(self, desk, number):
        page = desk.get(reverse(self.new), {"customer": number})

        assert (page.status_code, page.context["customer"]) == (200, None)

    def test_who_sees_only_a_unit_finds_nobody_else(self, client):
        brand = create_unit(name="Meridian", kind="brand")
        shop = create_unit(name="Shop", kind="location", parent=brand)
        client.force_login(UserFactory(roles=["Support"], unit=shop))
        stranger = CustomerFactory(first_name="Ana", last_name="Petrović")

        page = client.get(reverse(self.new), {"customer": stranger.pk})
        found = client.get(reverse(self.new), {"q": "Petrović"})

        assert (page.context["customer"], found.context["found"]) == (None, [])

    def test_an_analyst_opens_none(self, client):
        client.force_login(UserFactory(roles=["Analysts"]))

        assert client.get(reverse(self.new)).status_code == 403


def test_what_helped_before_stands_beside(desk):
    shop = TouchpointFactory()
    solved = FollowUpFactory(
        survey_response__touchpoint=shop, state="resolved", outcome="solved", resolved_at=timezone.now()
    )
    solved.steps.create(kind="resolved", text="A new router", at=timezone.now())
    FollowUpFactory(
        survey_response__touchpoint=shop, state="resolved", outcome="not_solved", resolved_at=timezone.now()
    )
    follow_up = FollowUpFactory(survey_response__touchpoint=shop)

    page = desk.get(reverse("admin:followups_follow_up", args=[follow_up.pk]))

    assert [(case.pk, case.helped) for case in page.context["similar"]] == [(solved.pk, "A new router")]
    assert "A new router" in page.content.decode()


def test_the_whole_person_stands_beside_for_who_may_see_them(desk, client):
    follow_up = FollowUpFactory()
    InteractionFactory(customer=follow_up.customer, summary="Asked for the way")
    address = f"{reverse('admin:followups_follow_up', args=[follow_up.pk])}?person"

    shown = desk.get(address).content.decode()
    reader = UserFactory()
    reader.user_permissions.add(Permission.objects.get(codename="view_followup"))
    client.force_login(reader)

    assert "Asked for the way" in shown
    assert client.get(address).status_code == 403
