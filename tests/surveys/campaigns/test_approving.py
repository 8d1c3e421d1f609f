from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customers.models import Segment, SegmentMember
from staff.models import AuditEntry
from staff.units import create_unit
from surveys.campaigns.approving import (
    ApprovalNeeded,
    NothingToApprove,
    OwnCampaign,
    approve_campaign,
    asked_for,
    is_approved,
    request_approval,
)
from surveys.campaigns.drafts import change_before_start
from surveys.campaigns.life import NotReady, schedule_campaign
from surveys.models import Campaign, ContactCap, ContactRules, Sender
from surveys.writing.publishing import publish_survey
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, QuestionFactory

pytestmark = pytest.mark.django_db
State = Campaign.State


@pytest.fixture
def author():
    return UserFactory(roles=["Marketing"])


@pytest.fixture
def second():
    return UserFactory(roles=["Marketing"], language="fa")


@pytest.fixture
def campaign(author):
    """Three could be asked, one of them later; two have to be approved."""
    ContactRules.objects.create(approval_from=3)
    ContactCap.objects.create(most=1, days=30)
    for _ in range(3):
        customer = IdentityFactory().customer
    InvitationFactory(customer=customer, sent_at=NOON - timedelta(days=3))
    CustomerFactory()
    return CampaignFactory(state=State.DRAFT, starts_at=None, created_by=author)


def launch(campaign):
    schedule_campaign(campaign=campaign, by=None, starts_at=NOON, at=NOON)


def test_who_waits_for_a_cap_counts_and_who_is_left_out_does_not(campaign):
    with pytest.raises(ApprovalNeeded, match="would ask 3 people"):
        launch(campaign)

    campaign.refresh_from_db()
    assert campaign.state == State.DRAFT


@pytest.mark.parametrize("limit", [None, 4])
def test_below_the_limit_or_without_one_nobody_has_to_agree(campaign, limit):
    ContactRules.objects.update(approval_from=limit)

    launch(campaign)

    assert campaign.state == State.SCHEDULED


def test_a_second_person_agrees_and_then_it_goes_out(campaign, author, second):
    UserFactory(roles=["Analysts"])

    told = request_approval(campaign=campaign, by=author, at=NOON)
    approve_campaign(campaign=campaign, by=second, at=NOON)
    launch(campaign)

    assert told == 1
    assert (campaign.approved_by, campaign.approved_at, campaign.state) == (second, NOON, State.SCHEDULED)
    assert second.notifications.get().url == reverse("admin:surveys_campaign_preflight", args=[campaign.pk])
    assert author.notifications.get().title == f"{second} approved the campaign “{campaign.name}”"
    assert list(AuditEntry.objects.order_by("pk").values_list("user", "detail")) == [
        (author.pk, {"step": "approval_requested"}),
        (second.pk, {"step": "approved"}),
        (None, {"step": "launched"}),
    ]


def test_nobody_approves_what_they_wrote_or_asked_for(campaign, author, second):
    request_approval(campaign=campaign, by=second, at=NOON)

    for own in (author, second):
        with pytest.raises(OwnCampaign):
            approve_campaign(campaign=campaign, by=own, at=NOON)

    campaign.refresh_from_db()
    assert campaign.approved_at is None


def test_what_nobody_asked_for_is_not_approved(campaign, second):
    with pytest.raises(NothingToApprove):
        approve_campaign(campaign=campaign, by=second, at=NOON)


def test_what_was_changed_since_it_was_looked_at_is_not_approved(campaign, author, second):
    request_approval(campaign=campaign, by=author, at=NOON)
    seen = asked_for(campaign)
    change_before_start(campaign=campaign, by=None, at=NOON, name="Another")
    request_approval(campaign=campaign, by=author, at=NOON + timedelta(minutes=1))

    with pytest.raises(NothingToApprove, match="while you looked"):
        approve_campaign(campaign=campaign, by=second, at=NOON, seen=seen)
    approve_campaign(campaign=campaign, by=second, at=NOON, seen=asked_for(campaign))


def test_a_segment_that_was_changed_since_it_was_looked_at_is_not_approved(campaign, author, second):
    campaign.segment = SegmentFactory(rule={"field": "country", "op": "is", "value": "BA"})
    campaign.save()
    request_approval(campaign=campaign, by=author, at=NOON)
    seen = asked_for(campaign)
    Segment.objects.update(rule={})

    with pytest.raises(NothingToApprove, match="while you looked"):
        approve_campaign(campaign=campaign, by=second, at=NOON, seen=seen)


def test_an_edit_takes_the_approval_back(campaign, author, second):
    request_approval(campaign=campaign, by=author, at=NOON)
    approve_campaign(campaign=campaign, by=second, at=NOON)

    change_before_start(campaign=campaign, by=None, at=NOON, name="Another")

    with pytest.raises(ApprovalNeeded):
        launch(campaign)


def test_an_edit_of_what_was_approved_and_scheduled_makes_it_a_draft_again(campaign, author, second):
    request_approval(campaign=campaign, by=author, at=NOON)
    approve_campaign(campaign=campaign, by=second, at=NOON)
    launch(campaign)

    assert change_before_start(campaign=campaign, by=None, at=NOON, name="Another")

    campaign.refresh_from_db()
    assert (campaign.state, campaign.approved_at, campaign.name) == (State.DRAFT, None, "Another")


