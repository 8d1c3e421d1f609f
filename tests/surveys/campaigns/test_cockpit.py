import re
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from customers.consent import suppress
from customers.models import Channel, Consent, Suppression
from surveys.models import Campaign
from surveys.planning.waves import plan_wave
from surveys.preflight.counting import count_everybody
from surveys.sending.unsubscribing import leave_by_link
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    CampaignFactory,
    InvitationFactory,
    SurveyResponseFactory,
    WaveFactory,
)

pytestmark = pytest.mark.django_db
State = Campaign.State


@pytest.fixture
def marketing(client):
    client.force_login(UserFactory(roles=["Marketing"]))
    return client


def cockpit(campaign):
    return reverse("admin:surveys_campaign_cockpit", args=[campaign.pk])


def draft():
    return CampaignFactory(state=State.DRAFT, starts_at=None)


def test_what_is_counted_before_is_what_planning_then_does():
    for name in ("ana", "anna"):
        IdentityFactory(value=f"{name}@mail.example", digest="one and the same")
    IdentityFactory(value="bo@mail.example")
    refusing = IdentityFactory(value="no@mail.example").customer
    Consent.objects.create(
        customer=refusing, purpose="survey", channel="email", state="withdrawn", source="test", at=NOON
    )
    CustomerFactory()
    campaign = draft()

    said = {each.reason: each.people for each in count_everybody(campaign, at=NOON)}
    wave = plan_wave(campaign=campaign, at=NOON)

    planned = wave.invitations.values_list("reason", flat=True)
    assert said == {reason: list(planned).count(reason) for reason in set(planned)}
    assert said[""] == 2
    assert said["no_consent"] == said["duplicate_address"] == 1


@pytest.mark.parametrize(
    ("before", "do", "after"),
    [
        (State.SENDING, "pause", State.PAUSED),
        (State.PAUSED, "resume", State.SENDING),
        (State.SENDING, "cancel", State.CANCELLED),
    ],
)
def test_a_button_does_what_it_says(marketing, before, do, after):
    campaign = WaveFactory(campaign__state=before).campaign

    marketing.post(cockpit(campaign), {"do": do})

    campaign.refresh_from_db()
    assert campaign.state == after


def test_a_button_that_no_longer_fits_says_so(marketing):
    campaign = WaveFactory(campaign__state=State.CANCELLED).campaign

    page = marketing.post(cockpit(campaign), {"do": "pause"}, follow=True)

    assert [message.level_tag for message in page.context["messages"]] == ["error"]
    campaign.refresh_from_db()
    assert campaign.state == State.CANCELLED


