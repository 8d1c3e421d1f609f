from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from customers.consent import record_consent
from customers.identities import digest_of
from customers.models import Identity
from events.delivery import deliver_events
from journeys.interactions import record_interaction
from journeys.models import Interaction
from surveys.models import Campaign, ContactCap, Invitation
from surveys.planning.occasions import Occasion, invite
from surveys.planning.rules import problems_of
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory, SegmentFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def customer_with_mail(**fields):
    customer = CustomerFactory(**fields)
    value = f"c{customer.pk}@mail.example"
    Identity.objects.create(customer=customer, kind="email", value=value, digest=digest_of(value))
    return customer


def after_purchases(**fields):
    return CampaignFactory(kind=Campaign.Kind.TRIGGERED, trigger="purchase", starts_at=NOON - DAY, **fields)


def bought(customer, number, at=NOON, **fields):
    return record_interaction(
        customer=customer, kind="purchase", source="shop", external_id=number, at=at, **fields
    )


def ledger():
    return list(Invitation.objects.order_by("pk").values_list("state", "reason", "due_at", "context"))


def test_a_purchase_asks_once_after_the_delay_and_only_once_in_the_cool_down():
    campaign = after_purchases(delay_hours=48, cooldown_days=30)
    customer = customer_with_mail()
    bought(customer, "A-1", detail={"order": "A-1", "items": 3, "gift": None})
    deliver_events(at=NOON)
    bought(customer, "A-1")  # told again
    bought(customer, "A-2", at=NOON + 5 * DAY, detail={"order": "A-2"})
    deliver_events(at=NOON + 5 * DAY)

    assert ledger() == [
        ("planned", "", NOON + 2 * DAY, {"order": "A-1", "items": "3"}),
        ("excluded", "cooldown", NOON + 7 * DAY, {"order": "A-2"}),
    ]

    bought(customer, "A-3", at=NOON + 40 * DAY)
    deliver_events(at=NOON + 40 * DAY)
    assert ledger()[2][:3] == ("planned", "", NOON + 42 * DAY)
    assert Invitation.objects.filter(wave__campaign=campaign).count() == 3


def test_only_what_the_campaign_waits_for_asks_and_everybody_outside_the_segment_reads_why():
    shop, web = TouchpointFactory(slug="shop"), TouchpointFactory(slug="web")
    segment = SegmentFactory(rule={"field": "country", "op": "is", "value": "BA"})
    after_purchases(trigger_touchpoint=shop, segment=segment)
    at_home, abroad = customer_with_mail(country="BA"), customer_with_mail(country="US")
    bought(at_home, "1", touchpoint=web)
    bought(abroad, "2", touchpoint=shop)
    record_interaction(
        customer=at_home, kind="visit", source="shop", external_id="3", at=NOON, touchpoint=shop
    )
    bought(at_home, "4", touchpoint=shop, at=NOON - 2 * DAY)  # before the campaign began
    deliver_events(at=NOON)

    assert [row[:2] for row in ledger()] == [("excluded", "not_in_segment")]

    bought(at_home, "5", touchpoint=shop)
    deliver_events(at=NOON)
    assert [row[:2] for row in ledger()] == [("excluded", "not_in_segment"), ("planned", "")]


def told(customer, number, *, amount=None, **detail):
    record_interaction(
        customer=customer,
        kind="purchase",
        source="shop",
        external_id=number,
        at=NOON,
        amount=amount,
        detail=detail,
    )


@pytest.mark.parametrize(
    ("detail", "compare", "value", "asked"),
    [
        ("", "", "", ["1", "2", "3", "4", "5"]),
        ("amount", "at_least", "100", ["2", "3"]),
        ("amount", "at_most", "99.5", ["1"]),
        ("amount", "is", "100", ["2"]),
        ("amount", "is_not", "100", ["1", "3", "4", "5"]),
        ("ticket_type", "is", "refund", ["4"]),
        ("ticket_type", "is_not", "refund", ["1", "2", "3", "5"]),
        ("ticket_type", "contains", "FUND", ["4"]),
        ("items", "at_least", "3", ["3"]),  # “many” is no number
        ("items", "is", "3", ["3"]),
    ],
)
def test_only_where_a_detail_is_as_it_should_be(detail, compare, value, asked):
    campaign = after_purchases(
        trigger_detail=detail, trigger_compare=compare, trigger_value=value, cooldown_days=0
    )
    customer = customer_with_mail()
    told(customer, "1", amount=Decimal("99.50"))
    told(customer, "2", amount=Decimal(100))
    told(customer, "3", amount=Decimal("100.01"), items=3)
    told(customer, "4", ticket_type="refund")
    told(customer, "5", items="many")
    deliver_events(at=NOON)

    keys = Invitation.objects.filter(wave__campaign=campaign).values_list("occasion", flat=True)
    found = Interaction.objects.in_bulk([int(key.removeprefix("interaction:")) for key in keys])
    assert sorted(each.external_id for each in found.values()) == asked


