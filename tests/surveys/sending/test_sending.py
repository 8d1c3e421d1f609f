from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from customers.consent import record_consent, suppress, unsubscribe
from customers.models import Channel, Consent, Suppression
from events.delivery import deliver_events
from events.models import Event
from mail.messages import Ending, Outcome
from mail.models import ChannelPause, KeptMail
from mail.outages import Watch
from mail.post import Watched
from mail.smtp.lines import Lines
from staff.models import Notification, StaffMail
from surveys.campaigns.life import (
    WrongState,
    cancel_campaign,
    finish_campaigns,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
    start_due_campaigns,
)
from surveys.campaigns.retrying import retry_campaign, retry_invitations
from surveys.models import Campaign, Claim, Invitation, Sender, Survey
from surveys.planning.reminders import plan_reminders
from surveys.planning.waves import plan_wave
from surveys.sending.claiming import LeaseLost, claim, give_back, return_leases
from surveys.sending.handing_over import record_and_mark
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory
from tests.mail.test_lines import Scripted
from tests.sink import running_sink

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def customers(count: int, **fields):
    return [IdentityFactory(customer__language="en", **fields).customer for _ in range(count)]


def states(campaign: Campaign) -> dict[str, int]:
    counted: dict[str, int] = {}
    for state, reason in Invitation.objects.filter(wave__campaign=campaign).values_list("state", "reason"):
        counted[reason or state] = counted.get(reason or state, 0) + 1
    return counted


class Fickle:
    """A post that says what it is told to, and remembers whom it was given."""

    width = 2

    def __init__(self, *endings: Ending) -> None:
        self.endings = list(endings)
        self.recipients: list[str] = []

    def hand_over(self, messages):
        self.recipients += [message.recipient for message in messages]
        return [Outcome(self.endings.pop(0) if self.endings else Ending.ACCEPTED, "words") for _ in messages]

    def close(self) -> None: ...


def test_everybody_of_the_segment_has_one_row_that_says_what_becomes_of_them():
    [asked, withdrawn, suppressed] = customers(3)
    CustomerFactory()  # no address at all
    twin = IdentityFactory(customer=CustomerFactory(), value=f"x{asked.pk}@customers.example")
    twin.digest = asked.identities.get().digest
    twin.save()
    [stranger] = customers(1, customer__country="US")
    record_consent(
        customer=withdrawn, purpose=Consent.Purpose.SURVEY, channel=Channel.EMAIL,
        state=Consent.State.WITHDRAWN, source="phone", at=NOON,
    )  # fmt: skip
    suppress(
        channel=Channel.EMAIL, digest=suppressed.identities.get().digest,
        reason=Suppression.Reason.BOUNCED, at=NOON,
    )  # fmt: skip
    segment = SegmentFactory(rule={"not": {"field": "country", "op": "is", "value": "US"}})
    campaign = CampaignFactory(segment=segment)

    plan_wave(campaign=campaign, at=NOON)
    plan_wave(campaign=campaign, at=NOON)

    assert states(campaign) == {
        "planned": 1, "no_consent": 1, "bounced": 1, "no_address": 1, "duplicate_address": 1,
    }  # fmt: skip
    assert not stranger.invitations.exists()


def test_planning_takes_a_handful_of_statements_however_many_there_are(django_assert_max_num_queries):
    customers(30)
    campaign = CampaignFactory()
    with django_assert_max_num_queries(11):
        plan_wave(campaign=campaign, at=NOON)
    assert states(campaign) == {"planned": 30}


def test_a_campaign_from_schedule_to_its_last_reminder():
    [first, second] = customers(2)
    campaign = CampaignFactory(state="draft", remind_after_days=3, reminders=1)
    schedule_campaign(campaign=campaign, by=None, starts_at=NOON, at=NOON - DAY)

    assert start_due_campaigns(at=NOON - DAY) == 0
    assert start_due_campaigns(at=NOON) == 1
    assert start_due_campaigns(at=NOON) == 0
    assert send_due_invitations(at=NOON)
    assert states(campaign) == {"sent": 2}
    assert KeptMail.objects.count() == 2

    Invitation.objects.filter(customer=first).update(answered_at=NOON)
    assert plan_reminders(at=NOON + 2 * DAY) == 0
    assert finish_campaigns(at=NOON + 2 * DAY) == 0
    assert plan_reminders(at=NOON + 3 * DAY) == 1
    send_due_invitations(at=NOON + 3 * DAY)
    assert KeptMail.objects.first().recipient == second.identities.get().value
    assert KeptMail.objects.first().subject == "Reminder: How are we doing?"
    assert plan_reminders(at=NOON + 9 * DAY) == 0

    assert finish_campaigns(at=NOON + 9 * DAY) == 1
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.DONE
    events = Event.objects.filter(type="surveys.invitations_sent").order_by("pk")
    assert [(len(event.payload["customers"]), event.payload["first"]) for event in events] == [
        (2, True),
        (1, False),
    ]


