from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError

from events.models import Event
from journeys.interactions import ReservedSource, record_interaction, record_interactions
from journeys.models import Interaction
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.journeys import InteractionFactory, TouchpointFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(days=1)


def new(customer, external_id, **fields):
    return Interaction(
        **{
            "customer": customer,
            "kind": "visit",
            "source": "shop",
            "external_id": external_id,
            "at": NOON,
            **fields,
        }
    )


def announced():
    events = Event.objects.filter(type="journeys.interaction_recorded").order_by("pk")
    return list(events.values_list("subject", "at", "payload"))


def test_an_interaction_is_written_down_and_announced():
    customer, touchpoint = CustomerFactory(), TouchpointFactory()

    interaction = record_interaction(
        customer=customer,
        kind="purchase",
        source="shop",
        external_id="1",
        at=NOON,
        touchpoint=touchpoint,
        summary="A phone",
        amount=Decimal("19.90"),
        detail={"items": 1},
    )

    stored = Interaction.objects.get()
    assert stored == interaction
    assert (stored.customer, stored.touchpoint, stored.kind, stored.summary) == (
        customer,
        touchpoint,
        "purchase",
        "A phone",
    )
    assert (stored.amount, stored.detail, stored.at) == (Decimal("19.90"), {"items": 1}, NOON)
    payload = {"customer": customer.pk, "touchpoint": touchpoint.pk, "kind": "purchase"}
    assert announced() == [(interaction.pk, NOON, payload)]


def test_a_repeat_returns_the_first_and_changes_nothing():
    customer = CustomerFactory()
    first = record_interaction(customer=customer, kind="call", source="shop", external_id="1", at=NOON)

    repeat = record_interaction(
        customer=CustomerFactory(), kind="visit", source="shop", external_id="1", at=LATER, summary="Other"
    )

    assert repeat == first
    assert (repeat.customer, repeat.kind, repeat.at, repeat.summary) == (customer, "call", NOON, "")
    assert len(announced()) == 1


def test_the_same_id_of_another_source_is_another_interaction():
    customer = CustomerFactory()
    for source in ("shop", "till"):
        record_interaction(customer=customer, kind="visit", source=source, external_id="1", at=NOON)

    assert Interaction.objects.count() == 2


def test_of_many_only_the_new_ones_are_kept_and_announced():
    customer = CustomerFactory()
    InteractionFactory(source="shop", external_id="2")
    rows = [new(customer, "3"), new(customer, "1"), new(customer, "2"), new(customer, "1", kind="call")]

    recorded = record_interactions(rows, at=LATER)

    assert [(row.external_id, row.kind) for row in recorded] == [("1", "visit"), ("3", "visit")]
    assert [(subject, at) for subject, at, _ in announced()] == [(row.pk, LATER) for row in recorded]
    assert record_interactions([new(customer, "1"), new(customer, "3")], at=LATER) == []
    assert Interaction.objects.count() == 3


def test_many_need_as_many_queries_as_one(django_assert_num_queries):
    customer = CustomerFactory()
    for rows in ([new(customer, "1")], [new(customer, str(n)) for n in range(2, 99)]):
        with django_assert_num_queries(7):  # the transaction, a savepoint, look, insert, announce
            record_interactions(rows, at=NOON)


def test_what_another_writer_took_meanwhile_is_left_to_them(monkeypatch):
    customer = CustomerFactory()
    looked = []

    def look(rows):
        if not looked:
            looked.append(InteractionFactory(source="shop", external_id="1"))
            return set()
        return {("shop", "1")}

    monkeypatch.setattr("journeys.interactions.keys_taken", look)

    recorded = record_interactions([new(customer, "1"), new(customer, "2")], at=NOON)

    assert [row.external_id for row in recorded] == ["2"]
    assert len(announced()) == 1


def test_what_cannot_be_stored_is_told():
    customer = CustomerFactory()

    with pytest.raises(IntegrityError):
        record_interactions([new(customer, "1"), new(customer, "2", kind=None)], at=NOON)
    assert Interaction.objects.count() == 0


def test_the_sources_of_the_platform_are_its_own():
    customer = CustomerFactory()

    with pytest.raises(ReservedSource):
        record_interactions([new(customer, "1"), new(customer, "2", source="platform:entry")], at=NOON)
    assert (Interaction.objects.count(), announced()) == (0, [])