@pytest.mark.parametrize(
    ("detail", "compare", "value", "field"),
    [
        ("", "is", "", "trigger_detail"),
        ("", "", "3", "trigger_detail"),
        ('a"b', "is", "3", "trigger_detail"),
        ("a__b", "is", "3", "trigger_detail"),
        ("amount", "", "3", "trigger_compare"),
        ("amount", "contains", "3", "trigger_compare"),
        ("amount", "at_least", "much", "trigger_value"),
        ("amount", "is", "1e12", "trigger_value"),
        ("items", "at_least", "many", "trigger_value"),
        ("items", "is", "", "trigger_value"),
    ],
)
def test_what_cannot_be_compared_is_told_where_it_stands(detail, compare, value, field):
    campaign = after_purchases(trigger_detail=detail, trigger_compare=compare, trigger_value=value)

    assert [problem.field for problem in problems_of(campaign)] == [field]


def test_two_purchases_in_one_batch_ask_once_and_a_delivery_repeated_changes_nothing():
    campaign = after_purchases()
    customer, unreachable = customer_with_mail(), CustomerFactory()
    occasions = [
        Occasion(customer=customer.pk, key="order:2", at=NOON + timedelta(hours=1)),
        Occasion(customer=customer.pk, key="order:1", at=NOON),
        Occasion(customer=unreachable.pk, key="order:3", at=NOON),
        Occasion(customer=0, key="order:4", at=NOON),  # erased meanwhile
    ]

    assert invite(campaign=campaign, occasions=occasions, at=NOON) == 3
    for _ in range(4):
        assert invite(campaign=campaign, occasions=occasions, at=NOON) == 0

    rows = Invitation.objects.order_by("occasion").values_list("occasion", "state", "reason")
    assert list(rows) == [
        ("order:1", "planned", ""),
        ("order:2", "excluded", "cooldown"),
        ("order:3", "excluded", "no_address"),
    ]


@pytest.mark.parametrize(
    ("delay_hours", "fate"),
    [
        (72, ("planned", "", NOON + 3 * DAY, {})),  # the cap ends before
        (12, ("deferred", "cap", NOON + DAY, {})),
    ],
)
def test_who_waits_for_the_delay_longer_than_for_a_cap_is_not_told_of_the_cap(delay_hours, fate):
    ContactCap.objects.create(most=1, days=30)
    customer = customer_with_mail()
    InvitationFactory(customer=customer, sent_at=NOON - 29 * DAY)
    campaign = after_purchases(delay_hours=delay_hours)

    invite(campaign=campaign, occasions=[Occasion(customer=customer.pk, key="order:1", at=NOON)], at=NOON)

    assert ledger()[1:] == [fate]


def who_share(address):
    return [IdentityFactory(value=address, source=source).customer for source in ("", "shop")]


def asked_because_of(campaign, *occasions):
    """What became of each: a customer and the number of days since."""
    told = [
        Occasion(customer=customer.pk, key=f"order:{number}", at=NOON + days * DAY)
        for number, (customer, days) in enumerate(occasions)
    ]
    for occasion in told:
        invite(campaign=campaign, occasions=[occasion], at=occasion.at)
    fates = {row.occasion: (row.state, row.reason) for row in Invitation.objects.all()}
    return [fates[occasion.key] for occasion in told]


def test_of_two_who_share_an_address_the_one_is_asked_to_whom_something_happened_first():
    older, younger = who_share("family@mail.example")
    campaign = after_purchases(cooldown_days=30)

    assert asked_because_of(campaign, (younger, 0), (older, 1), (younger, 40)) == [
        ("planned", ""),
        ("excluded", "duplicate_address"),
        ("planned", ""),
    ]


def test_of_two_in_one_batch_the_earlier_occasion_counts_and_who_is_not_asked_stands_in_nobodys_way():
    older, younger = who_share("family@mail.example")
    refuses, stays = who_share("office@mail.example")
    record_consent(
        customer=refuses, purpose="survey", channel="email", state="withdrawn", source="phone", at=NOON
    )
    campaign = after_purchases()
    orders = [(older, 2), (younger, 1), (refuses, 1), (stays, 2)]
    occasions = [
        Occasion(customer=customer.pk, key=f"order:{number}", at=NOON + hours * timedelta(hours=1))
        for number, (customer, hours) in enumerate(orders)
    ]

    invite(campaign=campaign, occasions=occasions, at=NOON)

    fates = Invitation.objects.order_by("occasion").values_list("state", "reason")
    assert list(fates) == [
        ("excluded", "duplicate_address"),
        ("planned", ""),
        ("excluded", "no_consent"),
        ("planned", ""),
    ]


def test_when_the_delay_is_over_the_time_of_day_comes_next_by_the_customers_clock():
    after_purchases(delay_hours=48, send_at=time(10))
    for zone in ("America/Los_Angeles", "Asia/Kathmandu"):
        bought(customer_with_mail(time_zone=zone), zone)
    deliver_events(at=NOON)

    due = Invitation.objects.order_by("customer_id").values_list("due_at", flat=True)
    assert list(due) == [
        datetime(2026, 3, 6, 18, tzinfo=UTC),
        datetime(2026, 3, 7, 4, 15, tzinfo=UTC),
    ]


def test_asking_one_or_three_takes_as_many_statements(django_assert_num_queries):
    campaign = after_purchases()
    for crowd in (1, 3):
        occasions = [
            Occasion(customer=customer_with_mail().pk, key=f"{crowd}:{n}", at=NOON) for n in range(crowd)
        ]
        with django_assert_num_queries(15 if crowd == 1 else 12):
            invite(campaign=campaign, occasions=occasions, at=NOON)