def test_who_says_no_between_planning_and_sending_is_not_written_to():
    [_, leaves, _] = customers(3)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    unsubscribe(customer=leaves, source="phone", at=NOON)

    send_due_invitations(at=NOON)

    assert states(campaign) == {"sent": 2, "unsubscribed": 1}
    assert leaves.identities.get().value not in KeptMail.objects.values_list("recipient", flat=True)


def test_who_leaves_before_a_reminder_stays_among_the_asked():
    [customer] = customers(1)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    send_due_invitations(at=NOON)
    plan_reminders(at=NOON + 3 * DAY)
    unsubscribe(customer=customer, source="link", at=NOON + 3 * DAY)

    send_due_invitations(at=NOON + 3 * DAY)

    assert states(campaign) == {"sent": 1}
    assert KeptMail.objects.count() == 1


def test_a_pause_holds_everybody_and_resuming_goes_on():
    customers(3)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    pause_campaign(campaign=campaign, by=None, at=NOON)

    send_due_invitations(at=NOON)
    assert states(campaign) == {"planned": 3}
    with pytest.raises(WrongState):
        pause_campaign(campaign=campaign, by=None, at=NOON)

    resume_campaign(campaign=campaign, by=None, at=NOON)
    send_due_invitations(at=NOON)
    assert states(campaign) == {"sent": 3}


def test_a_cancelled_campaign_sends_nothing_more():
    customers(2)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    cancel_campaign(campaign=campaign, by=None, at=NOON)

    send_due_invitations(at=NOON)

    assert states(campaign) == {"cancelled": 2}
    assert KeptMail.objects.count() == 0


def test_each_ending_leads_where_it_should():
    customers(5)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    post = Fickle(Ending.ACCEPTED, Ending.REFUSED, Ending.UNKNOWN, Ending.NOT_SENT, Ending.ACCEPTED)

    send_due_invitations(at=NOON, post=post)
    assert states(campaign) == {"sent": 2, "refused": 1, "unknown": 1, "planned": 1}
    assert len(post.recipients) == len(set(post.recipients)) == 5

    send_due_invitations(at=NOON + DAY, post=post)  # what was not sent goes out, what is unknown does not
    assert states(campaign) == {"sent": 3, "refused": 1, "unknown": 1}

    stuck = Invitation.objects.filter(state=Invitation.State.UNKNOWN).values_list("pk", flat=True)
    planned = retry_invitations(invitations=list(stuck), by=None, state="unknown", at=NOON + DAY)
    assert planned == 1  # a person may decide so
    send_due_invitations(at=NOON + DAY, post=post)
    assert states(campaign) == {"sent": 4, "refused": 1}


def test_a_mail_server_that_is_down_does_not_burn_through_the_list():
    customers(5)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    post = Fickle(*[Ending.NOT_SENT] * 9)

    assert send_due_invitations(at=NOON, post=post)

    assert len(post.recipients) == 2  # one hand-over told enough
    assert states(campaign) == {"planned": 5}
    send_due_invitations(at=NOON + DAY, post=Fickle())
    assert states(campaign) == {"sent": 5}


def test_rows_of_a_dead_sender_come_back_and_those_in_its_hands_are_unknown():
    customers(3)
    campaign = CampaignFactory()
    wave = plan_wave(campaign=campaign, at=NOON)
    claimed = claim(wave=wave.pk, channel="email", at=NOON)
    [in_hand, *_not_begun] = claimed.addressees
    Invitation.objects.filter(pk=in_hand.pk).update(state="sending", lease_token=claimed.token)

    assert return_leases() == 0  # its lease holds
    assert claim(wave=wave.pk, channel="email", at=NOON) is None
    Claim.objects.update(lease_until=NOON - timedelta(days=3000))
    assert return_leases() == 1

    assert states(campaign) == {"planned": 2, "unknown": 1}
    assert len(claim(wave=wave.pk, channel="email", at=NOON).addressees) == 2


def test_a_sender_that_lost_its_lease_writes_nothing_and_marks_nobody():
    customers(3)
    campaign = CampaignFactory()
    wave = plan_wave(campaign=campaign, at=NOON)
    claimed = claim(wave=wave.pk, channel="email", at=NOON)
    [first, *others] = claimed.addressees
    assert record_and_mark(claimed, [], [first], campaign=campaign, at=NOON) == [first]
    Claim.objects.update(lease_until=NOON - timedelta(days=3000))
    return_leases()

    for ending in (Ending.ACCEPTED, Ending.NOT_SENT):
        with pytest.raises(LeaseLost):
            record_and_mark(claimed, [(first, Outcome(ending))], others, campaign=campaign, at=NOON)

    assert states(campaign) == {"planned": 2, "unknown": 1}
    assert not Event.objects.filter(type="surveys.invitations_sent").exists()


