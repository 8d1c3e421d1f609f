from datetime import time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from surveys.campaigns.drafts import change_before_start, change_draft
from surveys.campaigns.life import NotReady, schedule_campaign
from surveys.models import Campaign, ContactRules
from tests.conftest import NOON
from tests.factories.customers import SegmentFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory

pytestmark = pytest.mark.django_db
State, Kind = Campaign.State, Campaign.Kind
ADD = reverse("admin:surveys_campaign_add")


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def written(**changes):
    """What a browser sends of a filled form."""
    fields = {
        "kind": "once", "name": "Spring", "survey": SurveyFactory().pk, "segment": "", "every_weeks": "12",
        "trigger": "", "trigger_touchpoint": "", "delay_hours": "0", "cooldown_days": "30",
        "channels_0": "email", "channels_1": "", "channels_2": "", "sender": "",
        "subject_en": "A word, {first_name}?", "body_en": "From {organisation}.",
        "compare_percent": "10", "compare_hours": "24", "reminders": "1", "remind_after_days": "3",
        "ends_at_0": "", "ends_at_1": "", "send_at": "", "per_hour": "", "sample_percent": "100",
        "control_percent": "0", "sample_size": "",
    }  # fmt: skip
    return fields | changes


def test_a_campaign_is_saved_and_looked_at_before_the_launch(marketing):
    page = marketing.post(ADD, written(segment=SegmentFactory().pk, channels_1="sms", per_hour="500"))

    campaign = Campaign.objects.get()
    assert page.url == reverse("admin:surveys_campaign_preflight", args=[campaign.pk])
    assert (campaign.kind, campaign.channels, campaign.per_hour) == ("once", ["email", "sms"], 500)
    assert campaign.subject == {"en": "A word, {first_name}?"}
    assert campaign.created_by.username


