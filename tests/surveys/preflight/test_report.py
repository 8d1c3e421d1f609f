from datetime import time, timedelta

import pytest

from customers.consent import record_consent
from surveys.models import Campaign, ContactCap, ContactRules, Invitation, Sender, SendingLimit
from surveys.planning.waves import plan_wave
from surveys.preflight.cautions import cautions_about
from surveys.preflight.counting import Which, count_everybody, name_people
from surveys.preflight.expecting import Asked, Basis, basis_for, history
from surveys.preflight.overlaps import overlaps_of
from surveys.preflight.report import preflight_of
from tests.conftest import NOON
from tests.dns_server import running_dns
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
from tests.factories.journeys import InteractionFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory, SurveyResponseFactory

pytestmark = pytest.mark.django_db
State, Kind = Campaign.State, Campaign.Kind
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def draft(**how):
    return CampaignFactory(**{"state": State.DRAFT, "starts_at": None, **how})


def reachable(**who):
    return IdentityFactory(customer=CustomerFactory(**who)).customer


def asked_before(customer, *, days_ago, **how):
    return InvitationFactory(customer=customer, sent_at=NOON - days_ago * DAY, **how)


def test_everybody_is_told_of_once_and_as_planning_then_decides():
    ContactCap.objects.create(most=1, days=30)
    ContactRules.objects.create(quiet_from=time(20), quiet_until=time(9))
    fine = [reachable(language="en"), reachable(language="fa", time_zone="Asia/Tehran")]
    waiting = reachable()
    asked_before(waiting, days_ago=10)
    record_consent(
        customer=reachable(), purpose="survey", channel="email", state="withdrawn", source="t", at=NOON
    )
    CustomerFactory()
    campaign = draft()

    preflight = preflight_of(campaign, at=NOON)
    counted = count_everybody(campaign, at=NOON)
    wave = plan_wave(campaign=campaign, at=NOON)

    assert (preflight.everybody, preflight.recipients, preflight.now) == (5, 3, 2)
    assert [(fate.reason, fate.people) for fate in preflight.deferred] == [("cap", 1)]
    assert {fate.reason: fate.people for fate in preflight.excluded} == {"no_consent": 1, "no_address": 1}
    ledger = list(wave.invitations.values_list("state", "reason", "cap"))
    for state, reason, cap in set(ledger):
        people = sum(
            each.people for each in counted if (each.state, each.reason, each.cap) == (state, reason, cap)
        )
        assert people == ledger.count((state, reason, cap))
    assert [slot.first for slot in preflight.outlook.slots if slot.first] == [len(fine), 1]


def test_names_come_from_the_same_statement_a_page_at_a_time():
    ContactCap.objects.create(most=1, days=30)
    customers = [reachable() for _ in range(5)]
    asked_before(customers[2], days_ago=10)
    campaign = draft()

    first = name_people(campaign, Which(is_recipient=True), at=NOON, most=3)
    second = name_people(campaign, Which(is_recipient=True), at=NOON, most=3, after=first[-1].customer)
    waiting = name_people(campaign, Which(state="deferred", reason="cap"), at=NOON, most=3)

    assert [each.customer for each in [*first, *second]] == [customer.pk for customer in customers]
    assert [(each.customer, each.due_at) for each in waiting] == [(customers[2].pk, NOON + 20 * DAY)]


def test_answers_are_expected_from_the_nearest_likeness_with_thirty_people():
    past = [
        Asked("once", "relationship", "email", "fa", 29, 20),
        Asked("once", "relationship", "email", "en", 100, 10),
        Asked("once", "relationship", "sms", "en", 50, 25),
        Asked("triggered", "transactional", "email", "en", 1000, 1),
    ]
    like = {"kind": "once", "survey_kind": "relationship"}

    assert basis_for(past, **like, channel="email", language="en") == Basis("language", 100, 10)
    assert basis_for(past, **like, channel="email", language="fa") == Basis("channel", 129, 30)
    assert basis_for(past, **like, channel="app", language="en") == Basis("kind", 179, 55)
    assert basis_for(
        past, kind="recurring", survey_kind="relationship", channel="email", language="en"
    ) == Basis("all", 1179, 56)
    assert basis_for(past[:1], **like, channel="email", language="fa") is None


