"""How a campaign stands: every figure of the cockpit, from a ledger with one of everything."""

from datetime import timedelta

import pytest

from customers.consent import suppress
from customers.models import Channel, Suppression
from surveys.campaigns.life import WrongState
from surveys.campaigns.retrying import may_retry, retry_campaign
from surveys.ledger import tallies
from surveys.ledger.tallies import count_again, standing_of
from surveys.metrics.response_rates import Dispositions, response_rate
from surveys.models import Campaign, ContactCap, Invitation, StartedResponse, Tally
from surveys.sending.unsubscribing import leave_by_link
from tests.conftest import NOON
from tests.factories.surveys import InvitationFactory, SurveyResponseFactory, WaveFactory

pytestmark = pytest.mark.django_db
State, Reason = Invitation.State, Invitation.Reason
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def wave():
    return WaveFactory()


def row(wave, **fields):
    """Sent two minutes before NOON, unless it says otherwise."""
    return InvitationFactory(wave=wave, **{"sent_at": NOON - 2 * MINUTE, **fields})


def not_sent(wave, state, **fields):
    return row(wave, state=state, sent_at=None, **fields)


def answer(invitation, *, is_complete=True):
    Invitation.objects.filter(pk=invitation.pk).update(answered_at=NOON, opened_at=NOON)
    SurveyResponseFactory(
        invitation=invitation,
        campaign=invitation.wave.campaign,
        customer=invitation.customer,
        is_complete=is_complete,
    )


def begin(invitation, *, is_settled):
    StartedResponse.objects.create(
        version=invitation.wave.campaign.survey.version,
        invitation=invitation,
        started_at=NOON,
        saved_at=NOON,
        is_settled=is_settled,
    )


def test_one_of_everything_is_counted_where_it_belongs(wave):
    answer(row(wave, delivered_at=NOON))
    answer(row(wave, delivered_at=NOON), is_complete=False)
    begin(row(wave, opened_at=NOON, clicked_at=NOON), is_settled=True)
    begin(row(wave, opened_at=NOON), is_settled=False)
    leave_by_link(invitation=row(wave), at=NOON)
    row(wave, machine_opened_at=NOON)
    row(wave, reason=Reason.BOUNCED)
    not_sent(wave, State.FAILED, reason=Reason.REFUSED, error="550 no such user")
    not_sent(wave, State.UNKNOWN)
    not_sent(wave, State.PLANNED, due_at=NOON)
    not_sent(wave, State.PLANNED, due_at=NOON + DAY)
    not_sent(wave, State.DEFERRED, reason=Reason.SNOOZED, due_at=NOON + DAY)
    not_sent(wave, State.EXCLUDED, reason=Reason.BOUNCED)
    row(wave, is_test=True, answered_at=NOON)

    standing = standing_of(wave.campaign, at=NOON)

    assert (standing.planned, standing.asked, standing.to_ask, standing.ready) == (3, 7, 10, 1)
    assert (standing.delivered, standing.opened, standing.machines, standing.answered) == (2, 4, 1, 2)
    assert standing.clicked == 1
    assert (standing.started, standing.complete, standing.partial) == (4, 1, 1)
    assert (standing.broken_off, standing.going_on, standing.bounced) == (1, 1, 2)
    assert standing.people == Dispositions(complete=1, partial=1, refusal=2, non_contact=2, unknown=1)
    assert response_rate(standing.people) == pytest.approx(100 * 2 / 7)
    assert [(each.reason, each.label, each.people) for each in standing.left_out] == [
        ("bounced", "mail to the address came back (E-mail)", 1)
    ]
    assert [(each.state, each.words, each.people) for each in standing.failures] == [
        ("failed", "550 no such user", 1),
        ("unknown", "", 1),
    ]


def test_reasons_that_are_said_of_one_channel_are_told_by_channel(wave):
    for channel in ("email", "sms", "sms"):
        not_sent(wave, State.EXCLUDED, reason=Reason.UNSUBSCRIBED, channel=channel)
        not_sent(wave, State.EXCLUDED, reason=Reason.SAMPLED_OUT, channel=channel)

    left_out = standing_of(wave.campaign, at=NOON).left_out

    assert [(each.label, each.people, each.query) for each in left_out] == [
        ("unsubscribed (E-mail)", 1, "reason__exact=unsubscribed&channel__exact=email"),
        ("unsubscribed (SMS)", 2, "reason__exact=unsubscribed&channel__exact=sms"),
        ("not in the sample", 3, "reason__exact=sampled_out"),
    ]