def test_a_control_group_is_promised_for_its_campaign_alone(marketing):
    """Each campaign draws its own, so others may ask the same people."""
    page = marketing.get(ADD).content.decode()

    assert "This campaign never asks these" in page
    assert "others may ask them" in page
    assert "These are never asked" not in page


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"kind": "recurring", "every_weeks": "4"}, {"every_weeks": 4}),
        (
            {"kind": "triggered", "trigger": "purchase", "delay_hours": "24"},
            {"trigger": "purchase", "delay_hours": 24},
        ),
        (
            {
                "kind": "triggered",
                "trigger": "purchase",
                "trigger_detail": "amount",
                "trigger_compare": "at_least",
                "trigger_value": "100",
            },
            {"trigger_detail": "amount", "trigger_compare": "at_least", "trigger_value": "100"},
        ),
        ({"kind": "by_api", "trigger_detail": "amount"}, {"trigger_detail": "", "trigger_compare": ""}),
        ({"kind": "by_api", "cooldown_days": "0"}, {"cooldown_days": 0}),
        (
            {"kind": "once", "sample_size": "400", "control_percent": "10"},
            {"sample_size": 400, "control_percent": 10},
        ),
        (
            {"subject_b_en": "Another", "compare_percent": "20"},
            {"subject_b": {"en": "Another"}, "compare_percent": 20},
        ),
        ({"kind": "once", "every_weeks": "soon", "delay_hours": ""}, {"every_weeks": 12, "delay_hours": 0}),
        ({"reminders": "0", "remind_after_days": ""}, {"reminders": 0, "remind_after_days": 3}),
        ({"send_at": "10:30"}, {"per_hour": None}),
        ({"kind": "by_api", "subject_en": "Your {order}"}, {"subject": {"en": "Your {order}"}}),
        (
            {"kind": "triggered", "trigger": "purchase", "body_en": "Did {agent} help?"},
            {"body": {"en": "Did {agent} help?"}},
        ),
    ],
)
def test_each_kind_keeps_what_it_needs_and_complains_of_nothing_else(marketing, given, kept):
    page = marketing.post(ADD, written(**given))

    assert page.status_code == 302, page.context["adminform"].form.errors
    campaign = Campaign.objects.get()
    assert {name: getattr(campaign, name) for name in kept} == kept


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"kind": "triggered"}, "trigger", "Say what has to happen before somebody is asked."),
        ({"kind": "triggered", "trigger": "survey_answered"}, "trigger", "Select a valid choice. survey_answered is not one of the available choices."),
        ({"kind": "recurring", "every_weeks": "0"}, "every_weeks", "Give a whole number from 1 to 104."),
        ({"kind": "recurring", "every_weeks": ""}, "every_weeks", "Give a whole number from 1 to 104."),
        ({"kind": "recurring", "sample_size": "9"}, "sample_size", "Only a campaign that asks once can ask so many people: give a share in percent instead."),
        ({"channels_0": ""}, "channels", "Choose at least one channel."),
        ({"channels_1": "email"}, "channels", "Choose each channel once."),
        ({"sample_percent": "0"}, "sample_percent", "Give a whole number from 1 to 100."),
        ({"sample_size": "0"}, "sample_size", "Ask at least one person, or leave it empty to ask everybody."),
        ({"control_percent": "91"}, "control_percent", "Give a whole number from 0 to 90."),
        ({"per_hour": "0"}, "per_hour", "Send at least one message an hour, or leave it empty for no limit."),
        ({"subject_b_en": "B", "compare_percent": "60"}, "compare_percent", "Give a whole number from 1 to 50."),
        ({"remind_after_days": ""}, "remind_after_days", "Give a whole number from 1 to 90."),
        ({"subject_en": "Your order {order}"}, "subject", "Only campaigns that ask when something happened, or by programs, know {order}. Here you can write {first_name}, {organisation}."),
        ({"kind": "recurring", "body_en": "{order}, {agent}"}, "body", "Only campaigns that ask when something happened, or by programs, know {agent}, {order}. Here you can write {first_name}, {organisation}."),
        ({"kind": "by_api", "subject_en": "Your {parcel}"}, "subject", "Nothing is put in the place of {parcel}: customers would read it as it stands. You can write {first_name}, {organisation}, {agent}, {order}, {you_said}, {what_we_did}."),
        ({"body_fa": "{nam} {frist_name}"}, "body", "Nothing is put in the places of {frist_name}, {nam}: customers would read them as they stand. You can write {first_name}, {organisation}."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_field_and_nothing_typed_is_lost(marketing, given, field, said):
    page = marketing.post(ADD, written(name="Typed with care", **given))

    assert page.status_code == 200
    assert page.context["adminform"].form.errors == {field: [said]}
    assert "Typed with care" in page.content.decode()
    assert not Campaign.objects.exists()


def test_a_time_of_day_in_the_quiet_hours_is_refused_with_both_and_one_outside_of_them_is_not(marketing):
    ContactRules.objects.create(quiet_from=time(22), quiet_until=time(8))

    page = marketing.post(ADD, written(send_at="22:30"))
    said = (
        "At 22:30 nobody is written to: the quiet hours of the contact policy last from 22:00 to 08:00. Choose a"
        " time outside of them, or leave it empty."
    )
    assert page.context["adminform"].form.errors == {"send_at": [said]}
    assert not Campaign.objects.exists()

    assert marketing.post(ADD, written(send_at="8:00")).status_code == 302


def test_a_draft_whose_time_of_day_became_quiet_is_not_launched():
    campaign = CampaignFactory(state="draft", send_at=time(21))
    ContactRules.objects.create(quiet_from=time(20), quiet_until=time(8))

    with pytest.raises(NotReady, match="quiet hours"):
        schedule_campaign(campaign=campaign, by=None, starts_at=NOON, at=NOON)

    assert Campaign.objects.get().state == Campaign.State.DRAFT


def test_an_end_before_the_start_is_refused(marketing):
    tomorrow = timezone.now() + timedelta(days=1)
    campaign = CampaignFactory(state=State.SCHEDULED, starts_at=tomorrow + timedelta(days=9))
    sent = written(survey=campaign.survey_id, ends_at_0=f"{tomorrow:%Y-%m-%d}", ends_at_1="10:00:00")

    page = marketing.post(reverse("admin:surveys_campaign_change", args=[campaign.pk]), sent)

    assert page.context["adminform"].form.errors == {"ends_at": ["The campaign would end before it starts."]}


def test_the_parts_of_each_kind_have_headings_and_are_marked_for_the_script(marketing):
    page = marketing.get(ADD).content.decode()

    for kind in ("recurring", "triggered", "by_api", "once"):
        assert f"cx-kind-{kind}" in page
    assert "When something happened" in page
    assert "cx/campaign.js" in page


def test_what_few_campaigns_need_is_folded_away_until_it_is_used(marketing):
    plain = CampaignFactory(state=State.DRAFT, starts_at=None)
    slow = CampaignFactory(state=State.DRAFT, starts_at=None, per_hour=200, sample_percent=50)

    assert folded(marketing, plain) == [
        "Compare two subjects",
        "Time of day and speed",
        "Only some of them",
        "So many people at most",
    ]
    assert folded(marketing, slow) == ["Compare two subjects", "So many people at most"]


def folded(client, campaign):
    page = client.get(reverse("admin:surveys_campaign_change", args=[campaign.pk]))
    return [str(part.name) for part in page.context["adminform"] if part.is_collapsible]


def test_whoever_saves_after_it_began_to_be_sent_is_told_and_changes_nothing(marketing, monkeypatch):
    campaign = CampaignFactory(state=State.SCHEDULED, starts_at=timezone.now())
    address = reverse("admin:surveys_campaign_change", args=[campaign.pk])
    keep = "surveys.admin.campaigns.change_before_start"

    def start_first(**told):
        Campaign.objects.filter(pk=campaign.pk).update(state=State.SENDING)
        return change_before_start(**told)

    monkeypatch.setattr(keep, start_first)
    page = marketing.post(address, written(name="Too late", survey=campaign.survey_id), follow=True)

    campaign.refresh_from_db()
    assert campaign.name != "Too late"
    assert "this is not possible any more" in page.content.decode()


def test_the_list_says_the_kind_and_what_goes_out_next_in_as_many_queries_for_three_as_for_one(
    marketing, django_assert_num_queries
):
    address = reverse("admin:surveys_campaign_changelist")
    due_at = timezone.now() + timedelta(days=2)
    sending = CampaignFactory(kind=Kind.RECURRING)
    InvitationFactory(wave__campaign=sending, state="deferred", sent_at=None, due_at=due_at)
    marketing.get(address)
    with django_assert_num_queries(7) as one:
        page = marketing.get(address)
    CampaignFactory(state=State.SCHEDULED, starts_at=due_at)
    CampaignFactory(state=State.DRAFT, starts_at=None)

    with django_assert_num_queries(len(one)):
        three = marketing.get(address)

    assert "Again and again" in page.content.decode()
    assert [row.next_at for row in three.context["cl"].result_list] == [None, due_at, due_at]


def test_a_draft_changed_by_a_program_loses_its_approval():
    campaign = CampaignFactory(
        state=State.DRAFT,
        approved_at=timezone.now(),
        approved_by=UserFactory(),
        approval_requested_at=timezone.now(),
    )

    change_draft(campaign=campaign, by=None, name="Another", at=NOON)

    campaign.refresh_from_db()
    assert (campaign.approved_at, campaign.approved_by, campaign.approval_requested_at) == (None, None, None)


@pytest.mark.parametrize(
    ("kind", "other"), [("once", "every_weeks"), ("recurring", "sample_size"), ("by_api", "delay_hours")]
)
def test_what_was_launched_is_shown_in_words_and_without_what_its_kind_does_not_use(marketing, kind, other):
    campaign = CampaignFactory(kind=kind, channels=["sms", "email"], body={"en": "One.\nTwo.", "fa": "یک."})
    address = reverse("admin:surveys_campaign_change", args=[campaign.pk])

    page = marketing.get(address)
    shown = page.content.decode()

    fields = [field.field["name"] for part in page.context["adminform"] for line in part for field in line]
    assert "SMS, E-mail" in shown
    assert '<dd class="cx-said" lang="fa" dir="rtl">یک.</dd>' in shown
    assert "\\u06" not in shown
    assert {"kind", "shown_subject", "shown_body", "reminders"} < set(fields)
    assert {other, "subject", "body", "subject_b", "shown_subject_b", "channels"}.isdisjoint(fields)


def test_a_list_of_campaigns_says_who_is_asked(marketing):
    CampaignFactory(name="All")
    CampaignFactory(name="Some", segment=SegmentFactory(name="Members"))

    page = marketing.get(reverse("admin:surveys_campaign_changelist")).content.decode()

    assert page.count("<bdi>All customers</bdi>") == 1
    assert page.count("<bdi>Members</bdi>") == 1
