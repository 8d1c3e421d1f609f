from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse

from customers.models import Customer, SegmentMember
from customers.privacy.erasing import erase_customer
from events.delivery import deliver_events
from journeys.interactions import record_interaction
from staff.tasks import send_staff_mails_task
from surveys.campaigns.approving import ApprovalNeeded, approve_campaign, request_approval
from surveys.campaigns.life import (
    WrongState,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
    start_due_campaigns,
)
from surveys.campaigns.second_looks import look_again
from surveys.models import Campaign, ContactRules, Invitation, Sender, Survey
from surveys.planning.rounds import plan_rounds
from surveys.writing.publishing import publish_survey
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory, SegmentFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, QuestionFactory

pytestmark = pytest.mark.django_db
State, Kind = Campaign.State, Campaign.Kind
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def author():
    return UserFactory(roles=["Marketing"])


@pytest.fixture
def second():
    return UserFactory(roles=["Marketing"])


@pytest.fixture
def campaign(author):
    """Of the three in Bosnia; from two on a second person has to agree."""
    ContactRules.objects.create(approval_from=2)
    for country in ("BA", "BA", "BA", "DE"):
        IdentityFactory(customer__country=country)
    return CampaignFactory(
        state=State.DRAFT,
        starts_at=None,
        created_by=author,
        segment=SegmentFactory(rule={"field": "country", "op": "is", "value": "BA"}),
        sender=Sender.objects.create(name="CX", address="cx@meridian.example"),
    )


def agree(campaign, author, second, *, at):
    request_approval(campaign=campaign, by=author, at=at)
    approve_campaign(campaign=campaign, by=second, at=at)


def launch(campaign):
    schedule_campaign(campaign=campaign, by=None, starts_at=NOON, at=NOON - DAY)


def widen(campaign):
    campaign.segment.rule = {}
    campaign.segment.save()


def ask_something_else(campaign):
    QuestionFactory(survey=campaign.survey)
    publish_survey(survey=campaign.survey, by=None, at=NOON)


def rename_the_sender(campaign):
    Sender.objects.update(name="Somebody else")


def put_on_list(listed, customers, *, by):
    listed.members.bulk_create(
        SegmentMember(segment=listed, customer=each, added_at=NOON, added_by=by) for each in customers
    )


def bought(customer, number, *, at):
    record_interaction(customer=customer, kind="purchase", source="shop", external_id=number, at=at)
    deliver_events(at=at)


def asked():
    return list(Invitation.objects.order_by("pk").values_list("customer", "state"))


def fresh(campaign):
    return Campaign.objects.get(pk=campaign.pk)


def test_what_was_agreed_to_starts_and_a_customer_more_changes_nothing(campaign, author, second):
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    IdentityFactory(customer__country="BA")

    assert start_due_campaigns(at=NOON) == 1
    assert look_again(at=NOON) == 0

    assert (fresh(campaign).state, Invitation.objects.count()) == (State.SENDING, 4)


@pytest.mark.parametrize("change", [widen, ask_something_else, rename_the_sender])
def test_what_changed_between_launch_and_start_does_not_go_out_until_somebody_agrees_again(
    client, campaign, author, second, change
):
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    change(campaign)

    assert start_due_campaigns(at=NOON) == 0
    assert start_due_campaigns(at=NOON + HOUR) == 0

    held = fresh(campaign)
    assert (held.state, held.held_at, Invitation.objects.count()) == (State.SCHEDULED, NOON, 0)
    told = author.notifications.exclude(source__contains="approved").get()
    page = reverse("admin:surveys_campaign_preflight", args=[campaign.pk])
    assert (told.title, told.url) == (f"Held back: the campaign “{campaign.name}”", page)
    assert told.body == (
        "The segment, the survey or the sender changed since it was approved, so nothing goes out until somebody"
        " agrees again. Look at it on the page before the launch and ask for approval there. It goes on by itself as"
        " soon as somebody agrees."
    )
    assert second.notifications.filter(source__contains="held").count() == 0
    send_staff_mails_task()
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [([author.email], told.title)]

    client.force_login(author)
    cockpit = client.get(reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])).text
    assert "nothing goes out until somebody agrees again" in cockpit
    assert f'<a class="cx-link" href="{page}">' in cockpit
    assert "waits for approval" in client.get(reverse("admin:surveys_campaign_changelist")).text
    assert "Ask for approval" in client.get(page).text

    agree(held, author, second, at=NOON + HOUR)
    assert start_due_campaigns(at=NOON + HOUR) == 1
    begun = fresh(campaign)
    assert (begun.state, begun.held_at) == (State.SENDING, None)
    assert Invitation.objects.count() == (4 if change is widen else 3)


