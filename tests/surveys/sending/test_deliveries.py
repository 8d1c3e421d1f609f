from datetime import timedelta
from ipaddress import ip_network
from itertools import permutations

import pytest

from customers.consent import record_consent
from customers.identities import digest_of
from customers.models import Consent, ConsentRecord, Identity, Suppression
from events.delivery import deliver_events
from events.models import Event
from mail.models import DeliveryReport, KeptMail
from mail.reading import Channel, Kind, Report
from mail.reports import record_reports
from surveys.campaigns.life import finish_campaigns
from surveys.models import Campaign, ContactCap, Invitation
from surveys.planning.waves import plan_wave
from surveys.sending.deliveries import Delivery, note_deliveries
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory
from tests.web import Reply, running_web

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def own_machine(settings):
    settings.OUTBOUND_ALLOW_PRIVATE = [ip_network("127.0.0.0/8")]


def told(invitation, kind, *, after=1, is_machine=False, event=None, words=""):
    return Report(
        channel=Channel.EMAIL, provider="esp", event=event or f"{invitation.pk}-{kind}-{after}", kind=kind,
        at=NOON + after * MINUTE, key=f"invitation.{invitation.pk}.1", recipient=invitation.address,
        is_machine=is_machine, words=words,
    )  # fmt: skip


def tell(*reports):
    for report in reports:
        record_reports(reports=[report], at=NOON + timedelta(hours=1))
    deliver_events(at=NOON + timedelta(hours=1))


def known(invitation):
    Identity.objects.create(
        customer=invitation.customer,
        kind="email",
        value=invitation.address,
        digest=digest_of(invitation.address),
    )
    return invitation


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_reports_in_any_order_told_any_number_of_times_come_to_the_same(order):
    invitation = InvitationFactory()
    reports = [
        told(invitation, Kind.DELIVERED, after=1),
        told(invitation, Kind.OPENED, after=2, is_machine=True),
        told(invitation, Kind.OPENED, after=9),
        told(invitation, Kind.CLICKED, after=10),
    ]

    tell(*(reports[n] for n in order), *(reports[n] for n in order))

    invitation.refresh_from_db()
    assert (
        invitation.state,
        invitation.delivered_at,
        invitation.machine_opened_at,
        invitation.opened_at,
        invitation.clicked_at,
    ) == ("sent", NOON + MINUTE, NOON + 2 * MINUTE, NOON + 9 * MINUTE, NOON + 10 * MINUTE)


def click(invitation, *, second, link="survey", attempt=0):
    return Report(
        channel=Channel.EMAIL, provider="esp", event=f"{invitation.pk}-{second}-{link}", kind=Kind.CLICKED,
        at=NOON + timedelta(seconds=second), message_id=f"m{invitation.pk}", link=link,
        key=f"invitation.{invitation.pk}.{attempt}",
    )  # fmt: skip


@pytest.mark.parametrize("is_told_at_once", [False, True])
@pytest.mark.parametrize("person_at", [None, 60])
def test_clicks_recognised_as_a_machines_later_are_nobodys(is_told_at_once, person_at):
    invitation = InvitationFactory(attempts=2)
    clicks = [
        click(invitation, second=n, link=link) for n, link in enumerate(("survey", "unsubscribe", "home"))
    ]
    if person_at:
        clicks.insert(1, click(invitation, second=person_at, attempt=1))

    if is_told_at_once:
        record_reports(reports=clicks, at=NOON + DAY)
        deliver_events(at=NOON + DAY)
    else:
        tell(*clicks[:-1])
        invitation.refresh_from_db()
        assert invitation.clicked_at == NOON
        tell(clicks[-1])

    invitation.refresh_from_db()
    assert invitation.clicked_at == (NOON + timedelta(seconds=person_at) if person_at else None)


def test_a_persons_click_stays_whatever_machines_do_later():
    invitation = InvitationFactory(attempts=1)

    tell(click(invitation, second=0))
    tell(*(click(invitation, second=100, link=link) for link in ("survey", "unsubscribe", "home")))

    invitation.refresh_from_db()
    assert invitation.clicked_at == NOON


def test_what_came_back_is_failed_and_the_address_is_never_written_to_again():
    invitation, other = known(InvitationFactory()), known(InvitationFactory())

    tell(told(invitation, Kind.BOUNCED), told(other, Kind.COMPLAINED))

    invitation.refresh_from_db()
    other.refresh_from_db()
    assert (invitation.state, invitation.reason) == ("failed", "bounced")
    assert (other.state, other.reason) == ("sent", "")
    assert set(Suppression.objects.values_list("digest", "reason")) == {
        (digest_of(invitation.address), "bounced"),
        (digest_of(other.address), "complained"),
    }


