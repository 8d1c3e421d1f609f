from datetime import date, time, timedelta

import pytest
from django.urls import reverse

from staff.models import AuditEntry, BusinessCalendar
from surveys.contact.examples import examples_of
from surveys.contact.policy import drop_cap, keep_cap, rules_now
from surveys.models import ContactCap, ContactRules, Invitation
from surveys.planning.waves import plan_wave
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PAST_THE_SECOND = (
    "whoever gets the last of 2 messages today is asked again when the first of them is 90 days old,"
    " at the latest on 2 June 2026."
)
POLICY = reverse("admin:surveys_contact_policy")


@pytest.fixture
def lead(client):
    user = UserFactory(roles=["Marketing lead"])
    client.force_login(user)
    client.user = user
    return client


def test_the_rules_are_set_and_the_trail_says_who_did_it(lead):
    calendar = BusinessCalendar.objects.create(name="Office", time_zone="Europe/Sarajevo")
    given = {"quiet_from": "20:00", "quiet_until": "09:00", "calendar": calendar.pk, "approval_from": "5000"}

    lead.post(POLICY, given)
    lead.post(POLICY, given)

    rules = ContactRules.objects.get()
    assert (rules.quiet_from, rules.quiet_until, rules.calendar, rules.approval_from) == (
        time(20), time(9), calendar, 5000,
    )  # fmt: skip
    entry = AuditEntry.objects.get()
    assert (entry.user, entry.action, entry.detail) == (
        lead.user, "changed", {"fields": ["approval_from", "calendar", "quiet_from", "quiet_until"]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"quiet_from": "09:00", "quiet_until": "09:00"},
            "Quiet hours that begin when they end would never let",
        ),
        ({"quiet_from": "20:00", "quiet_until": ""}, "Give both ends of the quiet hours, or neither."),
        ({"quiet_from": "late", "quiet_until": "09:00"}, "Enter a valid time."),
        ({"approval_from": "-1"}, "Ensure this value is greater than or equal to 0."),
    ],
)
def test_rules_that_cannot_be_are_refused_and_nothing_is_changed(lead, given, said):
    page = lead.post(POLICY, given)

    assert said in page.content.decode()
    assert not ContactRules.objects.exists()


def test_a_cap_is_added_changed_and_taken_away_each_with_its_entry(lead):
    fields = {"most": "1", "days": "30", "survey_kind": "", "channel": "", "is_active": "on"}
    added = lead.post(reverse("admin:surveys_contactcap_add"), fields)
    cap = ContactCap.objects.get()
    lead.post(reverse("admin:surveys_contactcap_change", args=[cap.pk]), fields | {"most": "2"})
    assert "2 messages in 30 days" in lead.get(POLICY).content.decode()
    lead.post(reverse("admin:surveys_contactcap_delete", args=[cap.pk]), {"post": "yes"})

    assert added.url == POLICY
    assert not ContactCap.objects.exists()
    entries = AuditEntry.objects.filter(subject_kind="surveys.contactcap").order_by("pk")
    assert list(entries.values_list("action", "detail")) == [
        ("created", {"cap": "1/30"}), ("changed", {"cap": "2/30"}), ("deleted", {"cap": "2/30"}),
    ]  # fmt: skip


def without_it(cap, by):
    drop_cap(cap=cap, by=by, at=NOON)


def kept(**changes):
    def keep(cap, by):
        for name, value in changes.items():
            setattr(cap, name, value)
        keep_cap(cap=cap, by=by, at=NOON)

    return keep


@pytest.mark.parametrize(
    ("change", "due_at"),
    [
        (without_it, NOON),
        (kept(is_active=False), NOON),
        (kept(most=2), NOON),
        (kept(days=14), NOON),
        (kept(channel="sms"), NOON),
        (kept(days=60), NOON + 20 * DAY),
        (kept(), NOON + 20 * DAY),
    ],
)
def test_who_waits_because_of_a_cap_is_looked_at_again_when_it_is_looser(change, due_at):
    cap, other = (ContactCap.objects.create(most=1, days=days) for days in (30, 90))
    waits = {"state": "deferred", "reason": "cap", "sent_at": None, "due_at": NOON + 20 * DAY}
    row = InvitationFactory(cap=cap, **waits)
    untouched = InvitationFactory(cap=other, **waits)

    change(cap, UserFactory())

    row.refresh_from_db()
    untouched.refresh_from_db()
    assert (row.state, row.due_at) == ("deferred", due_at)
    assert untouched.due_at == NOON + 20 * DAY