@pytest.mark.django_db(transaction=True)
def test_a_real_mail_server_refuses_one_address_and_takes_the_others(tmp_path: Path, settings):
    [first, second, third] = customers(3)
    second.identities.update(value="nobody-here@customers.example")
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)

    with running_sink(tmp_path / "log", "--refuse", "nobody") as sink:
        settings.EMAIL_URL = sink.url
        send_due_invitations(at=NOON)

        assert sorted(sink.accepted()) == sorted([first.identities.get().value, third.identities.get().value])
    assert states(campaign) == {"sent": 2, "refused": 1}
    assert Invitation.objects.get(state="failed").error == "550 no such person"


@pytest.mark.django_db(transaction=True)
def test_who_says_no_while_their_mail_is_announced_gets_none(tmp_path: Path, settings, monkeypatch):
    [first, leaves, third] = customers(3)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    announce = Lines.announce

    def leave_meanwhile(lines, messages):
        announce(lines, messages)
        lines.listen()
        unsubscribe(customer=leaves, source="phone", at=NOON)

    monkeypatch.setattr(Lines, "announce", leave_meanwhile)
    with running_sink(tmp_path / "log") as sink:
        settings.EMAIL_URL = sink.url
        assert send_due_invitations(at=NOON)

        assert sorted(sink.accepted()) == sorted(each.identities.get().value for each in (first, third))
    assert states(campaign) == {"sent": 2, "unsubscribed": 1}


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_falls_silent_leaves_unknowns_and_no_repeats(tmp_path: Path, settings):
    customers(3)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    settings.MAIL_TIMEOUT = timedelta(seconds=0.3)
    settings.MAIL_CONNECTIONS = 3

    with running_sink(tmp_path / "log", "--silent") as sink:
        settings.EMAIL_URL = sink.url
        send_due_invitations(at=NOON)
        send_due_invitations(at=NOON + DAY)

        assert len(sink.accepted()) == 3
    assert states(campaign) == {"unknown": 3}


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_not_there(settings):
    customers(3)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    settings.EMAIL_URL = "smtp://127.0.0.1:1"

    assert send_due_invitations(at=NOON)

    assert states(campaign) == {"planned": 3}
    assert Invitation.objects.filter(error__contains="ConnectionRefusedError").count() == 3


def test_a_mail_server_that_takes_nothing_from_us_costs_nobody_their_channel_or_their_reminder(settings):
    for n, customer in enumerate(customers(4)):
        IdentityFactory(customer=customer, kind="phone", value=f"+3876100022{n}")
    campaign = CampaignFactory(channels=["email", "sms"])
    plan_wave(campaign=campaign, at=NOON)
    reminded = Invitation.objects.order_by("pk")[0]
    Invitation.objects.filter(pk=reminded.pk).update(sent_at=NOON - 3 * DAY, attempts=1)
    server = Scripted({"MAIL": b"530 5.7.0 Authentication required\r\n"})
    settings.EMAIL_URL = f"smtp://127.0.0.1:{server.listener.getsockname()[1]}"
    settings.MAIL_CONNECTIONS = 2

    send_due_invitations(at=NOON)

    server.close()
    assert set(Invitation.objects.values_list("state", "channel", "reminders_sent")) == {
        ("planned", "email", 0)
    }
    assert set(Invitation.objects.values_list("error", flat=True)) == {
        "530 5.7.0 Authentication required",
        "",
    }
    assert ChannelPause.objects.lasting().filter(channel="email").exists()


class KnowsHouseAlone:
    """A post that takes mails in the house's name, and in nobody else's."""

    width = 2

    def __init__(self) -> None:
        self.taken: list[str] = []

    def hand_over(self, messages):
        return [self.outcome_of(message) for message in messages]

    def outcome_of(self, message):
        if message.sender == "brand@meridian.example":
            return Outcome(Ending.NOT_SENT, "553 who is that?", is_of_sender=True)
        self.taken.append(message.recipient)
        return Outcome(Ending.ACCEPTED)

    def close(self) -> None: ...


