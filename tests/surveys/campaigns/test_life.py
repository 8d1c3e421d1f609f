"""How campaigns start and end, whatever happens at the same time, and whatever is wrong with another one."""

from datetime import timedelta

import pytest

from customers.models import Segment
from events.delivery import deliver_events
from journeys.interactions import record_interaction
from mail.messages import Ending, Outcome
from mail.models import KeptMail
from staff.models import Notification
from surveys.campaigns import life
from surveys.campaigns.approving import approve_campaign, request_approval
from surveys.campaigns.life import (
    cancel_campaign,
    finish_campaigns,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
    start_due_campaigns,
)
from surveys.campaigns.retrying import retry_campaign
from surveys.campaigns.second_looks import look_again, why_held
from surveys.models import Campaign, ContactRules, Invitation, SendingPlace
from surveys.planning.one_by_one import one_by_one
from surveys.planning.waves import plan_wave
from surveys.sending.claiming import claim
from surveys.sending.handing_over import record_and_mark
from surveys.sending.places import LEASE, place_to_send
from surveys.sending.shifts import send_due_invitations
from surveys.tasks import run_campaigns_task, send_invitations_task
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory, SegmentFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
State, Kind = Campaign.State, Campaign.Kind
NONSENSE = {"field": "segment", "op": "is", "value": "999"}


def fresh(campaign):
    return Campaign.objects.get(pk=campaign.pk)


def bought(identity, number, *, at):
    record_interaction(customer=identity.customer, kind="purchase", source="shop", external_id=number, at=at)
    deliver_events(at=at)


@pytest.fixture
def rung(monkeypatch):
    """The bells that the tasks of this room ring."""
    rang = []
    monkeypatch.setattr("surveys.tasks.ring", lambda task, **ids: rang.append((task.name, ids)))
    return rang


# --- A campaign that cannot be planned -------------------------------------------------------------------------------


def test_of_many_the_others_have_their_turn_and_what_failed_is_told():
    turns = []

    def work(number):
        turns.append(number)
        if number == 2:
            raise ValueError(number)
        return number

    with pytest.raises(ExceptionGroup) as told:
        one_by_one([1, 2, 3], work)

    assert turns == [1, 2, 3]
    assert [str(error) for error in told.value.exceptions] == ["2"]
    assert one_by_one([1, 3], work) == 4


def test_a_step_of_the_sweep_that_fails_stops_neither_the_others_nor_the_senders(rung, monkeypatch):
    def fail(**_named):
        raise ValueError

    monkeypatch.setattr("surveys.tasks.look_again", fail)
    CampaignFactory(ends_at=NOON - DAY)

    with pytest.raises(ExceptionGroup):
        run_campaigns_task()

    assert Campaign.objects.get().state == State.DONE
    assert [ids for _name, ids in rung] == [{"channel": channel} for channel in ("email", "sms", "app")]


def test_a_segment_nobody_can_read_holds_its_own_campaign_and_no_other(rung):
    author, broken = UserFactory(roles=["Marketing"]), SegmentFactory(rule=NONSENSE)
    IdentityFactory()
    times = {"state": State.SCHEDULED, "starts_at": NOON - 300 * DAY}
    held = CampaignFactory(segment=broken, created_by=author, **times)
    fine = CampaignFactory(**times)

    for _twice in range(2):
        run_campaigns_task()

    assert (fresh(held).state, fresh(fine).state) == (State.SCHEDULED, State.SENDING)
    assert "There is no such segment." in why_held(fresh(held), at=NOON)
    assert Notification.objects.get(user=author).body == why_held(fresh(held), at=NOON)

    Segment.objects.filter(pk=broken.pk).update(rule={})
    run_campaigns_task()
    assert fresh(held).state == State.SENDING


def test_what_happens_while_nobody_can_read_the_segment_is_asked_about_when_it_can_be_read_again():
    identity, broken = IdentityFactory(), SegmentFactory(rule=NONSENSE)
    triggered = {"kind": Kind.TRIGGERED, "trigger": "purchase"}
    held, fine = CampaignFactory(segment=broken, **triggered), CampaignFactory(**triggered)

    bought(identity, "1", at=NOON + HOUR)
    assert Invitation.objects.get().wave.campaign == fine
    assert fresh(held).held_at
    assert look_again(at=NOON + 2 * HOUR) == 1

    Segment.objects.filter(pk=broken.pk).update(rule={})
    assert look_again(at=NOON + DAY) == 0
    assert Invitation.objects.filter(wave__campaign=held).count() == 1


