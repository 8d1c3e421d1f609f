"""The message of a campaign as one real customer would read it; looking at it sends and changes nothing."""

import pytest
from django.urls import reverse

from customers.consent import suppress_address
from mail.models import KeptMail
from staff.units import create_unit
from surveys.models import Invitation, Sender
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory
from tests.house.test_doors import everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


@pytest.fixture
def campaign():
    return CampaignFactory(
        subject={"en": "{first_name}, your order {order}", "fa": "سلام {first_name}"},
        subject_b={"en": "A word, {first_name}?"},
        body={"en": "Did {agent} help?"},
        kind="by_api",
        channels=["email", "sms"],
        sender=Sender.objects.create(
            name="Zeta", address="hello@zeta.example", reply_to="help@zeta.example", sms_name="ZETA"
        ),
    )


def message(campaign):
    return reverse("admin:surveys_campaign_message", args=[campaign.pk])


def reachable(**fields):
    customer = CustomerFactory(**{"language": "en", **fields})
    IdentityFactory(customer=customer)
    return customer


def test_it_is_shown_as_the_newest_of_the_segment_would_read_it(marketing, campaign):
    customer = reachable(first_name="Ana")

    page = marketing.get(message(campaign)).content.decode()

    for said in (
        "Ana, your order A-17",
        "Zeta &lt;hello@zeta.example&gt;",
        "help@zeta.example",
        "Did Ana help?",
        "a sample stands here",
    ):
        assert said in page
    assert str(customer) in page
    assert 'sandbox="allow-popups' in page


def test_where_nothing_happened_no_sample_is_shown(marketing):
    reachable(first_name="Ana")
    campaign = CampaignFactory(subject={"en": "Hello {first_name}"})

    page = marketing.get(message(campaign)).content.decode()

    assert "Hello Ana" in page
    assert "a sample stands here" not in page


def test_it_is_shown_for_whoever_is_searched_and_chosen_in_their_language_or_another(marketing, campaign):
    chosen = reachable(first_name="Zlata", language="fa")
    reachable(first_name="Bo")

    found = marketing.get(message(campaign), {"q": "Zla"}).content.decode()
    theirs = marketing.get(message(campaign), {"customer": chosen.pk}).content.decode()
    other = marketing.get(message(campaign), {"customer": chosen.pk, "language": "en", "variant": "b"})

    assert f"?customer={chosen.pk}" in found
    assert "سلام Zlata" in theirs
    assert "A word, Zlata?" in other.content.decode()


def test_its_html_comes_alone_and_can_run_nothing(marketing, campaign):
    customer = reachable(first_name="<b>Eve</b>")

    page = marketing.get(message(campaign), {"html": "", "customer": customer.pk})

    assert "sandbox" in page["Content-Security-Policy"]
    assert "Did Ana help?" in page.content.decode()
    assert "<b>Eve" not in page.content.decode()


def test_an_sms_is_shown_with_its_length(marketing, campaign, settings):
    settings.PUBLIC_BASE_URL = "https://feedback.meridian.example"
    customer = reachable(first_name="Ana")
    IdentityFactory(customer=customer, kind="phone", value="+38761000111")

    page = marketing.get(message(campaign), {"channel": "sms"}).content.decode()

    assert "+38761000111" in page
    assert "Ana, your order A-17" in page
    assert "Did Ana help?" not in page
    assert "an SMS says the subject alone" in page
    assert "2 SMS" in page
    assert "<bdi>ZETA</bdi>" in page
    assert "<iframe" not in page


def test_looking_changes_nothing_and_the_links_lead_nowhere(marketing, campaign):
    reachable()
    marketing.get(message(campaign))
    before = everything()

    page = marketing.get(message(campaign), {"html": ""}).content.decode()

    assert everything() == before
    token = page.split("/s/")[1].split("/")[0]
    assert marketing.get(reverse("survey-answer", args=[token])).status_code == 404


def test_nobody_is_found_whom_one_may_not_see(client, campaign):
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Zenica", kind="location", parent=brand)
    stranger = reachable(first_name="Zlata", unit=brand)
    client.force_login(UserFactory(roles=["Marketing"], unit=shop))

    for asked in ({}, {"q": "Zlata"}, {"customer": stranger.pk}):
        page = client.get(message(campaign), asked)
        assert "There is nobody to show the message for" in page.content.decode()
        assert str(stranger) not in page.content.decode()
    assert client.get(message(campaign), {"html": "", "customer": stranger.pk}).status_code == 404


def test_who_may_not_see_customers_sees_no_preview(client, campaign):
    client.force_login(UserFactory(is_staff=True))

    assert client.get(message(campaign)).status_code == 403


def test_a_test_is_the_message_that_is_shown_to_who_reads_it(client, campaign):
    """For the chosen customer, in the chosen language, with the chosen subject. The page stays as it was looked at."""
    chosen = reachable(first_name="Ana", language="fa")
    reachable(first_name="Bo")
    user = UserFactory(roles=["Marketing"], language="en")
    client.force_login(user)
    looked_at = f"{message(campaign)}?customer={chosen.pk}&language=fa&variant=a"

    reply = client.post(looked_at, {"do": "test"})

    assert reply.url == looked_at
    [test] = Invitation.objects.all()
    assert (test.address, test.is_test, test.state) == (user.email, True, Invitation.State.SENT)
    assert (test.customer, test.channel, test.language, test.variant) == (chosen, "email", "fa", "a")
    assert KeptMail.objects.get().subject == "سلام Ana"


def test_the_second_subject_is_tried_out_as_it_is_shown(marketing, campaign):
    reachable(first_name="Ana")

    marketing.post(message(campaign) + "?variant=b", {"do": "test"})

    assert KeptMail.objects.get().subject == "A word, Ana?"


def test_an_sms_is_tried_out_on_a_number_that_is_typed_in(marketing, campaign):
    customer = reachable(first_name="Ana")
    IdentityFactory(customer=customer, kind="phone", value="+38761000111")
    looked_at = message(campaign) + "?channel=sms"

    page = marketing.get(looked_at).content.decode()
    told = marketing.post(looked_at, {"do": "test", "to": "+387 61 222 333"}, follow=True)

    assert 'name="to"' in page
    assert "Send a test to" not in page
    assert [str(each) for each in told.context["messages"]] == ["The test is on its way to +38761222333."]
    [test] = Invitation.objects.all()
    assert (test.channel, test.address, test.is_test) == ("sms", "+38761222333", True)
    [kept] = KeptMail.objects.all()
    assert (kept.channel, kept.recipient) == ("sms", "+38761222333")
    assert "Ana, your order A-17" in bytes(kept.message).decode()


@pytest.mark.parametrize("to", ["", "soon", "+38761000999"])
def test_no_sms_leaves_to_what_is_no_number_or_wants_nothing(marketing, campaign, to):
    reachable()
    suppress_address(channel="sms", address="+38761000999", reason="unsubscribed", at=NOON)

    told = marketing.post(message(campaign) + "?channel=sms", {"do": "test", "to": to}, follow=True)

    assert [each.level_tag for each in told.context["messages"]] == ["error"]
    assert not Invitation.objects.exists()
    assert not KeptMail.objects.exists()


def test_who_may_not_launch_sends_no_test(client, campaign):
    reachable()
    client.force_login(UserFactory(roles=["Analysts"]))

    assert client.post(message(campaign), {"do": "test"}).status_code == 403
    assert not Invitation.objects.exists()
