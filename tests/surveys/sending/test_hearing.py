from datetime import timedelta

import pytest
from django.urls import reverse

from customers.merging.merges import merge
from customers.privacy.erasing import erase_customer
from events.delivery import deliver_events
from followups.models import FollowUp, Signal
from followups.pages.said import first_said
from journeys.models import Interaction
from mail.incoming.taking import take_mail
from mail.keys import message_id_of
from mail.models import ReceivedLetter
from staff.units import create_unit
from surveys.models import Campaign, Invitation
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpRuleFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory
from tests.mail.test_letters import answer

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture
def invitation():
    """Asked about their delivery, and not answered."""
    survey = SurveyFactory(touchpoint=TouchpointFactory(name="Delivery"))
    campaign = CampaignFactory(name="After delivery", survey=survey)
    return InvitationFactory(wave__campaign=campaign, customer=IdentityFactory().customer, attempts=1)


def write_back(invitation, text="The parcel was wet.", *, number="a1", **headers):
    ours = message_id_of(f"invitation.{invitation.pk}.1", domain="cx.example")
    named = {"In_Reply_To": ours, "Message_ID": f"<{number}@mail.customers.example>", **headers}
    take_mail(content=answer(text, **named), at=LATER)
    deliver_events(at=LATER)


def test_who_writes_back_is_heard_once(invitation):
    for _again in range(3):
        write_back(invitation, "The parcel was wet.\n\n> How are we doing?")

    campaign = invitation.wave.campaign
    message = Interaction.objects.get(kind="message")
    assert (message.customer, message.touchpoint, message.at) == (
        invitation.customer,
        campaign.survey.touchpoint,
        LATER,
    )
    assert (message.source, message.summary, message.detail) == (
        f"reply:{campaign.pk}",
        "The parcel was wet.",
        {"text": "The parcel was wet.", "source": "After delivery", "invitation": invitation.pk},
    )
    letter = ReceivedLetter.objects.get()
    assert (letter.read_at, bytes(letter.content), letter.sender) == (LATER, b"", "")


def test_a_rule_for_messages_opens_a_follow_up_with_their_words(invitation):
    FollowUpRuleFactory(signal=Signal.MESSAGE, survey=None, threshold=None)

    write_back(invitation, "The parcel was wet. " * 30)

    follow_up = FollowUp.objects.select_related("interaction__touchpoint", "customer", "rule__segment").get()
    said = first_said(follow_up)
    assert (follow_up.customer, said.text, said.where) == (
        invitation.customer,
        ("The parcel was wet. " * 30).strip(),
        ("After delivery", "Delivery"),
    )


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "auto-replied"}, {"Subject": "Out of office: back on Monday"}]
)
def test_a_machine_is_not_heard_and_its_letter_is_not_kept(invitation, headers):
    write_back(invitation, "I am away.", **headers)

    assert not Interaction.objects.exists()
    assert bytes(ReceivedLetter.objects.get().content) == b""


def test_a_test_a_forged_number_and_somebody_erased_are_not_heard(invitation):
    Invitation.objects.update(is_test=True)
    write_back(invitation)
    Invitation.objects.update(is_test=False)
    write_back(invitation, number="a2", In_Reply_To=f"<invitation.{invitation.pk}.1.0000@cx.example>")
    erase_customer(customer=invitation.customer, by=UserFactory(), reason="asked", at=LATER)
    write_back(invitation, number="a3")

    assert not Interaction.objects.filter(kind="message").exists()


def test_of_somebody_erased_no_letter_waits_any_more_and_those_of_others_do(invitation):
    other = InvitationFactory(wave=invitation.wave, customer=IdentityFactory().customer, attempts=1)
    for number, each in enumerate((invitation, other)):
        ours = message_id_of(f"invitation.{each.pk}.1", domain="cx.example")
        take_mail(content=answer("Wet.", In_Reply_To=ours, Message_ID=f"<{number}@x.example>"), at=LATER)

    erase_customer(customer=invitation.customer, by=UserFactory(), reason="asked", at=LATER)

    kept = ReceivedLetter.objects.order_by("pk").values_list("key", "content")
    assert [(key, b"Wet." in bytes(content)) for key, content in kept] == [
        ("", False),
        (f"invitation.{other.pk}.1", True),
    ]


def test_who_was_merged_since_is_heard_as_the_person_they_are(invitation):
    kept = CustomerFactory()
    merge(kept=kept, merged=invitation.customer, by=UserFactory(), at=NOON)

    write_back(invitation)

    assert Interaction.objects.get(kind="message").customer == kept


def test_a_picture_alone_is_heard_by_its_subject(invitation):
    write_back(invitation, "", html="<img src='cid:1'>", Subject="Look at this")

    assert Interaction.objects.get(kind="message").summary == "Look at this"


def test_writing_back_to_a_survey_starts_no_survey(invitation):
    waiting = CampaignFactory(kind=Campaign.Kind.TRIGGERED, trigger="message")

    write_back(invitation)

    assert not Invitation.objects.filter(wave__campaign=waiting).exists()


def test_the_cockpit_says_how_many_people_wrote_back_and_leads_to_their_words(client, invitation):
    brand = create_unit(name="Shop", kind="brand")
    other = InvitationFactory(wave=invitation.wave, customer=CustomerFactory(unit=brand), attempts=1)
    cockpit = reverse("admin:surveys_campaign_cockpit", args=[invitation.wave.campaign_id])
    client.force_login(UserFactory(roles=["Marketing"]))
    assert "wrote back" not in client.get(cockpit).text
    write_back(invitation)
    write_back(invitation, "And the box was torn.", number="a2")
    write_back(other, "All fine.", number="a3")

    page = client.get(cockpit).text
    assert "2 people wrote back" in page
    address = f"{reverse('admin:journeys_interaction_changelist')}?source__exact=reply:{invitation.wave.campaign_id}"
    assert address in page
    listed = client.get(address).text
    assert all(words in listed for words in ("The parcel was wet.", "And the box was torn.", "All fine."))
    assert "2 people wrote back" in client.get(f"{cockpit}?progress").text

    client.force_login(UserFactory(roles=["Marketing"], unit=brand))
    assert "1 person wrote back" in client.get(cockpit).text