def test_taking_the_change_back_lets_it_start(campaign, author, second):
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    rename_the_sender(campaign)
    assert start_due_campaigns(at=NOON) == 0

    Sender.objects.update(name="CX")

    assert start_due_campaigns(at=NOON + HOUR) == 1


def test_what_grew_beyond_the_limit_before_its_start_needs_a_second_person(client, campaign, author, second):
    ContactRules.objects.update(approval_from=4)
    launch(campaign)
    IdentityFactory(customer__country="BA")

    assert start_due_campaigns(at=NOON) == 0

    client.force_login(second)
    cockpit = client.get(reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])).text
    assert "It would ask so many people now" in cockpit
    with pytest.raises(ApprovalNeeded):
        schedule_campaign(campaign=fresh(campaign), by=None, starts_at=NOON, at=NOON)
    ContactRules.objects.update(approval_from=None)
    assert start_due_campaigns(at=NOON) == 1


def test_what_grew_beyond_the_limit_while_it_sends_goes_on_when_the_change_is_taken_back(campaign):
    ContactRules.objects.update(approval_from=4)
    Campaign.objects.update(kind=Kind.RECURRING, every_weeks=1)
    campaign.refresh_from_db()
    launch(campaign)
    start_due_campaigns(at=NOON)
    before = campaign.segment.rule
    widen(campaign)
    assert (look_again(at=NOON), fresh(campaign).state) == (1, State.PAUSED)

    campaign.segment.rule = before
    campaign.segment.save()

    assert look_again(at=NOON + HOUR) == 0
    assert (fresh(campaign).state, fresh(campaign).held_at) == (State.SENDING, None)


def test_a_held_campaign_can_be_cancelled_and_stays_so(campaign, author, second, client):
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    widen(campaign)
    start_due_campaigns(at=NOON)

    client.force_login(author)
    client.post(reverse("admin:surveys_campaign_cockpit", args=[campaign.pk]), {"do": "cancel"})

    assert (fresh(campaign).state, fresh(campaign).held_at) == (State.CANCELLED, None)
    assert "waits for approval" not in client.get(reverse("admin:surveys_campaign_changelist")).text


@pytest.mark.parametrize("kind", [Kind.RECURRING, Kind.TRIGGERED, Kind.BY_API])
def test_a_campaign_that_goes_on_for_years_stops_when_its_segment_is_widened(
    client, campaign, author, second, kind
):
    Campaign.objects.update(kind=kind, trigger="purchase", every_weeks=1)
    campaign.refresh_from_db()
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    start_due_campaigns(at=NOON)
    IdentityFactory(customer__country="BA")
    assert look_again(at=NOON) == 0

    widen(campaign)
    assert look_again(at=NOON + HOUR) == 1
    assert look_again(at=NOON + HOUR) == 1

    held = fresh(campaign)
    assert (held.state, held.held_at) == (State.PAUSED, NOON + HOUR)
    assert plan_rounds(at=NOON + 6 * DAY) == 0
    assert author.notifications.filter(source__contains="held").count() == 1
    client.force_login(author)
    cockpit = reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])
    assert 'value="resume"' not in client.get(cockpit).text
    page = reverse("admin:surveys_campaign_preflight", args=[campaign.pk])
    for headers in (None, {"HX-Request": "true"}):
        shown = client.get(page, {"counted": ""} if headers else None, headers=headers).text
        assert ("Ask for approval" in shown, 'value="start"' in shown) == (True, False)
    with pytest.raises(ApprovalNeeded):
        resume_campaign(campaign=held, by=None, at=NOON + HOUR)

    agree(held, author, second, at=NOON + DAY)

    assert fresh(campaign).state == State.SENDING
    assert look_again(at=NOON + DAY) == 0
    assert (fresh(campaign).state, fresh(campaign).held_at) == (State.SENDING, None)