def test_the_past_is_this_organisations_own_but_not_of_this_week_and_not_of_tests():
    wave = InvitationFactory(sent_at=NOON - 8 * DAY, answered_at=NOON - 7 * DAY).wave
    InvitationFactory(wave=wave, sent_at=NOON - 8 * DAY)
    InvitationFactory(wave=wave, sent_at=NOON - 6 * DAY)
    InvitationFactory(wave=wave, sent_at=NOON - 8 * DAY, is_test=True)
    InvitationFactory(wave=wave, sent_at=NOON - 400 * DAY)

    assert history(at=NOON) == [Asked("once", "relationship", "email", "en", 2, 1)]


def test_without_a_past_three_shares_are_shown():
    for _ in range(40):
        reachable()

    preflight = preflight_of(draft(), at=NOON)

    assert not preflight.is_known
    assert [(each.rate, each.answers) for each in preflight.scenarios] == [(0.05, 2), (0.1, 4), (0.2, 8)]
    assert preflight.scenarios[2].margin == pytest.approx(46.16, abs=0.01)


def test_with_a_past_the_answers_and_how_sure_they_are_are_expected():
    for n in range(40):
        asked_before(reachable(), days_ago=20, answered_at=NOON if n < 10 else None)
    survey = SurveyFactory()
    for score in [9] * 20 + [3] * 20:
        SurveyResponseFactory(survey=survey, score=score)

    preflight = preflight_of(draft(survey=survey), at=NOON)

    assert (preflight.answers, preflight.groups[0].basis) == (10, Basis("language", 40, 10))
    [only] = preflight.scenarios
    assert only.margin == pytest.approx(
        100 * 1.959964 * (1 / 13) ** 0.5, abs=0.01
    )  # they differ as far as can be


def test_a_recurring_campaign_is_projected_over_its_days():
    for _ in range(28):
        reachable()

    preflight = preflight_of(draft(kind=Kind.RECURRING, every_weeks=2, reminders=0), at=NOON)

    assert [slot.first for slot in preflight.outlook.slots] == [2] * 14


def test_the_limit_of_a_channel_is_the_speed_it_goes_out_at():
    """That of a channel it does not use is not."""
    for _ in range(100):
        reachable()
    SendingLimit.objects.create(channel="email", per_minute=1)
    SendingLimit.objects.create(channel="sms", per_minute=1)

    outlook = preflight_of(draft(reminders=0, ends_at=NOON + HOUR), at=NOON).outlook

    assert [slot.first for slot in outlook.slots] == [60]
    assert outlook.too_late == 40


def test_the_limit_of_a_receiving_domain_slows_down_those_who_read_there():
    for n in range(70):
        IdentityFactory(value=f"customer{n}@mail_one.example")
    IdentityFactory(value="somebody@mailxone.example")
    IdentityFactory(value="somebody@not.mail_one.example")
    SendingLimit.objects.create(channel="email", domain="mail_one.example", per_minute=1)
    SendingLimit.objects.create(channel="email", domain="nobody.example", per_minute=1)

    outlook = preflight_of(draft(reminders=0), at=NOON).outlook

    assert [slot.first for slot in outlook.slots] == [62, 10]


def test_what_is_said_of_one_channel_is_counted_by_channel():
    by_phone = IdentityFactory(kind="phone", value="+38761123456").customer
    for customer, channel in ((reachable(), "email"), (reachable(), "email"), (by_phone, "sms")):
        record_consent(
            customer=customer, purpose="survey", channel=channel, state="withdrawn", source="t", at=NOON
        )
    campaign = draft(channels=["email", "sms"])

    excluded = preflight_of(campaign, at=NOON).excluded

    assert [(fate.reason, fate.channel, fate.people) for fate in excluded] == [
        ("no_consent", "email", 2), ("no_consent", "sms", 1),
    ]  # fmt: skip
    by_sms = name_people(campaign, Which(reason="no_consent", channel="sms"), at=NOON, most=9)
    assert [each.customer for each in by_sms] == [by_phone.pk]


def happened(customer, *days_ago, **what):
    for days in days_ago:
        InteractionFactory(**{"customer": customer, "kind": "purchase", "at": NOON - days * DAY, **what})


