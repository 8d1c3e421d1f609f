"""Who moves between planning and sending: a new address or language, and addresses that are gone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.consent import suppress
from customers.identities import make_primary
from customers.models import Customer, Identity
from mail.models import KeptMail
from surveys.campaigns.life import finish_campaigns
from surveys.contact.addressees import addressees_of
from surveys.models import Campaign, ContactCap, Invitation
from surveys.planning.reminders import plan_reminders
from surveys.planning.waves import plan_wave
from surveys.sending.claiming import claim
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SUBJECTS = {"en": "How are we doing?", "ru": "Как у нас дела?"}


def planned(*identities, **fields):
    campaign = CampaignFactory(subject=SUBJECTS, **{"reminders": 0} | fields)
    plan_wave(campaign=campaign, at=NOON)
    return campaign


def written_to():
    return dict(KeptMail.objects.order_by("pk").values_list("recipient", "subject"))


def fates():
    rows = Invitation.objects.order_by("pk")
    return list(rows.values_list("channel", "address", "state", "reason"))


def test_a_message_that_waited_goes_where_the_customer_is_reached_now_and_in_what_they_read_now():
    ContactCap.objects.create(most=1, days=30)
    old, stays = IdentityFactory(), IdentityFactory()
    InvitationFactory(customer=old.customer, sent_at=NOON - 9 * DAY)
    planned()
    new = IdentityFactory(customer=old.customer, is_primary=False)
    make_primary(identity=new, at=NOON)
    old.delete()
    Customer.objects.filter(pk=old.customer_id).update(language="ru")

    send_due_invitations(at=NOON)
    assert written_to() == {stays.value: SUBJECTS["en"]}
    send_due_invitations(at=NOON + 21 * DAY)

    assert written_to() == {stays.value: SUBJECTS["en"], new.value: SUBJECTS["ru"]}
    row = Invitation.objects.get(customer=old.customer, sent_at=NOON + 21 * DAY)
    assert (row.address, row.digest, row.language) == (new.value, new.digest, "ru")


def test_a_new_address_that_must_not_be_written_to_is_not():
    old = IdentityFactory()
    planned()
    new = IdentityFactory(customer=old.customer, is_primary=False)
    make_primary(identity=new, at=NOON)
    suppress(channel="email", digest=new.digest, reason="bounced", at=NOON)

    send_due_invitations(at=NOON)

    assert written_to() == {}
    assert fates() == [("email", new.value, "excluded", "bounced")]


def test_an_address_that_is_gone_leads_to_the_next_channel_and_without_one_to_nobody():
    reached, lost = IdentityFactory(), IdentityFactory()
    phone = IdentityFactory(customer=reached.customer, kind="phone", value="+38761000111")
    planned(channels=["email", "sms"])
    Identity.objects.filter(kind="email").delete()

    send_due_invitations(at=NOON)
    assert written_to() == {}
    assert fates() == [("sms", phone.value, "planned", ""), ("email", "", "excluded", "no_address")]
    send_due_invitations(at=NOON, channel="sms")

    assert fates()[0] == ("sms", phone.value, "sent", "")
    assert not Invitation.objects.filter(customer=lost.customer, sent_at__isnull=False).exists()


def test_who_was_drawn_and_left_the_segment_since_keeps_their_turn_by_the_next_channel():
    people = [IdentityFactory().customer for _each in range(4)]
    for number, customer in enumerate(people):
        IdentityFactory(customer=customer, kind="phone", value=f"+3876100011{number}")
    planned(channels=["email", "sms"], sample_size=3)
    Campaign.objects.update(control_percent=90, sample_size=1)
    Identity.objects.filter(kind="email").delete()

    send_due_invitations(at=NOON)

    assert sorted(fate[0::2] for fate in fates()) == [("email", "excluded"), *[("sms", "planned")] * 3]


def test_the_next_channel_brings_no_second_message_to_a_number_that_was_asked():
    lost = IdentityFactory()
    IdentityFactory(customer=lost.customer, kind="phone", value="+38761000111")
    IdentityFactory(kind="phone", value="+38761000111", source="shop")
    planned(channels=["email", "sms"])
    send_due_invitations(at=NOON, channel="sms")
    lost.delete()

    send_due_invitations(at=NOON)
    send_due_invitations(at=NOON, channel="sms")

    assert [fate[::2] for fate in fates()] == [("sms", "excluded"), ("sms", "sent")]
    assert Invitation.objects.get(customer=lost.customer).reason == "duplicate_address"


@pytest.mark.parametrize("is_reached", [True, False])
def test_a_reminder_goes_to_the_new_address_and_without_one_counts_as_sent(is_reached):
    old = IdentityFactory()
    planned(reminders=1, remind_after_days=3)
    send_due_invitations(at=NOON)
    old.delete()
    new = IdentityFactory(customer=old.customer) if is_reached else None
    KeptMail.objects.all().delete()

    plan_reminders(at=NOON + 3 * DAY)
    send_due_invitations(at=NOON + 3 * DAY)

    assert written_to() == ({new.value: f"Reminder: {SUBJECTS['en']}"} if new else {})
    row = Invitation.objects.get()
    assert (row.state, row.reminders_sent, row.sent_at, row.reminded_at) == ("sent", 1, NOON, NOON + 3 * DAY)
    assert plan_reminders(at=NOON + 9 * DAY) == 0
    assert finish_campaigns(at=NOON + 9 * DAY) == 1


def test_your_own_app_is_reached_by_the_first_id_that_is_left():
    first = IdentityFactory(kind="external", source="crm", value="17", is_primary=False)
    IdentityFactory(customer=first.customer, kind="external", source="till", value="4", is_primary=False)
    wave = plan_wave(campaign=CampaignFactory(channels=["app"]), at=NOON)
    first.delete()

    [addressee] = claim(wave=wave.pk, channel="app", at=NOON).addressees

    assert addressee.address == "4"


def queries_of_a_claim(*, moved, gone):
    """To send to everybody; of them so many got another address since they were planned, and so many gave theirs up."""
    Identity.objects.all().delete()
    people = [IdentityFactory() for _each in range(6)]
    for number, identity in enumerate(people):
        IdentityFactory(customer=identity.customer, kind="phone", value=f"+3876100022{number}")
    wave = plan_wave(campaign=CampaignFactory(channels=["email", "sms"]), at=NOON)
    for identity in people[: moved + gone]:
        identity.delete()
    for identity in people[:moved]:
        IdentityFactory(customer=identity.customer)
    with CaptureQueriesContext(connection) as queries:
        claimed = claim(wave=wave.pk, channel="email", at=NOON)
    assert len(claimed.addressees) == 6 - gone
    return len(queries)


def test_three_who_moved_cost_as_much_as_one_and_nobody_costs_nothing():
    assert queries_of_a_claim(moved=0, gone=0) == 12
    assert queries_of_a_claim(moved=1, gone=0) == queries_of_a_claim(moved=3, gone=0) == 12 + 3
    assert queries_of_a_claim(moved=1, gone=1) == queries_of_a_claim(moved=2, gone=3)


def test_addresses_are_looked_up_by_their_customers():
    InvitationFactory(state="planned")
    with CaptureQueriesContext(connection) as queries:
        addressees_of(Invitation.objects.waiting())

    (query,) = queries
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
            plan = [row[3] for row in cursor if "identity" in row[3]]
        assert plan
        assert all("(customer_id=?)" in line for line in plan), plan