# --- Starting --------------------------------------------------------------------------------------------------------


def test_a_start_in_the_past_is_now():
    campaign = CampaignFactory(state=State.DRAFT, starts_at=None)

    schedule_campaign(campaign=campaign, by=None, starts_at=NOON - 7 * DAY, at=NOON)

    assert fresh(campaign).starts_at == NOON


def test_what_happens_between_the_start_and_the_sweep_is_asked_about():
    identity = IdentityFactory()
    CampaignFactory(state=State.SCHEDULED, starts_at=NOON, kind=Kind.TRIGGERED, trigger="purchase")
    bought(identity, "1", at=NOON - HOUR)
    bought(identity, "2", at=NOON + timedelta(seconds=3))

    start_due_campaigns(at=NOON + timedelta(seconds=10))

    assert [row.customer for row in Invitation.objects.all()] == [identity.customer]


def test_what_happens_while_it_waits_at_its_start_for_somebody_to_agree_is_asked_about():
    author, second = UserFactory(roles=["Marketing"]), UserFactory(roles=["Marketing"])
    ContactRules.objects.create(approval_from=2)
    identity = IdentityFactory()
    campaign = CampaignFactory(
        state=State.DRAFT, starts_at=None, created_by=author, kind=Kind.TRIGGERED, trigger="purchase"
    )
    schedule_campaign(campaign=campaign, by=None, starts_at=NOON, at=NOON - DAY)
    IdentityFactory()
    start_due_campaigns(at=NOON)
    assert fresh(campaign).held_at == NOON
    bought(identity, "1", at=NOON + HOUR)

    request_approval(campaign=fresh(campaign), by=author, at=NOON + DAY)
    approve_campaign(campaign=fresh(campaign), by=second, at=NOON + DAY)
    start_due_campaigns(at=NOON + DAY)

    assert fresh(campaign).state == State.SENDING
    assert Invitation.objects.get().customer == identity.customer


def test_what_somebody_paused_does_not_go_on_because_a_change_was_taken_back():
    author = UserFactory(roles=["Marketing"])
    ContactRules.objects.create(approval_from=2)
    IdentityFactory(customer__country="BA")
    IdentityFactory(customer__country="DE")
    bosnians = {"field": "country", "op": "is", "value": "BA"}
    segment = SegmentFactory(rule=bosnians)
    campaign = CampaignFactory(
        state=State.DRAFT, starts_at=None, created_by=author, segment=segment, kind=Kind.RECURRING
    )
    schedule_campaign(campaign=campaign, by=None, starts_at=NOON, at=NOON)
    start_due_campaigns(at=NOON)
    pause_campaign(campaign=fresh(campaign), by=None, at=NOON)
    Segment.objects.update(rule={})
    request_approval(campaign=fresh(campaign), by=author, at=NOON + HOUR)

    Segment.objects.update(rule=bosnians)
    assert look_again(at=NOON + 2 * HOUR) == 0

    assert (fresh(campaign).state, fresh(campaign).held_at) == (State.PAUSED, None)
    resume_campaign(campaign=fresh(campaign), by=None, at=NOON + 3 * HOUR)
    assert fresh(campaign).state == State.SENDING


# --- Ending ----------------------------------------------------------------------------------------------------------


def test_after_its_end_nothing_goes_out_though_the_sweep_is_late():
    IdentityFactory()
    campaign = CampaignFactory(ends_at=NOON + 2 * HOUR)
    wave = plan_wave(campaign=campaign, at=NOON)
    claimed = claim(wave=wave.pk, channel="email", at=NOON)

    assert record_and_mark(claimed, [], claimed.addressees, campaign=campaign, at=NOON + 2 * HOUR) == []
    send_due_invitations(at=NOON + 2 * HOUR)
    assert not KeptMail.objects.exists()

    assert finish_campaigns(at=NOON + 2 * HOUR) == 1
    assert Invitation.objects.get().reason == "closed"