def agreed(campaign, author, second):
    agree(campaign, author, second, at=NOON + 2 * DAY)


def taken_back(campaign, *_people):
    campaign.segment.rule = {"field": "country", "op": "is", "value": "BA"}
    campaign.segment.save()
    look_again(at=NOON + 2 * DAY)


def taken_back_and_resumed(campaign, *_people):
    campaign.segment.rule = {"field": "country", "op": "is", "value": "BA"}
    campaign.segment.save()
    resume_campaign(campaign=campaign, by=None, at=NOON + 2 * DAY)


@pytest.mark.parametrize(
    ("goes_on", "abroad"),
    [(agreed, "planned"), (taken_back, "excluded"), (taken_back_and_resumed, "excluded")],
)
def test_what_happens_while_it_is_held_asks_once_it_goes_on(
    campaign, author, second, goes_on, abroad, monkeypatch
):
    monkeypatch.setattr("surveys.planning.triggers.AT_ONCE", 1)
    Campaign.objects.update(kind=Kind.TRIGGERED, trigger="purchase", cooldown_days=0)
    campaign.refresh_from_db()
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    start_due_campaigns(at=NOON)
    bosnian, _another, _third, german = Customer.objects.order_by("pk")
    bought(bosnian, "before", at=NOON + HOUR)
    widen(campaign)
    assert look_again(at=NOON + 2 * HOUR) == 1
    bought(bosnian, "meanwhile", at=NOON + DAY)
    bought(german, "abroad", at=NOON + DAY)
    record_interaction(
        customer=german, kind="visit", source="shop", external_id="another kind", at=NOON + DAY
    )
    deliver_events(at=NOON + DAY)
    assert asked() == [(bosnian.pk, "planned")]

    goes_on(fresh(campaign), author, second)

    assert (fresh(campaign).state, fresh(campaign).held_at) == (State.SENDING, None)
    assert asked() == [(bosnian.pk, "planned"), (bosnian.pk, "planned"), (german.pk, abroad)]
    deliver_events(at=NOON + 2 * DAY)
    assert look_again(at=NOON + 2 * DAY) == 0
    assert len(asked()) == 3


def test_what_happens_while_a_person_pauses_it_or_its_survey_is_closed_asks_nobody(campaign, author, second):
    Campaign.objects.update(kind=Kind.TRIGGERED, trigger="purchase")
    campaign.refresh_from_db()
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    start_due_campaigns(at=NOON)
    customer = Customer.objects.order_by("pk").first()
    pause_campaign(campaign=campaign, by=None, at=NOON)
    bought(customer, "paused", at=NOON + HOUR)
    resume_campaign(campaign=fresh(campaign), by=None, at=NOON + 2 * HOUR)
    assert not Invitation.objects.exists()

    widen(campaign)
    assert look_again(at=NOON + 3 * HOUR) == 1
    bought(customer, "held and closed", at=NOON + 4 * HOUR)
    Survey.objects.update(is_open=False)
    taken_back(fresh(campaign), author, second)

    assert fresh(campaign).state == State.SENDING
    assert not Invitation.objects.exists()


def test_who_is_erased_from_a_list_stops_nothing_and_twice_as_many_on_it_do(campaign, author, second):
    listed = SegmentFactory(kind="list")
    put_on_list(listed, [IdentityFactory().customer for _n in range(3)], by=author)
    Campaign.objects.update(kind=Kind.RECURRING, every_weeks=1, segment=listed)
    campaign.refresh_from_db()
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    start_due_campaigns(at=NOON)

    erase_customer(customer=listed.members.first().customer, by=author, reason="asked", at=NOON)
    assert (look_again(at=NOON), listed.members.count()) == (0, 2)

    put_on_list(listed, [IdentityFactory().customer for _n in range(2)], by=author)
    assert (look_again(at=NOON), fresh(campaign).state) == (1, State.PAUSED)