def failures(wave):
    return [(each.label, each.words, each.people) for each in standing_of(wave.campaign, at=NOON).failures]


def test_what_came_back_is_told_apart_from_what_was_refused_each_with_its_words(wave):
    row(wave, state=State.FAILED, reason=Reason.BOUNCED, error="550 5.1.1 nobody here")
    not_sent(wave, State.FAILED, reason=Reason.REFUSED, error="550 5.1.1 nobody here")
    not_sent(wave, State.FAILED, reason=Reason.REFUSED, error="550 5.1.1 nobody there")

    standing = standing_of(wave.campaign, at=NOON)

    assert failures(wave) == [
        ("Refused by the provider", "550 5.1.1 nobody here", 2),
        ("Came back", "550 5.1.1 nobody here", 1),
    ]
    assert (standing.failed, standing.refused, standing.came_back) == (3, 2, 1)


def test_a_refused_reminder_is_not_told_as_sent(wave):
    """But whoever answered, or left, before a first reminder was tried again had none refused."""
    row(wave, reminders_sent=1, reminded_at=NOON, error="550 mailbox unavailable")
    row(wave, answered_at=NOON, error="451 later")

    assert failures(wave) == [("Reminder refused", "550 mailbox unavailable", 1)]


def test_what_has_one_cause_is_one_line_whatever_number_the_server_gave_it(wave):
    for n in range(20):
        not_sent(wave, State.FAILED, reason=Reason.REFUSED, error=f"550 5.7.1 spam (queue id 4F{n:06}XY)")
    for n in range(3):
        not_sent(wave, State.FAILED, reason=Reason.REFUSED, error=f"Rejected: message 9f86d081884c7d65{n}")
    for code in (21211, 21211, 21610):
        not_sent(wave, State.FAILED, reason=Reason.REFUSED, error=f"{code} no")

    assert failures(wave) == [
        ("Refused by the provider", "550 5.7.1 spam (queue id 4F000000XY)", 20),
        ("Refused by the provider", "Rejected: message 9f86d081884c7d650", 3),
        ("Refused by the provider", "21211 no", 2),
        ("Refused by the provider", "21610 no", 1),
    ]


def test_what_is_rarer_than_the_eight_most_frequent_is_counted_beside_them(wave):
    for n in range(10):
        for _each in range(2 if n < 8 else 1):
            not_sent(wave, State.FAILED, reason=Reason.REFUSED, error=f"550 5.1.{n} no")

    standing = standing_of(wave.campaign, at=NOON)

    assert [each.people for each in standing.failures] == [2] * 8
    assert standing.other_failures == 2


def test_deferred_and_excluded_customers_never_lower_the_response_rate(wave):
    answer(row(wave))
    row(wave)
    before = response_rate(standing_of(wave.campaign, at=NOON).people)
    for _each in range(5):
        not_sent(wave, State.DEFERRED, reason=Reason.CAP)
        not_sent(wave, State.EXCLUDED, reason=Reason.NO_ADDRESS)

    assert response_rate(standing_of(wave.campaign, at=NOON).people) == before == 50.0


def test_the_deferred_are_told_by_their_cap_with_the_next_dates(wave):
    cap = ContactCap.objects.create(most=1, days=30)
    for days in (1, 1, 2, 5, 9):
        not_sent(wave, State.DEFERRED, reason=Reason.CAP, cap=cap, due_at=NOON + days * DAY)
    not_sent(wave, State.DEFERRED, reason=Reason.SNOOZED, due_at=NOON + DAY)

    by_cap, resting = standing_of(wave.campaign, at=NOON).deferrals

    day = NOON.date()
    assert (by_cap.label, by_cap.people, by_cap.later) == ("1 message in 30 days", 5, 1)
    assert by_cap.dates == [(day + DAY, 2), (day + 2 * DAY, 1), (day + 5 * DAY, 1)]
    assert (resting.label, resting.people, resting.later) == ("asked for a rest from surveys", 1, 0)


