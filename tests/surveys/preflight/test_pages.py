import re
from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from staff.units import create_unit
from surveys.models import Campaign, ContactCap, ContactRules, SendingLimit
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.journeys import InteractionFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
State = Campaign.State


@pytest.fixture
def marketing(client):
    user = UserFactory(roles=["Marketing"])
    client.force_login(user)
    client.user = user
    return client


def page_of(campaign, name="preflight"):
    return reverse(f"admin:surveys_campaign_{name}", args=[campaign.pk])


def draft(**how):
    return CampaignFactory(**{"state": State.DRAFT, "starts_at": None, **how})


def words(page):
    return " ".join(page.content.decode().split())


def messages_of(page):
    return [str(message) for message in page.context["messages"]]


def test_the_page_comes_first_and_then_the_figures(marketing):
    ContactCap.objects.create(most=1, days=30)
    InvitationFactory(customer=IdentityFactory().customer, sent_at=timezone.now() - timedelta(days=3))
    IdentityFactory()
    CustomerFactory()
    campaign = draft()

    shell = marketing.get(page_of(campaign))
    figures = marketing.get(page_of(campaign), {"counted": ""}, headers=HTMX)

    assert 'hx-get="?counted"' in words(shell)
    assert "<html" not in words(figures)
    assert "asked often enough for now: 1 message in 30 days" in words(figures)
    assert "no address for these channels" in words(figures)
    assert "This is what different shares would come to" in words(figures)


@pytest.mark.parametrize("kind", Campaign.Kind.values)
def test_it_says_of_how_many_the_answers_are_expected(marketing, kind):
    customer = IdentityFactory().customer
    for hours in (1, 2):
        InteractionFactory(customer=customer, kind="purchase", at=timezone.now() - timedelta(hours=hours))

    page = words(marketing.get(page_of(draft(kind=kind, trigger="purchase")), {"counted": ""}))

    asked_of_late = "happened 2 times in the last four weeks. About 1 of these it would have asked"
    assert (asked_of_late in page) == (kind == "triggered")
    assert ("What the answers of four weeks could tell" in page) == (kind == "triggered")
    assert ("only the share that answers can be told" in page) == (kind == "by_api")
    assert ("Smallest change seen" in page) == (kind != "by_api")


def test_speed_limits_stand_beside_the_campaigns_own_speed(marketing):
    assert "as fast as possible" in words(marketing.get(page_of(draft())))
    SendingLimit.objects.create(channel="email", per_minute=1200)
    SendingLimit.objects.create(channel="email", domain="gmail.com", per_minute=30)
    SendingLimit.objects.create(channel="sms", per_minute=7)

    page = words(marketing.get(page_of(draft(per_hour=500))))

    assert (
        "500 messages an hour<br><bdi>E-mail</bdi>: 1,200 a minute<br><bdi>gmail.com</bdi>: 30 a minute"
        in page
    )
    assert "7 a minute" not in page
    assert "as fast as possible" not in words(marketing.get(page_of(draft())))


def test_only_hours_in_which_something_goes_out_take_room(marketing):
    for zone in ("Europe/Sarajevo", "Asia/Kathmandu"):
        IdentityFactory(customer__time_zone=zone)
    campaign = draft(send_at=time(18), reminders=0)

    page = marketing.get(page_of(campaign), {"counted": ""})

    assert page.context["hours"] == sorted({timezone.localtime(slot.at).hour for slot in slots_of(page)})
    assert len(page.context["hours"]) == 2
    assert [len(day.cells) for day in page.context["days"]] == [2] * len(page.context["days"])


def slots_of(page):
    return page.context["preflight"].outlook.slots


def test_names_are_on_a_page_of_their_own_and_paged(marketing, monkeypatch):
    monkeypatch.setattr("surveys.admin.preflight.NAMES_A_PAGE", 2)
    customers = [IdentityFactory(customer__last_name=f"Name{n}").customer for n in range(3)]
    campaign = draft()

    first = marketing.get(page_of(campaign, "people"), {"state": "asked"})
    second = marketing.get(page_of(campaign, "people"), {"state": "asked", "after": customers[1].pk})

    assert [each.customer for each in first.context["people"]] == customers[:2]
    assert [each.customer for each in second.context["people"]] == customers[2:]
    assert f"after={customers[1].pk}" in words(first)
    assert second.context["next"] is None


@pytest.mark.parametrize(
    "asked", ["state=no", "reason=no", "cap=no", "after=no", "language=%00", "channel=%00", "after=-1"]
)
def test_an_address_nobody_can_read_shows_everybody(marketing, asked):
    IdentityFactory()

    page = marketing.get(f"{page_of(draft(), 'people')}?{asked}")

    assert len(page.context["people"]) == 1


def test_a_draft_is_launched_for_a_moment_to_come(marketing):
    campaign = draft()
    tomorrow = timezone.localtime() + timedelta(days=1)

    page = marketing.post(
        page_of(campaign), {"do": "schedule", "starts_at": f"{tomorrow:%Y-%m-%dT%H:%M}"}, follow=True
    )

    campaign.refresh_from_db()
    assert campaign.state == State.SCHEDULED
    assert campaign.starts_at == tomorrow.replace(second=0, microsecond=0)
    assert "Starts on" in words(page)


@pytest.mark.parametrize(
    ("starts_at", "said"),
    [
        ("soon", "Enter a valid date/time."),
        ("", "Choose a day and an hour, or press “Launch now”."),
    ],
)
def test_a_moment_nobody_can_read_is_said_at_the_field_and_changes_nothing(marketing, starts_at, said):
    """An empty one least of all: it would have written to everybody at once."""
    campaign = draft()

    page = marketing.post(page_of(campaign), {"do": "schedule", "starts_at": starts_at})

    assert said in words(page)
    campaign.refresh_from_db()
    assert campaign.state == State.DRAFT


