"""What customers choose for themselves: consent by purpose and way, the way they prefer, and a rest."""

from datetime import timedelta

import pytest

from customers.consent import is_suppressed, record_consent, suppress, unsubscribe
from customers.merging.merges import merge, unmerge
from customers.models import ConsentRecord, Customer, Suppression
from customers.preferences import (
    REST,
    Wording,
    change_preferences,
    end_rest,
    rest_from_surveys,
    ways_of,
)
from customers.privacy.erasing import erase_customer
from customers.privacy.holdings import tell_profile
from customers.privacy.personal import person_of
from events.models import Event
from staff.models import AuditEntry
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory

pytestmark = pytest.mark.django_db
KEYS = [(purpose, "email") for purpose in ("survey", "marketing", "service")]
TEXT = {key: f"May we, {key[0]}?" for key in KEYS}


@pytest.fixture
def customer():
    return IdentityFactory(value="amina@mail.example").customer


def set_to(customer, *, preferred_channel="", at=NOON, **purposes):
    """Only what is named stays on."""
    return change_preferences(
        customer=customer,
        wanted={key: purposes.get(key[0], False) for key in KEYS},
        preferred_channel=preferred_channel,
        wording=Wording(text=TEXT, version="7"),
        source="link:1",
        at=at,
    )


def heard(customer):
    return {purpose: is_on for way in ways_of(customer) for purpose, is_on in way.is_on.items()}


def told(kind):
    return [event.payload for event in Event.objects.filter(type=kind).order_by("pk")]


def test_before_anybody_chose_surveys_and_service_are_on_and_marketing_is_off(customer):
    assert heard(customer) == {"survey": True, "marketing": False, "service": True}


def test_what_changes_is_written_down_with_the_words_they_read_and_nothing_else(customer):
    changes = set_to(customer, marketing=True, service=True)

    assert changes == [("survey", "email", "withdrawn"), ("marketing", "email", "granted")]
    records = ConsentRecord.objects.order_by("pk").select_related("proof")
    assert [
        (each.purpose, each.state, each.source_kind, each.proof.wording, each.proof.version)
        for each in records
    ] == [
        ("survey", "withdrawn", "link", "May we, survey?", "7"),
        ("marketing", "granted", "link", "May we, marketing?", "7"),
    ]
    assert told("customers.preferences_changed") == [
        {"changes": [list(change) for change in changes], "preferred_channel": ""}
    ]
    assert len(told("customers.unsubscribed")) == 1
    assert AuditEntry.objects.get().detail == {"fields": ["preferences"]}
    assert heard(customer) == {"survey": False, "marketing": True, "service": True}
    assert not Suppression.objects.exists()


def test_saving_the_same_again_changes_nothing(customer):
    set_to(customer, survey=True)

    assert set_to(customer, survey=True) == []
    assert ConsentRecord.objects.count() == 1
    assert len(told("customers.preferences_changed")) == 1


def test_who_wants_nothing_by_a_way_is_suppressed_and_who_wants_something_again_is_not(customer):
    digest = customer.identities.get().digest

    set_to(customer)
    assert is_suppressed(channel="email", digest=digest)
    set_to(customer, survey=True, at=NOON + timedelta(days=1))

    assert not is_suppressed(channel="email", digest=digest)
    assert heard(customer) == {"survey": True, "marketing": False, "service": False}


def test_who_unsubscribed_by_one_click_comes_back_for_what_they_choose_only(customer):
    unsubscribe(customer=customer, source="link:1", at=NOON)
    assert heard(customer) == {"survey": False, "marketing": False, "service": False}

    set_to(customer, marketing=True)

    assert heard(customer) == {"survey": False, "marketing": True, "service": False}


@pytest.mark.parametrize("reason", ["bounced", "complained", "by_staff"])
def test_nobody_lifts_what_they_did_not_ask_for(customer, reason):
    suppress(channel="email", digest=customer.identities.get().digest, reason=reason, at=NOON)

    set_to(customer, survey=True)

    assert Suppression.objects.get().reason == reason
    assert [way.stopped for way in ways_of(customer)] == [reason]


def test_the_preferred_way_alone_is_a_change(customer):
    record_consent(
        customer=customer, purpose="service", channel="email", state="withdrawn", source="phone", at=NOON
    )

    assert set_to(customer, survey=True, preferred_channel="email") == []

    customer.refresh_from_db()
    assert customer.preferred_channel == "email"
    assert told("customers.preferences_changed") == [{"changes": [], "preferred_channel": "email"}]


def test_a_rest_lasts_three_months_and_can_be_ended(customer):
    until = rest_from_surveys(customer=customer, at=NOON)
    customer.refresh_from_db()
    assert customer.snoozed_until == until == NOON + REST

    end_rest(customer=customer, at=NOON + timedelta(days=2))
    end_rest(customer=customer, at=NOON + timedelta(days=2))

    customer.refresh_from_db()
    assert customer.snoozed_until is None
    assert told("customers.rest_began") == [{"until": until.isoformat()}]
    assert len(told("customers.rest_ended")) == 1


def test_both_are_told_and_erased_with_the_profile(customer):
    set_to(customer, survey=True, service=True, preferred_channel="email")
    rest_from_surveys(customer=customer, at=NOON)

    [profile] = tell_profile(person_of(customer))
    assert (profile["preferred_channel"], profile["no_surveys_until"]) == ("email", NOON + REST)
    erase_customer(customer=customer, by=None, at=NOON, reason="asked")

    gone = Customer.everybody.get(pk=customer.pk)
    assert (gone.preferred_channel, gone.snoozed_until) == ("", None)


@pytest.mark.parametrize(("ours", "theirs", "longest"), [(1, 5, 5), (5, 1, 5), (None, 3, 3), (3, None, 3)])
def test_of_two_rests_the_longer_one_holds_and_undoing_the_merge_brings_ours_back(ours, theirs, longest):
    def rests(days):
        return None if days is None else NOON + timedelta(days=days)

    kept = CustomerFactory(snoozed_until=rests(ours))
    merged = CustomerFactory(snoozed_until=rests(theirs), preferred_channel="sms")

    done = merge(kept=kept, merged=merged, by=None, at=NOON)
    kept.refresh_from_db()
    assert (kept.snoozed_until, kept.preferred_channel) == (rests(longest), "sms")
    unmerge(merge=done, by=None, at=NOON)

    kept.refresh_from_db()
    assert (kept.snoozed_until, kept.preferred_channel) == (rests(ours), "")