def test_what_came_back_says_why_in_the_words_of_who_told_so_without_the_address():
    bounced, rejected, silent = known(InvitationFactory()), InvitationFactory(), InvitationFactory()

    tell(
        told(bounced, Kind.BOUNCED, words=f"550 5.1.1 <{bounced.address}>: no such person"),
        told(rejected, Kind.REJECTED, words="spam"),
        told(silent, Kind.REJECTED),
    )

    assert list(Invitation.objects.order_by("pk").values_list("state", "error")) == [
        ("failed", "550 5.1.1 <…>: no such person"),
        ("failed", "spam"),
        ("failed", ""),
    ]


def reachable(**fields):
    customer = CustomerFactory(language="en", **fields)
    IdentityFactory(customer=customer)
    IdentityFactory(customer=customer, kind="phone", value=f"+3876100{customer.pk:04}")
    return customer


def mailed(campaign, customer, **fields):
    mail = customer.identities.get(kind="email")
    return InvitationFactory(
        wave__campaign=campaign,
        customer=customer,
        address=mail.value,
        digest=mail.digest,
        attempts=1,
        **fields,
    )


@pytest.mark.parametrize("kind", [Kind.BOUNCED, Kind.REJECTED])
@pytest.mark.parametrize("state", ["sending", "paused", "done"])
def test_who_was_not_reached_after_all_is_asked_by_the_next_channel_once(kind, state):
    ContactCap.objects.create(most=1, days=30)  # what came back is no message that counts
    campaign = CampaignFactory(channels=["email", "sms"], state=state)
    invitation = mailed(campaign, reachable(), delivered_at=NOON)
    phone = invitation.customer.identities.get(kind="phone")

    tell(told(invitation, kind), told(invitation, kind, event="told by the mailbox too"))

    invitation.refresh_from_db()
    assert (invitation.state, invitation.reason, invitation.channel, invitation.address) == (
        "planned", "", "sms", phone.value,
    )  # fmt: skip
    assert (invitation.sent_at, invitation.delivered_at) == (None, None)
    assert not Suppression.objects.filter(digest=phone.digest).exists()
    Campaign.objects.update(state="sending")
    send_due_invitations(at=NOON + timedelta(hours=2), channel="sms")
    send_due_invitations(at=NOON + timedelta(hours=2), channel="email")
    [sms] = KeptMail.objects.all()
    assert sms.recipient == phone.value
    assert "Reminder" not in bytes(sms.message).decode()
    invitation.refresh_from_db()
    assert (invitation.state, invitation.reminders_sent) == ("sent", 0)

    tell(told(invitation, Kind.BOUNCED, event="and once more, late"))

    invitation.refresh_from_db()
    assert (invitation.state, invitation.channel) == ("sent", "sms")
    assert not Suppression.objects.filter(channel="sms").exists()


@pytest.mark.parametrize("kind", [Kind.BOUNCED, Kind.REJECTED])
@pytest.mark.parametrize("state", ["planned", "deferred"])
def test_what_came_back_while_its_reminder_waits_goes_by_the_next_channel_or_is_failed(kind, state):
    waits = {"state": state, "due_at": NOON + DAY}
    campaign = CampaignFactory(channels=["email", "sms"])
    cap = ContactCap.objects.create(most=1, days=30)
    invitation = mailed(campaign, reachable(), **waits, reason="cap", cap=cap)
    alone = mailed(CampaignFactory(channels=["email"]), reachable(), **waits)
    reminded = mailed(campaign, reachable(), **waits, reminders_sent=1, first_reminded_at=NOON)
    never_sent = mailed(campaign, reachable(), state=state, sent_at=None)

    tell(*(told(each, kind) for each in (invitation, alone, reminded, never_sent)))

    reason = "bounced" if kind == Kind.BOUNCED else "refused"
    assert list(
        Invitation.objects.order_by("pk").values_list("state", "reason", "channel", "cap", "sent_at")
    ) == [
        ("planned", "", "sms", None, None),
        ("failed", reason, "email", None, alone.sent_at),
        ("failed", reason, "email", None, reminded.sent_at),
        (state, "", "email", None, None),
    ]