def waits_for_purchases(**how):
    return draft(**{"kind": Kind.TRIGGERED, "trigger": "purchase", **how})


@pytest.mark.parametrize(("cooldown_days", "asked"), [(30, 3), (7, 5), (3, 6), (0, 8)])
def test_what_it_would_have_asked_of_late_is_what_a_triggered_campaign_is_expected_to_ask(
    cooldown_days, asked
):
    """By the people in its segment, as often as its cool-down lets it."""
    bosnian = SegmentFactory(rule={"field": "language", "op": "is", "value": "bs"})
    happened(reachable(language="bs"), 0, 1, 5, 13, 20)
    happened(reachable(language="bs"), 27)
    happened(reachable(language="bs"), 2, 2, 40)
    happened(reachable(language="bs"), 2, kind="call")
    happened(reachable(language="en"), 2)
    happened(CustomerFactory(language="bs"), 2)
    campaign = waits_for_purchases(segment=bosnian, cooldown_days=cooldown_days)

    preflight = preflight_of(campaign, at=NOON)

    assert (preflight.occasions.happened, preflight.occasions.asked) == (10, asked)
    assert preflight.asked == asked


def test_if_the_same_happens_again_it_goes_out_on_the_same_days_of_the_week():
    """By the campaign's delay, hours and limits, with reminders, and from its start on; what comes after its end does not."""
    happened(reachable(time_zone="UTC"), 1, 9, 27)
    happened(reachable(time_zone="Asia/Kathmandu"), 2)
    campaign = waits_for_purchases(
        cooldown_days=0, delay_hours=3, send_at=time(18), starts_at=NOON + 5 * DAY, ends_at=NOON + 28 * DAY,
        state=State.SCHEDULED, reminders=1, remind_after_days=3,
    )  # fmt: skip

    outlook = preflight_of(campaign, at=NOON).outlook

    evening = NOON.replace(hour=18)
    assert [(slot.at, slot.first, slot.reminders) for slot in outlook.slots] == [
        (evening + 19 * DAY, 1, 0),
        (evening + 22 * DAY, 0, 1),
        (NOON + 27 * DAY, 1, 0),
        (evening + 27 * DAY, 1, 0),
    ]
    assert outlook.too_late == 0


def test_one_purchase_in_four_weeks_makes_no_answers_of_a_large_segment():
    customers = [reachable() for _ in range(40)]
    happened(customers[0], 3)

    preflight = preflight_of(waits_for_purchases(), at=NOON)

    assert (preflight.recipients, preflight.asked) == (40, 1)
    assert [(each.rate, each.answers) for each in preflight.scenarios] == [(0.05, 0), (0.1, 0), (0.2, 0)]
    assert warned(waits_for_purchases())[0] == (
        "In four weeks it asks about 1 person, and no more can answer."
        " Below 30 answers, a score says little and no trend is shown."
    )


def test_answers_of_four_weeks_are_expected_of_what_happened_and_not_of_the_segment():
    for n in range(40):
        customer = reachable()
        asked_before(customer, days_ago=20, answered_at=NOON if n < 10 else None)
        if n < 32:
            happened(customer, 5)
    campaign = waits_for_purchases(starts_at=NOON + 21 * DAY, state=State.SCHEDULED)

    assert [each.answers for each in preflight_of(campaign, at=NOON).scenarios] == [8]
    assert "In four weeks about 8 answers are expected." in warned(campaign)[0]


def test_of_one_that_programs_ask_by_only_the_share_of_answers_is_told():
    for n in range(40):
        asked_before(reachable(), days_ago=20, answered_at=NOON if n < 10 else None)
    campaign = draft(kind=Kind.BY_API)

    preflight = preflight_of(campaign, at=NOON)

    assert (preflight.asked, preflight.rate, preflight.answers) == (None, 0.25, 0)
    assert preflight.scenarios == []
    assert not any("trend" in each for each in warned(campaign))


def test_what_the_platform_writes_down_itself_starts_nothing():
    happened(reachable(), 0, 1, kind="survey_answered", source="platform:response")
    campaign = waits_for_purchases(trigger="survey_answered")

    assert preflight_of(campaign, at=NOON).occasions == (0, {})
    assert "The platform itself writes this down, and it starts nothing." in warned(campaign)


