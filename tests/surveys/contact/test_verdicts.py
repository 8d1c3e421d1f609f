"""The statement that judges a million customers against plain Python that judges one."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from customers.consent import record_consent, suppress
from customers.identities import digest_of
from customers.models import Customer, Identity
from surveys.contact.caps import Statement, moment_of
from surveys.contact.clock import Hours, next_turn
from surveys.contact.verdicts import Policy, sharing_with, verdicts
from surveys.models import Campaign, ContactCap, Invitation, Wave
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.surveys import CampaignFactory, SurveyFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SUPPRESSIONS = ["unsubscribed", "bounced", "complained", "by_staff"]


@dataclass
class Message:
    days_ago: int
    kind: str
    channel: str
    reminded_days_ago: list[int] = field(default_factory=list)


@dataclass
class Person:
    zone: str
    prefers: str
    reachable: list[str]
    withdrawn: list[str]
    suppressed: dict[str, str]
    rests_for: int | None
    messages: list[Message]


@st.composite
def messages(draw):
    days_ago = draw(st.integers(1, 40))
    reminded = draw(st.lists(st.integers(0, days_ago - 1), max_size=2, unique=True))
    return Message(
        days_ago,
        draw(st.sampled_from(["relationship", "transactional"])),
        draw(st.sampled_from(["email", "sms"])),
        sorted(reminded, reverse=True),
    )


people = st.builds(
    Person,
    zone=st.sampled_from(["Europe/Sarajevo", "Asia/Kathmandu", "Pacific/Chatham", "America/Los_Angeles"]),
    prefers=st.sampled_from(["", "email", "sms"]),
    reachable=st.lists(st.sampled_from(["email", "sms"]), unique=True),
    withdrawn=st.lists(st.sampled_from(["email", "sms"]), unique=True),
    suppressed=st.dictionaries(st.sampled_from(["email", "sms"]), st.sampled_from(SUPPRESSIONS)),
    rests_for=st.none() | st.integers(-5, 60),
    messages=st.lists(messages(), max_size=3),
)
caps = st.lists(
    st.builds(
        ContactCap,
        most=st.integers(1, 3),
        days=st.integers(1, 45),
        survey_kind=st.sampled_from(["", "relationship", "transactional"]),
        channel=st.sampled_from(["", "email", "sms"]),
    ),
    max_size=3,
    unique_by=lambda cap: (cap.days, cap.survey_kind, cap.channel),
)


def decide(person: Person, campaign: Campaign, policy: Policy) -> tuple[str, str, str, datetime]:
    """What should become of one: channel, state, reason and when. One customer, one rule after the other."""
    against = {channel: why_not(person, channel) for channel in campaign.channels}
    order = [person.prefers, *campaign.channels] if person.prefers in campaign.channels else campaign.channels
    refuses = next(
        (each for each in campaign.channels if against[each] != "no_address"), campaign.channels[0]
    )
    channel = next((each for each in order if not against[each]), refuses)
    opens = next_turn(NOON, person.zone, policy.hours)
    if against[channel]:
        return channel, "excluded", against[channel], opens
    until = [(NOON + person.rests_for * DAY, "snoozed")] if (person.rests_for or 0) > 0 else []
    for cap in policy.caps:
        if cap.survey_kind in {"", campaign.survey.kind} and cap.channel in {"", channel}:
            sent = sorted(moments(person, cap), reverse=True)
            if len(sent) >= cap.most and sent[cap.most - 1] + cap.days * DAY > NOON:
                until.append((sent[cap.most - 1] + cap.days * DAY, "cap"))
    if until:
        moment = max(each for each, _reason in until)
        reasons = {reason for each, reason in until if each == moment}
        return channel, "deferred", "cap" if "cap" in reasons else "snoozed", moment
    return channel, "planned", "", opens


def why_not(person: Person, channel: str) -> str:
    if channel not in person.reachable:
        return "no_address"
    if stopped := person.suppressed.get(channel):
        return "suppressed" if stopped == "by_staff" else stopped
    return "no_consent" if channel in person.withdrawn else ""


def moments(person: Person, cap: ContactCap) -> list[datetime]:
    return [
        NOON - days * DAY
        for message in person.messages
        if cap.survey_kind in {"", message.kind} and cap.channel in {"", message.channel}
        for days in (message.days_ago, *message.reminded_days_ago)
    ]


class TestEverybodyAtOnceIsJudgedAsOneByOne(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(
        crowd=st.lists(people, min_size=1, max_size=4),
        caps=caps,
        channels=st.sampled_from([["email"], ["sms"], ["email", "sms"], ["sms", "email"]]),
        kind=st.sampled_from(["relationship", "transactional"]),
        send_at=st.none() | st.sampled_from([time(10), time(18, 30), time(22)]),
    )
    def test_by_any_policy(self, crowd, caps, channels, kind, send_at):
        ContactCap.objects.bulk_create(caps)
        policy = Policy(caps=caps, hours=Hours(quiet_from=time(20), quiet_until=time(9), send_at=send_at))
        campaign = CampaignFactory(survey__kind=kind, channels=channels)
        waves = {each: wave_of(each) for each in ("relationship", "transactional")}
        customers = [enter(person, waves) for person in crowd]
        expected = {c.pk: decide(p, campaign, policy) for c, p in zip(customers, crowd, strict=True)}

        assert judged(campaign, policy) == expected
        for customer in customers:
            assert judged(campaign, policy, [customer.pk]) == {customer.pk: expected[customer.pk]}


def test_a_cap_is_the_reason_where_a_rest_ends_with_it():
    cap = ContactCap.objects.create(most=1, days=3)
    message = Message(days_ago=1, kind="relationship", channel="email", reminded_days_ago=[])
    rests = Person("Europe/Sarajevo", "", ["email"], [], {}, rests_for=2, messages=[message])
    customer = enter(rests, {"relationship": wave_of("relationship")})

    found = judged(CampaignFactory(), Policy(caps=[cap]))

    assert found == {customer.pk: ("email", "deferred", "cap", NOON + 2 * DAY)}


def test_who_has_no_address_and_said_no_by_phone_is_told_of_the_no():
    told = Person("Europe/Sarajevo", "", ["sms"], [], {"sms": "unsubscribed"}, rests_for=None, messages=[])
    customer = enter(told, {})

    found = judged(CampaignFactory(channels=["email", "sms"]), Policy())

    assert found == {customer.pk: ("sms", "excluded", "unsubscribed", NOON)}


def test_a_segment_without_anybody_is_judged_whatever_the_hours():
    assert judged(CampaignFactory(), Policy(hours=Hours(quiet_from=time(8), quiet_until=time(20)))) == {}


def test_somebody_in_a_time_zone_that_nobody_had_a_moment_ago_is_judged_too():
    hours = Hours(quiet_from=time(8), quiet_until=time(20))
    statement = verdicts(CampaignFactory(), policy=Policy(hours=hours), at=NOON)
    moved = IdentityFactory(customer__time_zone="Asia/Kathmandu").customer

    assert verdicts_of(statement) == {
        moved.pk: ("email", "planned", "", next_turn(NOON, "Europe/Sarajevo", hours))
    }


def wave_of(kind: str) -> Wave:
    return Wave.objects.create(campaign=CampaignFactory(survey=SurveyFactory(kind=kind)))


def enter(person: Person, waves: dict[str, Wave]) -> Customer:
    rests = None if person.rests_for is None else NOON + person.rests_for * DAY
    customer = CustomerFactory(time_zone=person.zone, preferred_channel=person.prefers, snoozed_until=rests)
    for channel in person.reachable:
        value = f"c{customer.pk}@mail.example" if channel == "email" else f"+3876{customer.pk:07d}"
        kind = Identity.Kind.EMAIL if channel == "email" else Identity.Kind.PHONE
        Identity.objects.create(customer=customer, kind=kind, value=value, digest=digest_of(value))
        if reason := person.suppressed.get(channel):
            suppress(channel=channel, digest=digest_of(value), reason=reason, at=NOON)
    for channel in person.withdrawn:
        record_consent(
            customer=customer, purpose="survey", channel=channel, state="withdrawn", source="test", at=NOON
        )
    for number, message in enumerate(person.messages):
        reminded = [NOON - days * DAY for days in message.reminded_days_ago]
        Invitation.objects.create(
            wave=waves[message.kind],
            customer=customer,
            channel=message.channel,
            occasion=str(number),
            state=Invitation.State.SENT,
            due_at=NOON - message.days_ago * DAY,
            sent_at=NOON - message.days_ago * DAY,
            reminders_sent=len(reminded),
            first_reminded_at=reminded[0] if reminded else None,
            reminded_at=reminded[-1] if reminded else None,
        )
    return customer


def judged(campaign: Campaign, policy: Policy, customers: list[int] | None = None) -> dict:
    return verdicts_of(verdicts(campaign, policy=policy, at=NOON, customers=customers))


def verdicts_of(statement: Statement) -> dict:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        rows = cursor.fetchall()
    assert len(rows) == len({row[0] for row in rows})
    return {row[0]: (row[2], row[6], row[7], moment_of(row[9])) for row in rows}


def test_a_sample_and_a_control_group_are_drawn_from_those_who_could_be_asked_and_always_the_same():
    for n in range(400):
        customer = CustomerFactory()
        if n % 4:
            value = f"c{n}@mail.example"
            Identity.objects.create(customer=customer, kind="email", value=value, digest=digest_of(value))
    campaign = CampaignFactory(sample_percent=50, control_percent=20)

    first, again = (judged(campaign, Policy()) for _ in range(2))
    counted = {
        why: sum(row[2] == why for row in first.values())
        for why in ("no_address", "sampled_out", "control_group", "")
    }

    assert first == again
    assert counted["no_address"] == 100
    assert 110 < counted["sampled_out"] < 190
    assert 15 < counted["control_group"] < 50
    assert sum(counted.values()) == 400


def test_a_sample_of_so_many_people_has_exactly_as_many():
    for n in range(20):
        value = f"c{n}@mail.example"
        Identity.objects.create(
            customer=CustomerFactory(), kind="email", value=value, digest=digest_of(value)
        )
    CustomerFactory()  # without an address: takes nobody's place
    campaign = CampaignFactory(sample_size=7)

    reasons = [row[2] for row in judged(campaign, Policy()).values()]

    assert (reasons.count(""), reasons.count("sampled_out"), reasons.count("no_address")) == (7, 13, 1)


def test_two_subjects_go_to_equal_shares_and_the_rest_waits_for_the_better_one():
    for n in range(300):
        value = f"c{n}@mail.example"
        Identity.objects.create(
            customer=CustomerFactory(), kind="email", value=value, digest=digest_of(value)
        )
    campaign = CampaignFactory(subject_b={"en": "Another"}, compare_percent=20, compare_hours=6)
    sql, params = verdicts(campaign, policy=Policy(), at=NOON)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = [(row[5], moment_of(row[9])) for row in cursor.fetchall()]

    due = {variant: {moment for each, moment in rows if each == variant} for variant in ("a", "b", "")}
    counted = {variant: sum(each == variant for each, _moment in rows) for variant in ("a", "b", "")}
    assert due == {"a": {NOON}, "b": {NOON}, "": {NOON + timedelta(hours=6)}}
    assert 35 < counted["a"] < 90
    assert 35 < counted["b"] < 90


def test_who_shares_an_address_is_looked_up_by_it():
    ana, bob, eve = (IdentityFactory(value=f"{name}@example.com").customer for name in ("ana", "bob", "eve"))
    IdentityFactory(customer=bob, kind="phone", value="+38761000111")
    IdentityFactory(customer=ana, kind=Identity.Kind.EXTERNAL, source="crm", value="17", is_primary=False)
    IdentityFactory(customer=eve, kind=Identity.Kind.EXTERNAL, source="till", value="17", is_primary=False)
    with CaptureQueriesContext(connection) as queries:
        assert sharing_with([ana.pk, bob.pk]) == {ana.pk, bob.pk}

    (query,) = queries
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plan = " ".join(str(row) for row in cursor)
        assert "identity_digest (digest=?)" in plan
        assert "(kind=?)" not in plan
