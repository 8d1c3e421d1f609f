"""Reports that come late, about a message before the newest, or before our own commit of the hand-over."""

from datetime import timedelta

import pytest

from customers.models import Suppression
from events.delivery import deliver_events
from events.models import Event
from mail.messages import Ending, Outcome
from mail.reading import Channel, Kind, Report
from mail.reports import record_reports
from surveys.models import Claim, Invitation
from surveys.planning.reminders import plan_reminders
from surveys.planning.waves import plan_wave
from surveys.sending.claiming import claim, return_leases
from surveys.sending.deliveries import Delivery, note_deliveries
from surveys.sending.handing_over import record_and_mark
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory

pytestmark = pytest.mark.django_db
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def told_of_message(invitation, attempt, kind):
    key = f"invitation.{invitation.pk}.{attempt}"
    note_deliveries([Delivery(channel=invitation.channel, key=key, kind=kind, at=NOON)])
    invitation.refresh_from_db()
    return invitation.state


def unknown_reminder(**fields):
    campaign = CampaignFactory(reminders=2, remind_after_days=3)
    return InvitationFactory(
        wave__campaign=campaign, state="unknown", sent_at=NOON - 5 * DAY, attempts=2, **fields
    )


@pytest.mark.parametrize(("already", "first_at"), [(0, NOON), (1, NOON - DAY)])
def test_a_reminder_that_turns_out_to_have_arrived_counts_as_one_and_is_not_sent_again(already, first_at):
    once = {"reminders_sent": 1, "first_reminded_at": first_at, "reminded_at": first_at}
    invitation = unknown_reminder(**(once if already else {}), error="TimeoutError: timed out")

    assert told_of_message(invitation, 1, "delivered") == "sent"

    assert (invitation.reminders_sent, invitation.first_reminded_at, invitation.reminded_at, invitation.error) == (
        already + 1, first_at, NOON, "",
    )  # fmt: skip
    assert invitation.sent_at == NOON - 5 * DAY
    assert plan_reminders(at=NOON + timedelta(hours=1)) == 0


def test_the_first_message_tells_nothing_of_a_reminder_nobody_knows_about():
    invitation = unknown_reminder()

    assert told_of_message(invitation, 0, "delivered") == "unknown"

    assert invitation.delivered_at == NOON
    assert plan_reminders(at=NOON + timedelta(hours=1)) == 0


def test_who_got_the_first_of_two_messages_was_asked_whatever_became_of_the_second():
    invitation = InvitationFactory(state="unknown", sent_at=None, attempts=2)

    assert told_of_message(invitation, 0, "delivered") == "sent"

    assert (invitation.sent_at, invitation.reminders_sent) == (NOON, 0)


@pytest.mark.parametrize("kind", ["bounced", "rejected"])
def test_what_was_sent_again_is_not_undone_by_what_is_told_of_the_message_before(kind):
    invitation = InvitationFactory(attempts=2)

    assert told_of_message(invitation, 0, kind) == "sent"
    assert told_of_message(invitation, 1, kind) == "failed"


@pytest.fixture
def in_hand():
    """A row that is being handed over, with what its sender knows: a campaign by e-mail, then by SMS."""
    person = IdentityFactory(customer__language="en").customer
    IdentityFactory(customer=person, kind="phone", value="+38761000111")
    campaign = CampaignFactory(channels=["email", "sms"])
    wave = plan_wave(campaign=campaign, at=NOON)
    claimed = claim(wave=wave.pk, channel="email", at=NOON)
    [addressee] = record_and_mark(claimed, [], claimed.addressees, campaign=campaign, at=NOON)

    def end(ending):
        record_and_mark(claimed, [(addressee, Outcome(ending))], [], campaign=campaign, at=NOON)

    return Invitation.objects.get(customer=person), end


def tell_early(invitation, kind):
    report = Report(
        channel=Channel.EMAIL, provider="esp", event="quick", kind=kind, at=NOON,
        key=f"invitation.{invitation.pk}.0",
    )  # fmt: skip
    record_reports(reports=[report], at=NOON)
    deliver_events(at=NOON)


@pytest.mark.parametrize("kind", [Kind.BOUNCED, Kind.REJECTED])
@pytest.mark.parametrize("ending", [Ending.ACCEPTED, Ending.UNKNOWN])
def test_what_came_back_before_its_hand_over_was_written_down_is_heard_afterwards(
    in_hand, kind, ending, caplog
):
    invitation, end = in_hand
    tell_early(invitation, kind)
    end(ending)

    deliver_events(at=NOON + MINUTE)

    invitation.refresh_from_db()
    assert (invitation.state, invitation.channel) == ("planned", "sms")
    assert "failed" not in caplog.text


def test_what_arrived_before_nobody_could_tell_is_sent(in_hand):
    invitation, end = in_hand
    tell_early(invitation, Kind.DELIVERED)

    end(Ending.UNKNOWN)

    invitation.refresh_from_db()
    assert (invitation.state, invitation.sent_at) == ("sent", NOON)


@pytest.mark.parametrize(
    ("kind", "state", "channel"),
    [(Kind.DELIVERED, "sent", "email"), (Kind.BOUNCED, "planned", "sms"), (Kind.OPENED, "unknown", "email")],
)
def test_of_what_a_dead_sender_had_in_hand_what_was_told_counts(in_hand, kind, state, channel):
    invitation, _end = in_hand
    tell_early(invitation, kind)
    Claim.objects.update(lease_until=NOON - 3000 * DAY)

    assert return_leases() == int(state == "unknown")

    deliver_events(at=NOON + MINUTE)
    invitation.refresh_from_db()
    assert (invitation.state, invitation.channel) == (state, channel)
    firsts = Event.objects.filter(type="surveys.invitations_sent")
    assert firsts.count() == int(state == "sent")


def test_what_came_back_from_an_address_of_before_says_nothing_of_the_one_the_customer_has_now():
    invitation = InvitationFactory(state="sent", sent_at=NOON - 5 * DAY, attempts=2, digest="d" * 64)

    told_of_message(invitation, 0, "bounced")
    assert not Suppression.objects.exists()

    told_of_message(invitation, 1, "bounced")
    assert Suppression.objects.get().digest == invitation.digest