def test_a_small_scheduled_campaign_stays_scheduled_until_it_is_made_large(campaign):
    ContactRules.objects.update(approval_from=4)
    launch(campaign)
    assert not change_before_start(campaign=campaign, by=None, at=NOON, name="Another")
    ContactRules.objects.update(approval_from=3)

    assert change_before_start(campaign=campaign, by=None, at=NOON, segment=None)


def test_who_sees_only_a_unit_is_not_asked_to_approve(campaign, author):
    UserFactory(roles=["Marketing"], unit=create_unit(name="Shop", kind="brand"))

    assert request_approval(campaign=campaign, by=author, at=NOON) == 0


def test_asking_needs_the_right_to_change_and_launching_and_approving_the_right_to_launch(client, campaign):
    address = reverse("admin:surveys_campaign_preflight", args=[campaign.pk])
    in_a_shop = UserFactory(roles=["Marketing"], unit=create_unit(name="Shop", kind="brand"))
    assert not in_a_shop.has_perm("surveys.launch_campaign")

    client.force_login(UserFactory(roles=["Analysts"]))
    assert 'value="request"' not in client.get(address).content.decode()
    assert client.post(address, {"do": "request"}).status_code == 403
    client.force_login(in_a_shop)
    page = client.get(address).content.decode()
    assert ('value="request"' in page, 'value="start"' in page) == (True, False)
    for do in ("start", "schedule", "approve"):
        assert client.post(address, {"do": do}).status_code == 403
    assert client.post(address, {"do": "request"}).url == address

    campaign.refresh_from_db()
    assert (campaign.approval_requested_by, campaign.approved_by, campaign.state) == (
        in_a_shop,
        None,
        State.DRAFT,
    )
    assert 'value="approve"' not in client.get(address).content.decode()


def test_a_launch_refuses_what_the_form_would(campaign):
    ContactRules.objects.all().delete()
    Campaign.objects.filter(pk=campaign.pk).update(subject={"en": "{nobody}"})
    campaign.refresh_from_db()

    with pytest.raises(NotReady, match=r"\{nobody\}"):
        launch(campaign)


def test_whoever_edits_without_changing_anything_takes_nothing_back(client, campaign, author, second):
    request_approval(campaign=campaign, by=author, at=timezone.now())
    approve_campaign(campaign=campaign, by=second, at=timezone.now())
    client.force_login(author)
    address = reverse("admin:surveys_campaign_change", args=[campaign.pk])
    form = client.get(address).context["adminform"].form
    same = {}
    for bound in form:
        value = bound.value()
        widget = bound.field.widget
        if hasattr(widget, "decompress"):
            parts = zip(widget.widgets_names, widget.decompress(value), strict=True)
            same |= {f"{bound.name}{name}": part or "" for name, part in parts}
        else:
            same[bound.name] = "" if value is None else value

    client.post(address, same)

    campaign.refresh_from_db()
    assert campaign.approved_by == second


def widen(campaign):
    campaign.segment.rule = {"field": "country", "op": "is_not", "value": "US"}
    campaign.segment.save()


def widen_a_part(campaign):
    Segment.objects.filter(name="Part").update(rule={})


def lengthen_a_list(campaign):
    SegmentMember.objects.create(
        segment=Segment.objects.get(name="List"), customer=CustomerFactory(), added_at=NOON
    )


def ask_something_else(campaign):
    QuestionFactory(survey=campaign.survey)
    publish_survey(survey=campaign.survey, by=None, at=NOON)


def rename_the_sender(campaign):
    Sender.objects.update(name="Somebody else")


@pytest.mark.parametrize(
    "change", [widen, widen_a_part, lengthen_a_list, ask_something_else, rename_the_sender]
)
def test_what_stands_behind_an_approved_campaign_changes_and_somebody_looks_again(
    client, campaign, author, second, change
):
    part = SegmentFactory(name="Part", rule={"not": {"field": "country", "op": "is", "value": "US"}})
    listed = SegmentFactory(name="List", kind=Segment.Kind.LIST)
    named = [{"field": "segment", "op": "is", "value": str(each.pk)} for each in (part, listed)]
    campaign.segment = SegmentFactory(rule={"any": named})
    campaign.sender = Sender.objects.create(name="CX", address="cx@meridian.example")
    campaign.save()
    request_approval(campaign=campaign, by=author, at=NOON)
    approve_campaign(campaign=campaign, by=second, at=NOON)
    assert is_approved(Campaign.objects.get(pk=campaign.pk))

    change(campaign)

    campaign = Campaign.objects.get(pk=campaign.pk)
    with pytest.raises(ApprovalNeeded):
        launch(campaign)
    client.force_login(author)
    page = client.get(reverse("admin:surveys_campaign_preflight", args=[campaign.pk])).text
    assert "somebody has to look again" in page
    assert "Ask for approval" in page

    request_approval(campaign=campaign, by=author, at=NOON + timedelta(hours=1))
    approve_campaign(campaign=campaign, by=second, at=NOON + timedelta(hours=1))
    launch(campaign)
    assert campaign.state == State.SCHEDULED