def warned(campaign, *, at=NOON):
    overlaps = list(overlaps_of(campaign, at=at))
    return [
        each.sentence for each in cautions_about(campaign, preflight_of(campaign, at=at), overlaps, at=at)
    ]


def test_whoever_launches_is_warned_of_what_is_unwise():
    happened(reachable(language="fa"), 1)
    campaign = waits_for_purchases()

    assert warned(campaign) == [
        "In four weeks it asks about 1 person, and no more can answer. Below 30 answers, a score says little and no trend is shown.",
        "NPS asks about the whole relationship. After a single event, CSAT or CES says more about that event.",
        "The message is not translated for 1 recipient who reads فارسی.",
        "Nothing leaves by E-mail: no provider is set up for it, so the outbox page keeps the messages.",
        "No sender is chosen: the messages come from Meridian Mobile <hello@meridian.example>.",
    ]


@pytest.mark.parametrize(
    ("questions", "is_said"), [(["csat", "nps"], True), (["csat", "ces"], False), ([], False)]
)
def test_nps_after_a_single_event_is_said_wherever_it_is_asked(questions, is_said):
    campaign = waits_for_purchases(survey=SurveyFactory(questions=questions))

    assert any("NPS asks about the whole relationship" in each for each in warned(campaign)) == is_said


BOTH = {"en": "How was it?", "fa": "چطور بود؟"}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"subject": {}, "body": {}}, []),
        ({"subject": {"en": "", "fa": ""}, "body": {}}, []),
        ({"subject": BOTH, "body": {}}, []),
        ({"subject": {"en": "How was it?"}, "body": {}}, ["The message"]),
        ({"subject": {}, "body": {"en": "Tell us."}}, ["The message"]),
        ({"subject": BOTH, "body": BOTH, "subject_b": BOTH}, []),
        ({"subject": BOTH, "body": BOTH, "subject_b": {"en": "A word?"}}, ["The second subject"]),
        ({"subject": {}, "body": {}, "subject_b": {"en": "A word?"}}, ["The second subject"]),
    ],
)
def test_a_text_in_another_language_is_said_and_a_standard_text_is_in_each(texts, said):
    reachable(language="fa")
    campaign = draft(subject=texts["subject"], body=texts["body"], subject_b=texts.get("subject_b", {}))

    assert [each for each in warned(campaign) if "not translated" in each] == [
        f"{what} is not translated for 1 recipient who reads فارسی." for what in said
    ]


def test_a_text_that_is_too_long_for_an_sms_is_said_by_language(settings):
    settings.SMS_PARTS_AT_MOST, settings.PUBLIC_BASE_URL = 2, "https://cx.example"
    for language in ("en", "ru"):
        customer = CustomerFactory(language=language)
        IdentityFactory(customer=customer, kind="phone", value=f"+3876100{customer.pk:04}")
    subject = {"en": "How was your order?", "ru": "Как вам заказ? " * 3}
    campaign = draft(channels=["sms"], subject=subject, body=subject)

    [said] = [each for each in warned(campaign) if "Shorten" in each]

    assert said == "In Русский the message takes 3 SMS, and above 2 it does not leave. Shorten the subject."


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ({"shop.example": ["v=spf1 mx -all"], "_dmarc.shop.example": ["v=DMARC1; p=none"]}, ["DKIM"]),
        ({}, ["SPF", "DKIM", "DMARC"]),
        (None, ["DNS"]),
    ],
)
def test_a_sender_whom_the_world_cannot_tell_from_a_forger_is_said(settings, monkeypatch, zone, said):
    settings.EMAIL_URL, settings.DKIM_SELECTOR = "smtp://mail.example", "s1"
    sender = Sender.objects.create(name="Shop", address="hello@shop.example")
    campaign = draft(sender=sender)
    with running_dns(zone or {}, is_broken=zone is None) as resolver:
        monkeypatch.setattr("mail.sending_domain.system_resolver", lambda: resolver)
        found = list(cautions_about(campaign, preflight_of(campaign, at=NOON), [], at=NOON))

    of_sender = [each for each in found if each.link == ("surveys_sender_change", sender.pk)]
    assert [each.sentence.partition(":")[0] for each in of_sender] == said
    assert all("shop.example" in each.sentence for each in of_sender)
    assert not any("no provider is set up" in each.sentence for each in found)