def test_who_may_not_launch_looks_and_presses_nothing(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    campaign = draft()

    assert 'name="do"' not in words(client.get(page_of(campaign)))
    assert client.post(page_of(campaign), {"do": "start"}).status_code == 403
    campaign.refresh_from_db()
    assert campaign.state == State.DRAFT


def test_support_does_not_see_it(client):
    client.force_login(UserFactory(roles=["Support"]))
    campaign = draft()

    assert [client.get(page_of(campaign, name)).status_code for name in ("preflight", "people")] == [403, 403]


def test_what_is_launched_is_looked_at_in_the_cockpit(marketing):
    campaign = CampaignFactory()

    assert marketing.get(page_of(campaign)).url == reverse(
        "admin:surveys_campaign_cockpit", args=[campaign.pk]
    )


def test_above_the_limit_a_second_person_agrees_on_this_page(client, marketing):
    ContactRules.objects.create(approval_from=2)
    for _ in range(2):
        IdentityFactory()
    campaign = draft(created_by=marketing.user)
    second = UserFactory(roles=["Marketing"])

    refused = marketing.post(page_of(campaign), {"do": "start"}, follow=True)
    asked = marketing.post(page_of(campaign), {"do": "request"}, follow=True)
    own = marketing.post(page_of(campaign), {"do": "approve"}, follow=True)
    client.force_login(second)
    looked_at = client.get(page_of(campaign))
    seen = looked_at.context["asked_for"]
    stale = client.post(page_of(campaign), {"do": "approve", "seen": "yesterday"}, follow=True)
    approved = client.post(page_of(campaign), {"do": "approve", "seen": seen}, follow=True)
    launched = client.post(page_of(campaign), {"do": "start"})

    [sentence] = messages_of(refused)
    assert sentence.startswith(
        "This campaign would ask 2 people. From 2 on a second person has to agree first:"
    )
    assert messages_of(asked) == ["1 person who may approve it was told."]
    assert messages_of(own) == [
        "You wrote this campaign or asked for the approval: somebody else has to agree."
    ]
    assert messages_of(stale) == ["The campaign was changed while you looked at it. Look at it again."]
    assert messages_of(approved) == ["Approved. It can be launched as it stands."]
    assert launched.url == reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])
    campaign.refresh_from_db()
    assert campaign.state == State.SCHEDULED
    assert second.notifications.get().url == page_of(campaign)


@pytest.mark.parametrize(
    ("limit", "is_open", "buttons", "said"),
    [
        (None, True, ["schedule", "start"], ""),
        (3, True, ["schedule", "start"], ""),
        (2, True, ["request"], "It asks 2 people, so it can be launched when a second person has agreed."),
        (None, False, [], "It can be launched when what has to be mended is mended."),
    ],
)
@pytest.mark.parametrize("headers", [HTMX, None])
def test_no_button_is_offered_that_would_be_refused(marketing, limit, is_open, buttons, said, headers):
    if limit:
        ContactRules.objects.create(approval_from=limit)
    for _ in range(2):
        IdentityFactory()
    campaign = draft(created_by=marketing.user, survey__is_open=is_open)

    figures = marketing.get(page_of(campaign), {"counted": ""}, headers=headers)

    offered = re.findall(r'<button[^>]*value="(\w+)"(?![^>]*disabled)', words(figures))
    assert offered == buttons
    assert said in words(figures)


@pytest.mark.parametrize(
    ("limit", "is_offered"),
    [
        pytest.param(2, True, id="all customers are so many, those of the unit are not"),
        pytest.param(1, True, id="those of the unit are enough"),
        pytest.param(None, False, id="nobody has to agree"),
    ],
)
@pytest.mark.parametrize("headers", [HTMX, None])
def test_who_sees_a_unit_may_ask_for_an_approval_that_all_customers_together_need(
    client, limit, is_offered, headers
):
    shop = create_unit(name="Shop", kind="brand")
    ContactRules.objects.create(approval_from=limit)
    for unit in (shop, None):
        IdentityFactory(customer__unit=unit)
    campaign = draft()
    client.force_login(UserFactory(roles=["Marketing"], unit=shop))

    figures = client.get(page_of(campaign), {"counted": ""}, headers=headers)

    assert ('value="request"' in words(figures)) == is_offered


def test_without_a_script_the_figures_come_with_their_page_and_its_buttons_launch(marketing):
    IdentityFactory()
    campaign = draft()

    page = words(marketing.get(page_of(campaign), {"counted": ""}))

    assert [page.count(part) for part in ("<html", 'id="launch"', 'id="ask"', "hx-swap-oob")] == [1, 1, 1, 0]
    assert "Who would be asked" in page
    form = page[page.rindex("<form", 0, page.index('value="start"')) :].partition("</form>")[0]
    assert ('name="starts_at"' in form, 'value="start"' in form) == (True, True)


def test_the_page_costs_the_same_with_three_names_as_with_one(marketing, django_assert_num_queries):
    campaign = draft()
    IdentityFactory()
    marketing.get(page_of(campaign, "people"))
    with django_assert_num_queries(10) as one:
        marketing.get(page_of(campaign, "people"))
    for _ in range(2):
        IdentityFactory()

    with django_assert_num_queries(len(one)):
        marketing.get(page_of(campaign, "people"))