def test_speed_and_time_left_come_from_the_last_minutes(wave):
    for _each in range(6):
        row(wave)
    row(wave, sent_at=NOON - 6 * MINUTE)
    for _each in range(7):
        not_sent(wave, State.PLANNED, due_at=NOON)

    standing = standing_of(wave.campaign, at=NOON)

    assert (standing.per_minute, standing.minutes_left) == (3.0, 3)
    assert standing_of(wave.campaign, at=NOON + 10 * MINUTE).per_minute is None


def test_a_large_ledger_is_counted_by_a_worker_and_shown_as_it_was(wave, monkeypatch):
    monkeypatch.setattr(tallies, "LARGE", 2)
    rung = []
    monkeypatch.setattr(tallies, "ring", lambda _task, **ids: rung.append(ids))
    for _each in range(4):
        row(wave)

    assert standing_of(wave.campaign, at=NOON) is None
    tally = Tally.objects.get()
    assert rung == [{"tally": tally.pk}]
    assert count_again(tally=tally.pk, at=NOON)
    row(wave)
    assert standing_of(wave.campaign, at=NOON + timedelta(seconds=1)).asked == 4
    assert len(rung) == 1  # fresh: nobody is rung for
    assert not count_again(tally=tally.pk, at=NOON + timedelta(seconds=1))
    assert standing_of(wave.campaign, at=NOON + MINUTE).asked == 4
    assert len(rung) == 2
    assert count_again(tally=tally.pk, at=NOON + MINUTE)
    assert standing_of(wave.campaign, at=NOON + MINUTE).asked == 5


def test_what_an_older_version_counted_is_not_shown_but_counted_anew(wave):
    row(wave)
    tally = Tally.objects.create(campaign=wave.campaign, counts={"rows": []}, counted_at=NOON)

    assert standing_of(wave.campaign, at=NOON) is None
    assert count_again(tally=tally.pk, at=NOON)
    assert standing_of(wave.campaign, at=NOON).asked == 1


def test_two_workers_count_a_ledger_once_and_a_killed_one_does_not_stop_it(wave):
    tally = Tally.objects.create(campaign=wave.campaign, being_counted_until=NOON + MINUTE)

    assert not count_again(tally=tally.pk, at=NOON)
    assert count_again(tally=tally.pk, at=NOON + 2 * MINUTE)


def test_what_was_refused_is_sent_again_but_not_to_addresses_that_are_suppressed(wave):
    refused = not_sent(wave, State.FAILED, reason=Reason.REFUSED, error="451", digest="a" * 64)
    gone = not_sent(wave, State.FAILED, reason=Reason.REFUSED, digest="b" * 64)
    came_back = not_sent(wave, State.FAILED, reason=Reason.BOUNCED, digest="c" * 64)
    unknown = not_sent(wave, State.UNKNOWN)
    suppress(channel=Channel.EMAIL, digest=gone.digest, reason=Suppression.Reason.BY_STAFF, at=NOON)
    Campaign.objects.update(state="done")

    assert retry_campaign(campaign=wave.campaign, by=None, state=State.FAILED, at=NOON) == 1

    planned = Invitation.objects.get(state=State.PLANNED)
    assert (planned.pk, planned.reason, planned.error, planned.due_at) == (refused.pk, "", "", NOON)
    assert Campaign.objects.get().state == "sending"
    assert retry_campaign(campaign=wave.campaign, by=None, state=State.UNKNOWN, at=NOON) == 1
    assert Invitation.objects.get(pk=unknown.pk).state == State.PLANNED
    assert Invitation.objects.get(pk=came_back.pk).state == State.FAILED


@pytest.mark.parametrize("over", [{"state": "cancelled"}, {"ends_at": NOON}])
def test_nothing_of_a_campaign_that_ended_is_sent_again(wave, over):
    failed = not_sent(wave, State.FAILED, reason=Reason.REFUSED)
    Campaign.objects.update(**over)
    campaign = Campaign.objects.get()

    assert not may_retry(campaign, at=NOON)
    with pytest.raises(WrongState):
        retry_campaign(campaign=campaign, by=None, state=State.FAILED, at=NOON)
    failed.refresh_from_db()
    assert failed.state == State.FAILED


def test_only_what_failed_or_is_unknown_can_be_sent_again(wave):
    sent = row(wave)

    assert retry_campaign(campaign=wave.campaign, by=None, state=State.SENT, at=NOON) == 0
    sent.refresh_from_db()
    assert sent.state == State.SENT
