"""A provider goes away in the middle of a campaign: who hears of it, once, and where it is seen."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db.models import F
from django.urls import reverse

from customers.models import Channel
from events.delivery import deliver_events
from events.models import Event
from mail.messages import Ending, Message, Outcome
from mail.models import ChannelOutage
from mail.outages import Watch, note_recovery, note_silence
from mail.reading import Channel as Way
from staff.models import Notification, StaffMail
from surveys.models import Invitation
from surveys.planning.waves import plan_wave
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, WaveFactory

pytestmark = pytest.mark.django_db
WORDS = "503 Service Unavailable"


def goes_down(channel: Way) -> None:
    note_silence(channel=channel, words=WORDS)
    ChannelOutage.objects.update(since=F("since") - timedelta(minutes=10))
    note_silence(channel=channel, words=WORDS)
    deliver_events(at=NOON)


def comes_back(channel: Way) -> None:
    note_recovery(channel=channel)
    deliver_events(at=NOON)


def told(user) -> list[str]:
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("title", flat=True))


def test_those_who_launch_campaigns_hear_of_it_once_in_their_language():
    marketing, persian = (
        UserFactory(roles=["Marketing"]),
        UserFactory(roles=["Marketing lead"], language="fa"),
    )
    administrator, analyst = UserFactory(roles=["Administrators"]), UserFactory(roles=["Analysts"])
    gone = UserFactory(roles=["Marketing"], is_active=False)
    wave = WaveFactory()
    for n in range(3):
        InvitationFactory(
            wave=wave, channel="sms", state="planned", sent_at=None, due_at=NOON - n * timedelta(days=9)
        )

    goes_down(Way.SMS)
    Event.objects.update(delivered_at=None)
    goes_down(Way.SMS)

    for user in (marketing, administrator):
        assert told(user) == ["SMS: the provider takes nothing"]
    assert (told(analyst), told(gone)) == ([], [])
    in_english, in_persian = (Notification.objects.get(user=user).body for user in (marketing, persian))
    assert f"“{WORDS}”" in in_english
    assert "3 invitations wait" in in_english
    assert any(digit in in_persian for digit in "۰۱۲۳۴۵۶۷۸۹")
    assert Notification.objects.get(user=administrator).url == reverse("admin:mail_channels")
    assert Notification.objects.get(user=marketing).url == reverse("admin:surveys_campaign_changelist")
    assert StaffMail.objects.count() == 3

    newcomer = UserFactory(roles=["Marketing"])
    comes_back(Way.SMS)
    Event.objects.filter(type="mail.outage_ended").update(delivered_at=None)
    deliver_events(at=NOON)

    assert told(marketing) == ["SMS: the provider takes nothing", "SMS: messages go out again"]
    assert told(newcomer) == []
    assert StaffMail.objects.count() == 6


def test_no_mail_says_that_mails_do_not_go_out_but_one_says_that_they_do_again():
    user = UserFactory(roles=["Marketing"])

    goes_down(Way.EMAIL)
    assert told(user) == ["E-mail: the provider takes nothing"]
    assert not StaffMail.objects.exists()

    comes_back(Way.EMAIL)
    mail = StaffMail.objects.get()
    assert (mail.subject, mail.user) == ("E-mail: messages go out again", user)


def test_the_cockpit_and_the_page_of_channels_say_what_is_the_matter(client, settings):
    settings.SMS_URL = "twilio://AC1:x@sms.example?from=+387"
    client.force_login(UserFactory(roles=["Administrators"]))
    campaign, other = CampaignFactory(channels=["email", "sms"]), CampaignFactory(channels=["email"])
    cockpit, others, channels = (
        reverse("admin:surveys_campaign_cockpit", args=[campaign.pk]),
        reverse("admin:surveys_campaign_cockpit", args=[other.pk]),
        reverse("admin:mail_channels"),
    )

    goes_down(Way.SMS)
    assert "SMS takes nothing since" in client.get(cockpit).text
    assert WORDS in client.get(f"{cockpit}?progress").text
    assert WORDS not in client.get(others).text
    assert "The provider takes nothing since" in client.get(channels).text

    comes_back(Way.SMS)
    assert WORDS not in client.get(cockpit).text
    page = client.get(channels).text
    assert "The provider takes nothing since" not in page
    assert "When a provider took nothing" in page


def test_a_campaign_that_does_not_send_blames_nobody(client):
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    client.force_login(user)
    campaign = CampaignFactory(state="done")
    goes_down(Way.EMAIL)

    page = client.get(reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])).text

    assert WORDS not in page


class Away:
    """A provider that takes nothing; `asked` is how often it was tried."""

    width = 2
    asked = 0

    def hand_over(self, messages: list[Message]) -> list[Outcome]:
        self.asked += 1
        return [Outcome(Ending.NOT_SENT, WORDS)] * len(messages)

    def close(self) -> None: ...


def test_while_the_channel_rests_nobody_is_taken_for_it_and_then_everybody_is(settings, monkeypatch):
    for _each in range(5):
        IdentityFactory()
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    away = Away()
    watch = Watch(Way.EMAIL)

    send_due_invitations(at=NOON, post=away)
    watch.see([Outcome(Ending.NOT_SENT, WORDS)])
    for minutes in range(1, 5):
        send_due_invitations(at=NOON + timedelta(minutes=minutes), post=away)
    assert away.asked == 1
    assert sorted(Invitation.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1, 1]

    watch.see([Outcome(Ending.ACCEPTED)])
    send_due_invitations(at=NOON + timedelta(hours=1), channel=Channel.EMAIL)
    assert set(Invitation.objects.values_list("state", flat=True)) == {"sent"}