@pytest.mark.parametrize(
    ("campaign", "fields", "refuses"),
    [
        ({"channels": ["email"]}, {}, ""),
        ({"channels": ["sms", "email"]}, {}, ""),
        ({"state": "done", "ends_at": NOON}, {}, ""),
        ({"state": "done", "kind": "recurring"}, {}, ""),
        ({"state": "cancelled"}, {}, ""),
        ({"ends_at": NOON}, {}, ""),
        ({"survey__is_open": False}, {}, ""),
        ({}, {"reminders_sent": 1, "reminded_at": NOON, "first_reminded_at": NOON}, ""),
        ({}, {"is_test": True}, ""),
        ({}, {}, "sms"),
    ],
)
def test_otherwise_they_stay_failed_with_what_is_known(campaign, fields, refuses):
    person = reachable()
    if refuses:
        record_consent(
            customer=person, purpose="survey", channel=refuses, state="withdrawn", source="staff", at=NOON
        )
    invitation = mailed(CampaignFactory(**{"channels": ["email", "sms"], **campaign}), person, **fields)
    sent_at = invitation.sent_at

    tell(told(invitation, Kind.BOUNCED))

    invitation.refresh_from_db()
    assert (invitation.state, invitation.reason, invitation.channel, invitation.sent_at) == (
        "failed", "bounced", "email", sent_at,
    )  # fmt: skip


@pytest.mark.parametrize("channels", [["email", "sms"], ["email"]])
def test_a_campaign_that_was_done_goes_on_until_the_next_channel_was_tried(channels):
    """Most of what comes back comes when all is handed over."""
    campaign = CampaignFactory(channels=channels, reminders=0)
    reachable()
    plan_wave(campaign=campaign, at=NOON)
    send_due_invitations(at=NOON)
    assert finish_campaigns(at=NOON) == 1

    tell(told(Invitation.objects.get(), Kind.BOUNCED))

    goes_on = len(channels) > 1
    campaign.refresh_from_db()
    assert campaign.state == ("sending" if goes_on else "done")
    assert finish_campaigns(at=NOON + DAY) == 0
    send_due_invitations(at=NOON + DAY, channel="sms")
    assert finish_campaigns(at=NOON + DAY) == int(goes_on)
    assert Invitation.objects.get().state == ("sent" if goes_on else "failed")


def test_by_the_next_channel_the_policy_holds():
    """Another campaign has asked by SMS within the cap: this one waits for its turn."""
    cap = ContactCap.objects.create(most=1, days=30)
    invitation = mailed(CampaignFactory(channels=["email", "sms"]), reachable())
    InvitationFactory(customer=invitation.customer, channel="sms", sent_at=NOON - timedelta(days=3))

    tell(told(invitation, Kind.BOUNCED))

    invitation.refresh_from_db()
    assert (invitation.state, invitation.channel, invitation.cap, invitation.due_at) == (
        "deferred", "sms", cap, NOON + timedelta(days=27),
    )  # fmt: skip


def test_what_arrived_is_unknown_no_longer_and_who_answered_did_not_bounce():
    unknown = InvitationFactory(state="unknown", sent_at=None)
    answered = InvitationFactory(answered_at=NOON)

    tell(told(unknown, Kind.DELIVERED), told(answered, Kind.BOUNCED))

    unknown.refresh_from_db()
    answered.refresh_from_db()
    assert (unknown.state, unknown.sent_at) == ("sent", NOON + MINUTE)
    assert answered.state == "sent"


def test_who_told_the_provider_to_stop_is_unsubscribed():
    invitation = known(InvitationFactory())

    tell(told(invitation, Kind.UNSUBSCRIBED))

    [consent] = invitation.customer.consents.all()
    assert (consent.purpose, consent.channel, consent.state) == ("survey", "email", "withdrawn")


def without_address(invitation, kind):
    """As the company's app tells, and a mailbox that mails come back to."""
    return Report(
        channel=Channel(invitation.channel), provider="app", event=f"{invitation.pk}-{kind}", kind=kind,
        at=NOON, key=f"invitation.{invitation.pk}.0",
    )  # fmt: skip


@pytest.mark.parametrize("channel", ["email", "sms", "app"])
def test_who_told_the_provider_to_stop_is_known_by_the_message_alone(channel):
    invitation = InvitationFactory(channel=channel, digest="d" * 64)
    test = InvitationFactory(channel=channel, digest="e" * 64, is_test=True)

    for _again in range(2):
        tell(without_address(invitation, Kind.UNSUBSCRIBED), without_address(test, Kind.UNSUBSCRIBED))
        DeliveryReport.objects.all().delete()  # told once more, as another event

    [consent] = Consent.objects.all()
    assert (consent.customer, consent.channel, consent.state) == (invitation.customer, channel, "withdrawn")
    assert ConsentRecord.objects.count() == 1
    assert list(Suppression.objects.values_list("channel", "digest", "reason")) == [
        (channel, "d" * 64, "unsubscribed")
    ]