def test_who_may_only_look_finds_no_buttons_and_presses_none(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    campaign = WaveFactory().campaign

    assert 'name="do"' not in client.get(cockpit(campaign)).content.decode()
    assert client.post(cockpit(campaign), {"do": "pause"}).status_code == 403


def ledger_of_everything(wave, people):
    for _each in range(people):
        SurveyResponseFactory(
            campaign=wave.campaign, survey=wave.campaign.survey, invitation=InvitationFactory(wave=wave)
        )
        InvitationFactory(wave=wave, state="failed", sent_at=None, reason="refused", error="550 no")
        InvitationFactory(wave=wave, state="unknown", sent_at=None)
        InvitationFactory(wave=wave, state="deferred", sent_at=None, reason="snoozed")
        InvitationFactory(wave=wave, state="excluded", sent_at=None, reason="no_address")


@pytest.mark.parametrize("people", [1, 3])
def test_the_page_costs_the_same_for_one_and_for_three(marketing, django_assert_num_queries, people):
    wave = WaveFactory()
    ledger_of_everything(wave, people)
    marketing.get(cockpit(wave.campaign))

    with django_assert_num_queries(20):
        page = marketing.get(cockpit(wave.campaign)).content.decode()

    for said in (
        "How far people came",
        "The latest answers",
        "NPS 9",
        "asked for a rest from surveys",
        "no address for these channels",
        "550 no",
        'value="retry-failed"',
        'value="retry-unknown"',
    ):
        assert said in page


def test_refusals_and_contacts_stand_beside_the_response_rate_with_their_formulas(marketing):
    wave = WaveFactory()
    ledger_of_everything(wave, 1)
    InvitationFactory(wave=wave)
    leave_by_link(invitation=InvitationFactory(wave=wave), at=NOON)

    page = " ".join(marketing.get(cockpit(wave.campaign)).text.split())

    assert "Response rate 25.0 %" in page  # one answered, one left, one is silent, of one nobody knows
    assert "Refusal rate 25.0 % (AAPOR REF1" in page
    assert "Contact rate 50.0 % (AAPOR CON1" in page


@pytest.mark.parametrize("is_told", [True, False])
def test_clicks_of_people_are_a_step_where_somebody_reports_clicks(marketing, is_told):
    wave = WaveFactory()
    InvitationFactory(wave=wave, opened_at=NOON, clicked_at=NOON if is_told else None)
    InvitationFactory(wave=wave, machine_opened_at=NOON)

    page = marketing.get(cockpit(wave.campaign))

    steps = [(step.label, step.people, step.percent) for step in page.context["steps"]]
    assert (("Clicked by people", 1, 50.0) in steps) == is_told
    assert ("Opened by people", 1, 50.0) in steps
    assert "1 message was fetched by machines only" in page.text
    assert "not among the opened or clicked" in page.text


@pytest.mark.parametrize("part", ["progress", "why", "answers"])
def test_the_parts_that_are_looked_at_again_come_alone(marketing, part):
    wave = WaveFactory()
    ledger_of_everything(wave, 1)

    page = marketing.get(cockpit(wave.campaign), {part: ""}).content.decode()

    assert f'id="{part}"' in page
    assert "<html" not in page


@pytest.mark.parametrize(
    ("shown", "refreshes"),
    [("scheduled", True), ("sending", False), ("", False), ("nonsense", False)],
)
def test_when_it_begins_to_send_the_whole_page_is_looked_at_again(marketing, shown, refreshes):
    """Else whoever has just launched it would find no button to pause it."""
    campaign = CampaignFactory(state="sending")

    reply = marketing.get(cockpit(campaign), {"progress": shown})

    assert (reply.headers.get("HX-Refresh") == "true") == refreshes


@pytest.mark.parametrize(
    ("was_held", "is_held", "refreshes"),
    [(False, True, True), (True, False, True), (True, True, False), (False, False, False)],
)
def test_when_it_is_held_or_goes_on_the_whole_page_is_looked_at_again(
    marketing, was_held, is_held, refreshes
):
    """It may be scheduled before and after, and the page says why nothing begins."""
    campaign = CampaignFactory(state="scheduled", held_at=NOON if was_held else None)
    polled = re.search(r"\?progress=([\w-]+)", marketing.get(cockpit(campaign)).text)[1]
    Campaign.objects.update(held_at=NOON if is_held else None)

    reply = marketing.get(cockpit(campaign), {"progress": polled})

    assert (reply.headers.get("HX-Refresh") == "true") == refreshes


def test_the_refused_are_sent_again_by_a_button(marketing):
    wave = WaveFactory(campaign__state=State.DONE)
    ledger_of_everything(wave, 2)

    page = marketing.post(cockpit(wave.campaign), {"do": "retry-failed"}, follow=True)

    assert "2 will be sent again." in page.content.decode()
    assert sorted(wave.invitations.values_list("state", flat=True)) == [
        *["deferred"] * 2, *["excluded"] * 2, *["planned"] * 2, *["sent"] * 2, *["unknown"] * 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("state", "do", "stuck"),
    [
        (
            "failed",
            "retry-failed",
            [{"reason": "bounced"}, {"reason": "refused", "digest": "a" * 64}, {"answered_at": NOON}],
        ),
        ("unknown", "retry-unknown", [{"digest": "a" * 64}, {"answered_at": NOON}]),
    ],
)
def test_sending_again_is_offered_with_how_many_it_would_be_and_not_for_nobody(marketing, state, do, stuck):
    """What came back, is suppressed or was answered stays left out."""
    wave = WaveFactory()
    suppress(channel=Channel.EMAIL, digest="a" * 64, reason=Suppression.Reason.BY_STAFF, at=NOON)
    for fields in stuck:
        InvitationFactory(wave=wave, **{"state": state, "sent_at": None, **fields})
    without = marketing.get(cockpit(wave.campaign)).content.decode()
    for _each in range(2):
        InvitationFactory(wave=wave, state=state, sent_at=None)

    page = marketing.get(cockpit(wave.campaign)).content.decode()
    pressed = marketing.post(cockpit(wave.campaign), {"do": do}, follow=True).content.decode()

    assert f'value="{do}"' not in without
    assert re.search(rf'value="{do}">([^<]*)<', page)[1].endswith("(2)")
    assert "2 will be sent again." in pressed


def test_each_failure_leads_to_its_own_rows_of_the_ledger(marketing):
    wave = WaveFactory()
    sent = {"wave": wave, "reminders_sent": 1}
    failed = {"wave": wave, "state": "failed", "sent_at": None}
    for fields in (
        *({**failed, "reason": "refused", "error": f"550 5.7.1 spam & more {n}"} for n in "abc"),
        *({**failed, "reason": "refused", "error": "550 5.1.1 nobody"} for _each in range(2)),
        {**failed, "reason": "bounced", "error": "550 5.7.1 spam & more"},
        {**sent, "error": "550 5.7.1 spam & more"},
        {"wave": wave, "state": "unknown", "sent_at": None},
        {"wave": wave, "state": "unknown", "sent_at": None, "error": "no answer"},
        {"wave": wave},
    ):
        InvitationFactory(**fields)

    page = marketing.get(cockpit(wave.campaign))
    rows = re.findall(
        r'href="([^"]*invitation[^"]*)">([^<]*)</a></th><td><bdi[^>]*>[^<]*</bdi></td><td[^>]*>(\d+)',
        page.text,
    )

    assert sorted((label, int(people)) for _link, label, people in rows) == [
        ("Came back", 1), ("Refused by the provider", 2), ("Refused by the provider", 3),
        ("Reminder refused", 1),
        ("Unknown: interrupted while being handed over", 1), ("Unknown: interrupted while being handed over", 1),
    ]  # fmt: skip
    for link, _label, people in rows:
        assert len(marketing.get(unescape(link)).context["cl"].result_list) == int(people)


def test_what_came_back_was_taken_and_is_not_told_as_refused(marketing):
    wave = WaveFactory()
    InvitationFactory(wave=wave, state="failed", reason="bounced", error="550 5.1.1 nobody")

    page = marketing.get(cockpit(wave.campaign)).text

    assert "the provider took these, and told later that nobody is there" in page
    assert "the provider did not take these" not in page
    assert "reason__exact=bounced" in page
    assert "Refused by the provider" not in page


def test_answers_are_for_those_who_may_read_them(client):
    user = UserFactory(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_campaign"))
    client.force_login(user)
    wave = WaveFactory()
    ledger_of_everything(wave, 1)

    page = client.get(cockpit(wave.campaign)).content.decode()

    assert "How far people came" in page
    assert "The latest answers" not in page
    assert 'value="retry-failed"' not in page