def test_what_happens_after_its_end_asks_nobody_though_the_sweep_is_late():
    CampaignFactory(kind=Kind.TRIGGERED, trigger="purchase", ends_at=NOON)

    bought(IdentityFactory(), "1", at=NOON + HOUR)

    assert not Invitation.objects.exists()


def test_what_is_paused_ends_too():
    IdentityFactory()
    campaign = CampaignFactory(ends_at=NOON + HOUR)
    plan_wave(campaign=campaign, at=NOON)
    pause_campaign(campaign=campaign, by=None, at=NOON)

    assert finish_campaigns(at=NOON + HOUR) == 1

    assert (fresh(campaign).state, Invitation.objects.get().reason) == (State.DONE, "closed")


@pytest.mark.parametrize("end", ["by its time", "by somebody"])
@pytest.mark.parametrize("ending", [Ending.NOT_SENT, Ending.REFUSED])
def test_what_was_in_hand_when_it_ended_and_is_not_taken_waits_for_nothing(end, ending):
    customer = IdentityFactory().customer
    IdentityFactory(kind="phone", value="+38761000111", customer=customer)
    campaign = CampaignFactory(ends_at=NOON + HOUR, channels=["email", "sms"])
    wave = plan_wave(campaign=campaign, at=NOON)
    claimed = claim(wave=wave.pk, channel="email", at=NOON)
    [addressee] = record_and_mark(claimed, [], claimed.addressees, campaign=campaign, at=NOON)

    if end == "by its time":
        finish_campaigns(at=NOON + HOUR)
    else:
        cancel_campaign(campaign=campaign, by=None, at=NOON)
    record_and_mark(claimed, [(addressee, Outcome(ending, "later"))], [], campaign=campaign, at=NOON + HOUR)

    row = Invitation.objects.get()
    assert row.state == ("failed" if ending is Ending.REFUSED else "cancelled")
    assert row.reason == ("refused" if ending is Ending.REFUSED else "closed" if end == "by its time" else "")


def test_who_sends_again_while_it_is_found_to_be_over_keeps_it_going(monkeypatch):
    campaign = CampaignFactory(reminders=0)
    plan_wave(campaign=campaign, at=NOON)
    row = InvitationFactory(wave__campaign=campaign, state="failed", reason="refused", sent_at=None)
    stop_planned = life.stop_planned

    def stop_after_somebody_pressed(unsent, *, reason):
        assert retry_campaign(campaign=campaign, by=None, state="failed", at=NOON) == 1
        stop_planned(unsent, reason=reason)

    monkeypatch.setattr(life, "stop_planned", stop_after_somebody_pressed)
    assert finish_campaigns(at=NOON) == 0

    row.refresh_from_db()
    assert (row.state, fresh(campaign).state) == ("planned", State.SENDING)


# --- Places of senders -----------------------------------------------------------------------------------------------


def test_as_many_send_by_a_channel_as_there_are_places(settings):
    settings.SENDERS_PER_CHANNEL = 2

    with place_to_send("email") as first, place_to_send("email") as second:
        with place_to_send("email") as third, place_to_send("sms") as other:
            assert (first, second, third, other) == (True, True, False, True)
        settings.SENDERS_PER_CHANNEL = 3
        with place_to_send("email") as third:
            assert third

    assert SendingPlace.objects.unleased().count() == SendingPlace.objects.count() == 5


def test_the_place_of_a_killed_sender_is_free_when_its_lease_is_over(settings):
    settings.SENDERS_PER_CHANNEL = 1
    killed = place_to_send("email")
    assert killed.__enter__()
    with place_to_send("email") as is_free:
        assert not is_free

    SendingPlace.objects.update(lease_until=NOON - LEASE)  # years ago by the database's clock
    with place_to_send("email") as is_free:
        assert is_free
        killed.__exit__(None, None, None)  # it was no more than slow
        with place_to_send("email") as another:
            assert not another


def test_who_leaves_work_over_rings_for_one_more_and_who_has_no_place_for_nobody(rung, monkeypatch, settings):
    settings.SENDERS_PER_CHANNEL = 1
    monkeypatch.setattr("surveys.tasks.send_due_invitations", lambda **_named: False)

    send_invitations_task(channel="email")
    assert [ids for _name, ids in rung] == [{"channel": "email"}]

    with place_to_send("email"):
        send_invitations_task(channel="email")
    assert len(rung) == 1