def test_a_campaign_without_mails_asks_no_dns(settings, monkeypatch):
    settings.EMAIL_URL, settings.SMS_URL = "smtp://mail.example", "twilio://AC1:x@sms.example?from=+387"
    with running_dns({}) as resolver:
        monkeypatch.setattr("mail.sending_domain.system_resolver", lambda: resolver)
        said = warned(draft(channels=["sms", "app"]))

    assert resolver.asked == []
    assert (
        "Nothing leaves by Your own app: no provider is set up for it, so the outbox page keeps the messages."
        in said
    )


def test_an_empty_segment_and_one_nobody_of_can_be_asked_are_said():
    assert warned(draft())[0] == "Nobody is in the segment now, so nobody would be asked."
    CustomerFactory()
    assert warned(draft())[0] == "Nobody could be asked: everybody is left out for one of the reasons below."


@pytest.mark.parametrize("kind", [Kind.ONCE, Kind.RECURRING])
@pytest.mark.parametrize(
    ("people", "said"),
    [
        (
            29,
            "It asks 29 people, and no more can answer. Below 30 answers, a score says little and no trend is shown.",
        ),
        (30, None),
    ],
)
def test_fewer_people_than_a_score_needs_answers_are_too_few_whatever_is_known(kind, people, said):
    for _ in range(people):
        reachable()

    assert [each for each in warned(draft(kind=kind)) if "trend" in each] == ([said] if said else [])


@pytest.mark.parametrize("kind", [Kind.ONCE, Kind.RECURRING])
def test_too_few_expected_answers_are_said_of_a_round_too(kind):
    for n in range(30):
        asked_before(reachable(), days_ago=20, answered_at=NOON if n < 6 else None)

    assert warned(draft(kind=kind))[0] == (
        "About 6 answers are expected. Below 30, a score says little and no trend is shown."
    )


def test_what_a_launch_would_refuse_comes_first():
    survey = SurveyFactory(is_open=False)
    campaign = draft(survey=survey, ends_at=NOON - DAY)

    said = list(cautions_about(campaign, preflight_of(campaign, at=NOON), [], at=NOON))

    assert [each.sentence for each in said if each.has_to_be_mended] == [
        "The survey takes no answers. Open it first.",
        "Its end has passed: 3 March 2026, 13:00.",
    ]


def test_who_comes_after_the_end_is_counted():
    ContactCap.objects.create(most=1, days=30)
    asked_before(reachable(), days_ago=10)

    preflight = preflight_of(draft(ends_at=NOON + 5 * DAY), at=NOON)

    assert preflight.outlook.too_late == 1


def test_campaigns_to_the_same_people_within_the_time_of_a_cap_are_named():
    ContactCap.objects.create(most=1, days=14)
    bosnian, persian = (
        SegmentFactory(rule={"field": "language", "op": "is", "value": v}) for v in ("bs", "fa")
    )
    both = [reachable(language="bs") for _ in range(3)]
    reachable(language="fa")
    near = draft(state=State.SCHEDULED, starts_at=NOON + 10 * DAY, segment=bosnian)
    draft(state=State.SCHEDULED, starts_at=NOON + 20 * DAY, segment=bosnian)
    draft(state=State.SCHEDULED, starts_at=NOON + DAY, segment=persian)
    running = CampaignFactory(starts_at=NOON - DAY)
    InvitationFactory(wave__campaign=running, customer=both[0], state=Invitation.State.PLANNED, sent_at=None)

    found = list(overlaps_of(draft(segment=bosnian), at=NOON))

    assert [(each.campaign, each.people) for each in found] == [(near, 3), (running, 1)]


def test_looking_ahead_costs_as_many_queries_for_three_as_for_one(django_assert_num_queries):
    ContactCap.objects.create(most=1, days=30)
    campaign = draft()
    reachable()
    with django_assert_num_queries(10):
        preflight_of(campaign, at=NOON)
    for _ in range(2):
        asked_before(reachable(), days_ago=3)

    with django_assert_num_queries(10):
        preflight_of(campaign, at=NOON)
