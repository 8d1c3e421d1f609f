"""Sending again from the send ledger: only what is safe, and every message under a name of its own."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from django.urls import reverse

from customers.consent import suppress
from customers.models import Channel, Suppression
from mail.models import KeptMail
from surveys.campaigns.retrying import retry_campaign, retry_invitations
from surveys.models import Campaign, Invitation
from surveys.planning.reminders import plan_reminders
from surveys.planning.waves import plan_wave
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, WaveFactory

pytestmark = pytest.mark.django_db
State, Reason = Invitation.State, Invitation.Reason
LEDGER = reverse("admin:surveys_invitation_changelist")
DAY = timedelta(days=1)


def row(state, **fields):
    return InvitationFactory(**{"state": state, "sent_at": None, "attempts": 3, **fields})


def press(client, action, *rows):
    chosen = [str(each.pk) for each in rows]
    page = client.post(LEDGER, {"action": action, "_selected_action": chosen}, follow=True)
    return page.content.decode()


def states():
    return dict(Invitation.objects.order_by("pk").values_list("pk", "state"))


@pytest.mark.parametrize(
    ("action", "planned"), [("send_refused_again", State.FAILED), ("send_unknown_again", State.UNKNOWN)]
)
def test_the_ledger_sends_again_one_kind_at_a_time_and_says_how_many_stay(client, action, planned):
    client.force_login(UserFactory(roles=["Marketing"]))
    wave = WaveFactory(campaign__state="done")
    rows = [row(state, wave=wave) for state in (State.FAILED, State.UNKNOWN, State.SENT)]

    page = press(client, action, *rows)

    assert states() == {each.pk: State.PLANNED if each.state == planned else each.state for each in rows}
    assert "1 will be sent again." in page
    assert "2 stay as they are" in page
    assert Invitation.objects.get(state=State.PLANNED).attempts == 3
    assert Campaign.objects.get().state == "sending"


def test_what_was_rejected_later_is_sent_again_as_the_first_mail():
    rejected = row(State.FAILED, reason=Reason.REFUSED, sent_at=NOON, delivered_at=NOON)
    unknown = row(State.UNKNOWN, sent_at=NOON, reminders_sent=0)

    for each in (rejected, unknown):
        retry_invitations(invitations=[each.pk], by=None, state=each.state, at=NOON + DAY)
        each.refresh_from_db()

    assert (rejected.state, rejected.sent_at, rejected.delivered_at) == (State.PLANNED, None, None)
    assert (unknown.state, unknown.sent_at) == (State.PLANNED, NOON)


@pytest.mark.parametrize("reminders", [1, 2])
def test_a_rejected_reminder_that_is_sent_again_is_not_one_more(reminders):
    identity = IdentityFactory()
    first_at, last_at = NOON - 4 * DAY, NOON - (4 if reminders == 1 else 1) * DAY
    rejected = row(
        State.FAILED, reason=Reason.REFUSED, sent_at=NOON - 8 * DAY, reminders_sent=reminders,
        first_reminded_at=first_at, reminded_at=last_at, wave__campaign__reminders=2,
        customer=identity.customer, address=identity.value,
    )  # fmt: skip

    assert retry_invitations(invitations=[rejected.pk], by=None, state=State.FAILED, at=NOON) == 1

    rejected.refresh_from_db()
    earlier = first_at if reminders == 2 else None
    assert (rejected.reminders_sent, rejected.first_reminded_at, rejected.reminded_at) == (
        reminders - 1, earlier, earlier,
    )  # fmt: skip
    send_due_invitations(at=NOON)
    assert "Reminder" in KeptMail.objects.get().subject
    rejected.refresh_from_db()
    assert (rejected.state, rejected.reminders_sent, rejected.first_reminded_at, rejected.reminded_at) == (
        State.SENT, reminders, earlier or NOON, NOON,
    )  # fmt: skip


def test_nothing_is_sent_again_that_came_back_is_suppressed_answered_or_a_test():
    wave = WaveFactory()
    row(State.FAILED, wave=wave, reason=Reason.BOUNCED)
    suppressed = row(State.FAILED, wave=wave, digest="b" * 64)
    suppress(channel=Channel.EMAIL, digest=suppressed.digest, reason=Suppression.Reason.COMPLAINED, at=NOON)
    row(State.UNKNOWN, wave=wave, answered_at=NOON)
    row(State.FAILED, wave=wave, is_test=True)
    before = states()

    for state in (State.FAILED, State.UNKNOWN):
        assert retry_invitations(invitations=list(before), by=None, state=state, at=NOON) == 0

    assert states() == before


def test_rows_of_campaigns_that_ended_stay_while_others_are_sent_again():
    ended = row(State.FAILED, wave=WaveFactory(campaign=CampaignFactory(state="done", ends_at=NOON)))
    cancelled = row(State.FAILED, wave=WaveFactory(campaign=CampaignFactory(state="cancelled")))
    living = row(State.FAILED)
    chosen = [each.pk for each in (ended, cancelled, living)]

    assert retry_invitations(invitations=chosen, by=None, state=State.FAILED, at=NOON) == 1

    assert states() == {ended.pk: "failed", cancelled.pk: "failed", living.pk: "planned"}
    assert set(Campaign.objects.values_list("state", flat=True)) == {"done", "cancelled", "sending"}


def test_who_may_not_launch_sends_nothing_again(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    refused = row(State.FAILED)

    press(client, "send_refused_again", refused)

    assert states() == {refused.pk: State.FAILED}


def test_first_mail_repeated_mail_and_reminder_are_three_messages_to_every_mailbox():
    IdentityFactory()
    campaign = CampaignFactory(reminders=1, remind_after_days=3)
    plan_wave(campaign=campaign, at=NOON)
    send_due_invitations(at=NOON)
    Invitation.objects.update(state=State.UNKNOWN, sent_at=None)
    assert retry_campaign(campaign=campaign, by=None, state=State.UNKNOWN, at=NOON) == 1
    send_due_invitations(at=NOON)
    assert plan_reminders(at=NOON + 3 * DAY) == 1
    send_due_invitations(at=NOON + 3 * DAY)

    mails = [message_from_bytes(bytes(kept.message), policy=default) for kept in KeptMail.objects.all()]
    assert len(mails) == 3
    assert len({mail["Message-ID"] for mail in mails}) == 3
