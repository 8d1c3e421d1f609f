"""The next channel of who could not be reached by the first: once, untried, and at nobody else's address."""

from datetime import timedelta

import pytest

from customers.consent import suppress
from customers.models import Suppression
from mail.messages import Ending, Outcome
from surveys.models import Campaign, Invitation
from surveys.planning.waves import plan_wave
from surveys.sending.claiming import claim, give_back
from surveys.sending.handing_over import record_and_mark
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.surveys import CampaignFactory

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NUMBER = "+38761000111"


def reachable(*channels, **fields):
    """A customer with an address for each of these channels."""
    customer = CustomerFactory(language="en", **fields)
    for channel in channels:
        kind, value = {
            "email": ("email", f"c{customer.pk}@customers.example"),
            "sms": ("phone", f"+3876200{customer.pk:04}"),
            "app": ("external", f"crm:{customer.pk}"),
        }[channel]
        IdentityFactory(customer=customer, kind=kind, value=value)
    return customer


def refuse_all(campaign: Campaign, channel: str) -> None:
    """The provider of `channel` refuses everybody who is due."""
    [wave] = campaign.waves.all()
    claimed = claim(wave=wave.pk, channel=channel, at=NOON)
    sending = record_and_mark(claimed, [], claimed.addressees, campaign=campaign, at=NOON)
    refused = [(addressee, Outcome(Ending.REFUSED, "nobody there")) for addressee in sending]
    record_and_mark(claimed, refused, [], campaign=campaign, at=NOON)
    give_back(claimed)


@pytest.mark.parametrize(
    ("preferred", "tried"),
    [
        ("", ["email", "sms", "app"]),
        ("email", ["email", "sms", "app"]),
        ("sms", ["sms", "email", "app"]),
        ("app", ["app", "email", "sms"]),
    ],
)
def test_every_channel_is_tried_once_the_preferred_one_first(preferred, tried):
    reachable("email", "sms", "app", preferred_channel=preferred)
    campaign = CampaignFactory(channels=["email", "sms", "app"])
    plan_wave(campaign=campaign, at=NOON)

    for channel in tried:
        invitation = Invitation.objects.get()
        assert (invitation.state, invitation.channel) == ("planned", channel)
        refuse_all(campaign, channel)

    invitation.refresh_from_db()
    assert (invitation.state, invitation.channel, invitation.reason) == ("failed", tried[-1], "refused")


@pytest.mark.parametrize("other_state", ["planned", "sent"])
def test_nobody_is_written_to_at_a_number_that_somebody_else_of_the_wave_has(other_state):
    first = reachable("email", "app")
    IdentityFactory(customer=first, kind="phone", value=NUMBER)
    other = IdentityFactory(kind="phone", value=NUMBER, source="shop").customer
    campaign = CampaignFactory(channels=["email", "sms", "app"])
    plan_wave(campaign=campaign, at=NOON)
    if other_state == "sent":
        send_due_invitations(at=NOON, channel="sms")

    refuse_all(campaign, "email")

    assert dict(Invitation.objects.values_list("customer", "channel")) == {first.pk: "app", other.pk: "sms"}
    assert Invitation.objects.get(customer=other).state == other_state


def test_a_number_that_nobody_could_be_reached_at_is_free():
    first = reachable("email")
    IdentityFactory(customer=first, kind="phone", value=NUMBER)
    other = IdentityFactory(kind="phone", value=NUMBER, source="shop").customer
    campaign = CampaignFactory(channels=["email", "sms"])
    plan_wave(campaign=campaign, at=NOON)
    Invitation.objects.filter(customer=other).update(state="cancelled")

    refuse_all(campaign, "email")

    assert dict(Invitation.objects.values_list("customer", "state")) == {
        first.pk: "planned",
        other.pk: "cancelled",
    }


@pytest.mark.parametrize("reason", Suppression.Reason)
@pytest.mark.parametrize("channels", [["email", "sms"], ["email"]])
def test_whose_mails_came_back_while_they_waited_is_asked_by_the_next_channel(reason, channels):
    """Who said no is not asked by another way, and a reminder goes nowhere else."""
    waits, reminded = reachable("email", "sms"), reachable("email", "sms")
    campaign = CampaignFactory(channels=channels)
    plan_wave(campaign=campaign, at=NOON)
    Invitation.objects.filter(customer=reminded).update(sent_at=NOON - HOUR, attempts=1)
    for customer in (waits, reminded):
        digest = customer.identities.get(kind="email").digest
        suppress(channel="email", digest=digest, reason=reason, at=NOON)

    send_due_invitations(at=NOON)

    goes_on = reason == Suppression.Reason.BOUNCED and len(channels) > 1
    told = Invitation.objects.order_by("customer_id").values_list("state", "channel")
    assert list(told) == [("planned", "sms") if goes_on else ("excluded", "email"), ("sent", "email")]
    send_due_invitations(at=NOON, channel="sms")
    assert Invitation.objects.get(customer=waits).state == ("sent" if goes_on else "excluded")