def test_a_campaign_whose_sender_is_refused_is_set_aside_and_the_others_go_on(settings):
    author = UserFactory(roles=["Marketing"])
    customers(7)
    brand = Sender.objects.create(name="Brand", address="brand@meridian.example")
    refused, fine = CampaignFactory(sender=brand, created_by=author), CampaignFactory()
    for campaign in (refused, fine):
        plan_wave(campaign=campaign, at=NOON)
    post = KnowsHouseAlone()
    watched = Watched(post, Watch(Channel.EMAIL))

    assert send_due_invitations(at=NOON, post=watched)
    assert send_due_invitations(at=NOON + timedelta(minutes=4), post=watched)
    deliver_events(at=NOON)

    assert len(post.taken) == len(set(post.taken)) == 7
    assert (states(refused), states(fine)) == ({"planned": 7}, {"sent": 7})
    assert Invitation.objects.filter(error="553 who is that?").count() == post.width
    assert not ChannelPause.objects.exists()
    told = Notification.objects.get(user=author)
    assert "“553 who is that?”" in told.body
    assert mail_of(author).subject == told.title

    Sender.objects.update(address="known@meridian.example")
    send_due_invitations(at=NOON + timedelta(minutes=5), post=watched)
    assert states(refused) == {"sent": 7}


def test_where_the_house_itself_is_refused_the_channel_rests(settings):
    customers(4)
    settings.DEFAULT_FROM_EMAIL = "Brand <brand@meridian.example>"
    plan_wave(campaign=CampaignFactory(), at=NOON)

    send_due_invitations(at=NOON, post=Watched(KnowsHouseAlone(), Watch(Channel.EMAIL)))

    assert ChannelPause.objects.lasting().exists()


def mail_of(user):
    return StaffMail.objects.get(user=user)


@pytest.mark.parametrize("closed", [{"is_open": False}, {"closes_at": NOON}, {"quota": 2, "taken": 2}])
def test_nobody_is_asked_what_nobody_could_answer(closed):
    customers(3)
    campaign = CampaignFactory()
    wave = plan_wave(campaign=campaign, at=NOON)
    claimed = claim(wave=wave.pk, channel="email", at=NOON)
    Survey.objects.update(**closed)

    assert record_and_mark(claimed, [], claimed.addressees, campaign=campaign, at=NOON) == []
    give_back(claimed)
    post = Fickle()
    assert send_due_invitations(at=NOON, post=post)

    assert post.recipients == []
    assert states(campaign) == {"planned": 3}
    Survey.objects.update(is_open=True, closes_at=None, quota=None)
    send_due_invitations(at=NOON, post=post)
    assert states(campaign) == {"sent": 3}


def test_every_message_to_one_customer_has_an_id_of_its_own():
    """Servers and apps take what bears a known id for a repeat, and drop it."""
    customers(1)
    campaign = CampaignFactory(reminders=2, remind_after_days=1)
    plan_wave(campaign=campaign, at=NOON)
    for day in range(3):
        send_due_invitations(at=NOON + day * DAY)
        plan_reminders(at=NOON + (day + 1) * DAY)
    Invitation.objects.update(state="unknown")
    retry_campaign(campaign=campaign, by=None, state="unknown", at=NOON + 3 * DAY)
    send_due_invitations(at=NOON + 3 * DAY)

    mails = [message_from_bytes(bytes(kept.message), policy=default) for kept in KeptMail.objects.all()]
    assert len({mail["Message-ID"] for mail in mails}) == len(mails) == 4


def test_while_the_last_messages_of_a_claim_are_on_their_way_the_next_has_begun(monkeypatch):
    customers(5)
    campaign = CampaignFactory()
    plan_wave(campaign=campaign, at=NOON)
    monkeypatch.setattr("surveys.sending.claiming.AT_ONCE", 2)
    seen: list[int] = []

    class Watching(Fickle):
        def hand_over(self, messages):
            seen.append(Claim.objects.count())
            return super().hand_over(messages)

    post = Watching()
    assert send_due_invitations(at=NOON, post=post)

    assert len(set(post.recipients)) == len(post.recipients) == 5
    assert max(seen) > 1
    assert states(campaign) == {"sent": 5}
    assert not Claim.objects.exists()


def test_the_mail_itself():
    [customer] = customers(1, customer__first_name="Željko\r\nBcc: <b>all</b>")
    body = {"en": "Hello {first_name},\n\n.two <questions> for you: {0} & thanks."}
    campaign = CampaignFactory(subject={"en": "{first_name}, a word?"}, body=body)
    plan_wave(campaign=campaign, at=NOON)
    send_due_invitations(at=NOON)

    mail = message_from_bytes(bytes(KeptMail.objects.get().message), policy=default)
    invitation = Invitation.objects.get()

    assert mail["To"] == customer.identities.get().value
    assert mail["Subject"] == "Željko Bcc: <b>all</b>, a word?"
    assert mail["Bcc"] is None
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<http://127.0.0.1:8000/u/")
    text = mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert ".two <questions> for you: {0} & thanks." in text
    assert "two &lt;questions&gt; for you: {0} &amp; thanks." in html
    assert "&lt;b&gt;all&lt;/b&gt;" in html
    assert "<b>all" not in html
    assert invitation.sent_at == NOON