def test_approval_is_asked_for_and_given_on_the_page_of_a_held_campaign_that_fewer_are_in_by_now(
    client, campaign, author, second
):
    Campaign.objects.update(kind=Kind.RECURRING, every_weeks=1)
    campaign.refresh_from_db()
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    start_due_campaigns(at=NOON)
    widen(campaign)
    look_again(at=NOON)
    campaign.segment.rule = {"field": "country", "op": "is", "value": "DE"}
    campaign.segment.save()
    assert look_again(at=NOON) == 1

    page = reverse("admin:surveys_campaign_preflight", args=[campaign.pk])
    client.force_login(author)
    assert "Ask for approval" in client.get(f"{page}?counted").text
    client.post(page, {"do": "request"})
    client.force_login(second)
    looked_at = client.get(page)
    assert "Approve it as it stands" in looked_at.text
    seen = looked_at.context["asked_for"]
    answered = client.post(page, {"do": "approve", "seen": seen}, follow=True).text

    assert "Approved. It goes on by itself." in answered
    assert (fresh(campaign).state, fresh(campaign).held_at) == (State.SENDING, None)


def test_of_a_campaign_that_asks_once_the_segment_no_longer_counts_but_the_survey_does(
    campaign, author, second
):
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    start_due_campaigns(at=NOON)
    widen(campaign)
    assert look_again(at=NOON) == 0

    ask_something_else(campaign)

    assert look_again(at=NOON) == 1
    assert fresh(campaign).state == State.PAUSED


def test_what_a_person_paused_and_changed_does_not_go_on_without_a_second_look(campaign, author, second):
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    start_due_campaigns(at=NOON)
    pause_campaign(campaign=fresh(campaign), by=None, at=NOON)
    rename_the_sender(campaign)

    for _again in range(2):
        with pytest.raises(ApprovalNeeded):
            resume_campaign(campaign=fresh(campaign), by=None, at=NOON)

    held = fresh(campaign)
    assert (held.state, held.held_at) == (State.PAUSED, NOON)
    assert author.notifications.filter(source__contains="held").count() == 1
    agree(held, author, second, at=NOON + HOUR)
    assert (fresh(campaign).state, fresh(campaign).held_at) == (State.SENDING, None)


@pytest.mark.parametrize("state", [State.DONE, State.CANCELLED])
def test_what_has_ended_is_neither_held_nor_resumed(campaign, author, second, state):
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    start_due_campaigns(at=NOON)
    Campaign.objects.update(state=state)
    rename_the_sender(campaign)

    with pytest.raises(WrongState):
        resume_campaign(campaign=fresh(campaign), by=None, at=NOON)

    assert (fresh(campaign).state, fresh(campaign).held_at) == (state, None)


def test_without_a_limit_and_below_it_changes_go_out_as_before(campaign):
    ContactRules.objects.update(approval_from=5)
    launch(campaign)
    start_due_campaigns(at=NOON)

    ask_something_else(campaign)

    assert look_again(at=NOON) == 0
    assert fresh(campaign).state == State.SENDING


def test_what_was_sending_before_anybody_looked_goes_on_and_is_looked_at_from_now(campaign):
    Campaign.objects.update(state=State.SENDING, kind=Kind.RECURRING)
    assert look_again(at=NOON) == 0

    widen(campaign)

    assert look_again(at=NOON) == 1


def test_where_nobody_who_wrote_it_is_left_everybody_who_may_launch_is_told(campaign, author, second):
    launcher = UserFactory(roles=["Marketing"])
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    type(author).objects.filter(pk=author.pk).update(is_active=False)
    widen(campaign)

    start_due_campaigns(at=NOON)

    told = {each.user for each in second.notifications.model.objects.filter(source__contains="held")}
    assert told == {second, launcher}


def test_looking_again_costs_the_same_while_nothing_changed(
    campaign, author, second, django_assert_num_queries
):
    agree(campaign, author, second, at=NOON - DAY)
    launch(campaign)
    start_due_campaigns(at=NOON)

    with django_assert_num_queries(1):
        look_again(at=NOON)


def test_a_process_of_before_still_drafts_campaigns_while_the_new_ones_start(campaign):
    columns = [field.column for field in Campaign._meta.concrete_fields]
    known = [column for column in columns if column not in {"id", "held_at", "cleared_of"}]
    told = ["name || '!'" if column == "name" else column for column in known]

    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO surveys_campaign ({', '.join(known)}) SELECT {', '.join(told)} FROM surveys_campaign"
        )

    assert list(Campaign.objects.values_list("held_at", "cleared_of")) == [(None, "")] * 2