def test_without_the_cap_they_are_asked_and_with_another_one_they_wait_for_that():
    cap = ContactCap.objects.create(most=1, days=30)
    narrower = ContactCap.objects.create(most=2, days=20)
    free, held = (IdentityFactory().customer for _each in range(2))
    for customer, messages in ((free, 1), (held, 2)):
        for _each in range(messages):
            InvitationFactory(customer=customer, sent_at=NOON - 10 * DAY)
    plan_wave(campaign=CampaignFactory(), at=NOON)
    waiting = Invitation.objects.filter(sent_at=None, cap=cap)
    assert waiting.count() == 2

    drop_cap(cap=cap, by=UserFactory(), at=NOON)
    send_due_invitations(at=NOON)

    row = Invitation.objects.get(sent_at=None)
    assert (row.customer, row.cap, row.due_at) == (held, narrower, NOON + 10 * DAY)
    assert Invitation.objects.filter(customer=free, sent_at=NOON).exists()


@pytest.mark.parametrize("given", [{"most": "0"}, {"days": "0"}, {"most": "many"}])
def test_a_cap_of_nothing_is_refused(lead, given):
    page = lead.post(reverse("admin:surveys_contactcap_add"), {"most": "1", "days": "30"} | given)

    assert page.status_code == 200
    assert not ContactCap.objects.exists()


@pytest.mark.parametrize(("role", "reads"), [("Marketing", 200), ("Analysts", 200), ("Support", 403)])
def test_others_read_it_or_not_and_change_nothing(client, role, reads):
    client.force_login(UserFactory(roles=[role]))

    assert client.get(POLICY).status_code == reads
    assert client.post(POLICY, {"approval_from": "1"}).status_code == 403
    assert client.get(reverse("admin:surveys_contactcap_add")).status_code == 403
    assert not ContactRules.objects.exists()


def test_the_page_tells_by_examples_what_the_policy_does():
    calendar = BusinessCalendar.objects.create(name="Office", time_zone="Europe/Sarajevo")
    calendar.holidays.create(date=date(2026, 5, 1), name="Labour Day")
    rules = ContactRules(quiet_from=time(20), quiet_until=time(9), calendar=calendar, approval_from=5000)
    caps = [ContactCap(most=1, days=30), ContactCap(most=2, days=90, survey_kind="relationship")]

    assert list(examples_of(rules, caps, at=NOON)) == [
        "1 message in 30 days: whoever gets a message today is asked again from 3 April 2026 on.",
        "2 messages in 90 days · Relationship: " + PAST_THE_SECOND,
        "A message due at 22:00 waits until 09:00, by the customer's own clock.",
        "On 1 May 2026 (Labour Day) nobody is written to.",
        "A campaign to 5,000 people or more goes out when a second person has agreed.",
        "Whoever has to wait is asked later by itself, until the campaign's end; nobody is dropped for a cap.",
    ]


def test_where_nothing_is_set_nothing_holds(lead):
    page = lead.get(POLICY).content.decode()

    assert "No cap yet" in page
    assert "There is no cap: somebody in five campaigns is asked five times." in page
    assert rules_now().pk is None


def test_the_page_costs_the_same_with_three_caps_as_with_one(lead, django_assert_num_queries):
    ContactCap.objects.create(days=7)
    lead.get(POLICY)
    with django_assert_num_queries(7) as one:
        lead.get(POLICY)
    ContactCap.objects.create(days=8)
    ContactCap.objects.create(days=9)

    with django_assert_num_queries(len(one)):
        lead.get(POLICY)