def test_of_somebody_merged_meanwhile_the_kept_person_is_unsubscribed():
    kept = CustomerFactory()
    invitation = InvitationFactory(customer=CustomerFactory(merged_into=kept))

    tell(without_address(invitation, Kind.UNSUBSCRIBED))

    assert list(Consent.objects.values_list("customer", "state")) == [(kept.pk, "withdrawn")]


def test_who_told_twilio_to_stop_is_learned_at_the_hand_over_and_written_to_no_more(settings, own_machine):
    """21610: nobody reports an opt-out that was told to the provider's number; the next message is refused."""
    number = IdentityFactory(kind="phone", value="+38761000111", customer__language="en")
    other = IdentityFactory(kind="phone", value="+38761000222", customer__language="en")

    def answer(call):
        if call.form["To"] == number.value:
            return Reply(400, b'{"code": 21610, "message": "Attempt to send to unsubscribed recipient"}')
        return Reply(201, b'{"sid": "SM1"}')

    with running_web(answer) as web:
        settings.SMS_URL = f"twilio://AC1:t@{web.url.removeprefix('http://')}?from=+38761000000&tls=no"
        for at in (NOON, NOON + timedelta(days=1)):
            plan_wave(campaign=CampaignFactory(channels=["sms"]), at=at)
            send_due_invitations(at=at, channel="sms")
            deliver_events(at=at)

    rows = Invitation.objects.filter(customer=number.customer).order_by("pk").values_list("state", "reason")
    assert list(rows) == [("failed", "refused"), ("excluded", "unsubscribed")]
    assert [call.form["To"] for call in web.calls].count(number.value) == 1
    assert list(Suppression.objects.values_list("channel", "digest", "reason")) == [
        ("sms", number.digest, "unsubscribed")
    ]
    assert not other.customer.consents.exists()
    report = DeliveryReport.objects.get()
    assert (report.channel, report.provider, report.kind, report.digest) == (
        "sms", "twilio", "unsubscribed", number.digest,
    )  # fmt: skip
    assert number.value not in report.words


def test_messages_that_are_no_invitations_change_nothing():
    invitation = InvitationFactory()
    report = told(invitation, Kind.BOUNCED)
    for key in ("", "staff.17", "invitation.x.1", f"invitation.{10**30}.1", f"invitation.{invitation.pk}"):
        tell(
            Report(**{name: getattr(report, name) for name in report.__slots__} | {"key": key, "event": key})
        )

    invitation.refresh_from_db()
    assert invitation.state == "sent"


@pytest.mark.parametrize("number", [1, 5])
def test_each_keeps_its_own_moment_and_many_cost_as_much_as_one(number, django_assert_num_queries):
    invitations = [InvitationFactory(state="unknown", sent_at=None) for _each in range(number)]
    moments = {each.pk: NOON + n * MINUTE for n, each in enumerate(invitations)}

    with django_assert_num_queries(7):
        note_deliveries(
            Delivery(channel="email", key=f"invitation.{pk}.1", kind=kind, at=moments[pk])
            for pk in moments
            for kind in ("delivered", "opened")
        )

    found = Invitation.objects.values_list("pk", "delivered_at", "sent_at", "opened_at", "state")
    assert set(found) == {(pk, at, at, at, "sent") for pk, at in moments.items()}


def test_what_arrived_although_nobody_could_tell_is_announced_once_as_any_first_message():
    unknown = {"state": "unknown", "sent_at": None}
    first = InvitationFactory(**unknown)
    second, test = InvitationFactory(wave=first.wave, **unknown), InvitationFactory(is_test=True, **unknown)
    reminded = InvitationFactory(wave=first.wave, state="unknown", attempts=2)
    told = [
        Delivery(channel="email", key=f"invitation.{row.pk}.1", kind="delivered", at=NOON)
        for row in (first, second, test, reminded)
    ]

    for _time in range(2):
        note_deliveries(told)

    told_of = {"touchpoint": None, "campaign": first.wave.campaign.name}
    events = Event.objects.filter(type="surveys.invitations_sent")
    assert list(events.order_by("pk").values_list("subject", "at", "payload")) == [
        (
            first.wave_id,
            NOON,
            {
                "invitations": [first.pk, second.pk],
                "customers": [first.customer_id, second.customer_id],
                "first": True,
                **told_of,
            },
        ),
        (
            first.wave_id,
            NOON,
            {"invitations": [reminded.pk], "customers": [reminded.customer_id], "first": False, **told_of},
        ),
    ]
    assert set(Invitation.objects.values_list("state", flat=True)) == {"sent"}
