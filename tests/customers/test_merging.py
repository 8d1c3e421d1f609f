"""Resolving, merging and undoing it, in any order: nothing and no refusal is lost."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from customers.consent import record_consent
from customers.identities import NotAnIdentity, add_identity, normal_form
from customers.lookup import Known
from customers.merging.merges import NotMergeable, NotUndoable, merge, unmerge
from customers.models import Consent, Customer, Identity, IdentityConflict, Merge
from customers.resolving import resolve
from events.models import Event
from journeys.models import Interaction
from loyalty.checking import wrong_accounts
from loyalty.ledger import redeem_points
from loyalty.models import Account
from staff.models import AuditEntry
from surveys.answering.asking import find_invitation
from surveys.models import Invitation
from surveys.planning.reminders import plan_reminders
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.journeys import InteractionFactory
from tests.factories.loyalty import AccountFactory, ProgramFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import InvitationFactory, SurveyResponseFactory, WaveFactory


def mail(value):
    return Known("email", f"{value}@mail.example")


def together(*identities, **profile):
    return resolve(identities=identities, source="test", at=NOON, **profile)


def standing():
    """Everything a merge may touch, but for the lines of the two ledgers and the empty accounts they stand in."""
    return {
        "customers": list(
            Customer.everybody.order_by("pk").values_list(
                "pk", "first_name", "last_name", "attributes", "customer_since", "merged_into"
            )
        ),
        "identities": list(Identity.objects.order_by("pk").values_list("pk", "customer", "is_primary")),
        "consents": list(
            Consent.objects.order_by("customer", "purpose", "channel").values_list(
                "customer", "purpose", "channel", "state", "source", "at"
            )
        ),
        "interactions": list(Interaction.objects.order_by("pk").values_list("pk", "customer")),
        "invitations": list(
            Invitation.objects.order_by("pk").values_list("pk", "customer", "state", "reason", "is_test")
        ),
        "accounts": list(
            Account.objects.exclude(balance=0).order_by("pk").values_list("pk", "customer", "balance")
        ),
        "conflicts": list(IdentityConflict.objects.order_by("pk").values_list("pk", "state")),
    }


@pytest.mark.parametrize(
    ("kind", "value", "normal"),
    [
        ("handle", " @Ana_H ", "ana_h"),
        ("device", " abc-1 ", "abc-1"),
        ("card", "77 12-ab/9", "7712AB9"),
    ],
)
def test_each_kind_has_its_normal_form(kind, value, normal):
    assert normal_form(kind=kind, value=value, country="BA") == normal


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("email", "a@mail.example; b@mail.example", "two e-mail addresses"),
        ("phone", "061 23A 567", "letters"),
        ("card", "--", "card number"),
        ("handle", "@", "1 to 120"),
    ],
)
def test_what_cannot_be_an_identity_is_refused_in_a_sentence(kind, value, words):
    with pytest.raises(NotAnIdentity, match=words):
        normal_form(kind=kind, value=value, country="BA")


@pytest.mark.django_db
def test_unknown_identities_make_a_customer_and_known_ones_find_them():
    new = together(mail("ana"), Known("phone", "061 234 567"), first_name="Ana", country="BA")
    again = together(mail("ANA"), Known("handle", "@ana", "telegram"))

    assert (new.is_new, again.is_new, again.customer) == (True, False, new.customer)
    assert set(Identity.objects.values_list("customer", "kind", "source", "value")) == {
        (new.customer.pk, "email", "", "ana@mail.example"),
        (new.customer.pk, "phone", "", "+38761234567"),
        (new.customer.pk, "handle", "telegram", "ana"),
    }
    assert together(mail("nobody"), create=False).customer is None
    assert Customer.objects.count() == 1


@pytest.mark.django_db
def test_identities_of_two_people_wait_for_a_person_once():
    ana, bo = together(mail("ana")).customer, together(mail("bo")).customer

    first = together(mail("ana"), mail("bo"), mail("new"))
    second = together(mail("new"), mail("bo"), mail("ana"))

    assert (first.customer, first.conflict) == (None, second.conflict)
    assert set(first.conflict.customers.all()) == {ana, bo}
    assert Identity.objects.count() == 2

    merge(kept=bo, merged=ana, by=None, at=NOON)
    first.conflict.refresh_from_db()
    assert first.conflict.state == "merged"
    assert together(mail("ana")).customer == bo


@pytest.mark.django_db
def test_everything_moves_to_the_kept_one_and_back_again():
    staff, program = UserFactory(), ProgramFactory()
    kept = CustomerFactory(first_name="Ana", last_name="", attributes={"plan": "Gold"})
    merged = CustomerFactory(
        first_name="A.", last_name="Horvat", attributes={"plan": "Basic", "shop": "Ilidža"}
    )
    for customer, value in ((kept, "ana@work.example"), (merged, "ana@home.example")):
        add_identity(customer=customer, kind="email", value=value, at=NOON)
    InteractionFactory(customer=merged)
    follow_up = FollowUpFactory(survey_response=SurveyResponseFactory(customer=merged))
    AccountFactory(program=program, customer=kept, balance=10)
    AccountFactory(program=program, customer=merged, balance=25)
    before = standing()

    done = merge(kept=kept, merged=merged, by=staff, at=NOON)

    kept.refresh_from_db()
    follow_up.refresh_from_db()
    assert (kept.first_name, kept.last_name) == ("Ana", "Horvat")
    assert kept.attributes == {"plan": "Gold", "shop": "Ilidža"}
    assert list(Customer.objects.all()) == [kept]
    assert (kept.interactions.count(), kept.responses.count(), follow_up.customer) == (1, 1, kept)
    assert dict(kept.identities.values_list("value", "is_primary")) == {
        "ana@work.example": True,
        "ana@home.example": False,
    }
    assert dict(Account.objects.values_list("customer", "balance")) == {kept.pk: 35, merged.pk: 0}

    late = InteractionFactory(customer=kept)
    unmerge(merge=done, by=staff, at=NOON)

    assert Interaction.objects.get(pk=late.pk).customer == kept
    late.delete()
    assert standing() == before
    assert not wrong_accounts().exists()
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "merged", "merged", "unmerged", "unmerged",
    ]  # fmt: skip
    assert set(Event.objects.filter(type__startswith="customers.").values_list("type", flat=True)) == {
        "customers.merged",
        "customers.unmerged",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("ours", [None, "granted", "withdrawn"])
@pytest.mark.parametrize("theirs", [None, "granted", "withdrawn"])
def test_the_strictest_consent_holds_until_the_merge_is_undone(ours, theirs):
    kept, merged = CustomerFactory(), CustomerFactory()
    for customer, state in ((kept, ours), (merged, theirs)):
        if state:
            record_consent(
                customer=customer, purpose="survey", channel="email", state=state, source="shop", at=NOON
            )
    before = standing()

    done = merge(kept=kept, merged=merged, by=None, at=NOON)

    said = {ours, theirs}
    strictest = "withdrawn" if "withdrawn" in said else "granted" if "granted" in said else None
    assert kept.consents.values_list("state", flat=True).first() == strictest
    unmerge(merge=done, by=None, at=NOON)
    assert standing() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ours", "theirs", "left"),
    [
        ("planned", "planned", [("planned", "kept"), ("excluded", "merged")]),
        ("planned", "sent", [("excluded", "merged"), ("sent", "kept")]),
        ("sent", "planned", [("sent", "kept"), ("excluded", "merged")]),
        ("sent", "sent", [("sent", "kept"), ("sent", "merged")]),
        ("excluded", "planned", [("excluded", "merged"), ("planned", "kept")]),
    ],
)
def test_a_merge_while_a_campaign_runs_asks_nobody_twice(ours, theirs, left):
    wave, kept, merged = WaveFactory(), CustomerFactory(), CustomerFactory()
    for customer, state in ((kept, ours), (merged, theirs)):
        sent_at = NOON - timedelta(days=9) if state == "sent" else None
        InvitationFactory(wave=wave, customer=customer, state=state, sent_at=sent_at)
    before = standing()

    done = merge(kept=kept, merged=merged, by=None, at=NOON)

    who = {kept.pk: "kept", merged.pk: "merged"}
    invitations = Invitation.objects.order_by("pk")
    assert [(each.state, who[each.customer_id]) for each in invitations] == left
    unmerged = standing()
    plan_reminders(at=NOON)
    asked = Invitation.objects.filter(state="planned")
    assert {who[each.customer_id] for each in asked} <= {"kept"}
    Invitation.objects.filter(state="planned", sent_at__isnull=False).update(state="sent")
    assert standing() == unmerged
    unmerge(merge=done, by=None, at=NOON)
    assert standing() == before


@pytest.mark.django_db
def test_the_link_of_a_merged_customer_answers_for_who_they_are_now():
    first, second, third = (CustomerFactory() for _ in range(3))
    invitation = InvitationFactory(customer=first, is_test=True)
    merge(kept=second, merged=first, by=None, at=NOON)
    merge(kept=third, merged=second, by=None, at=NOON)
    Invitation.objects.filter(pk=invitation.pk).update(customer=first)  # as a parked one stays

    assert find_invitation(invitation.pk).customer_id == third.pk


@pytest.mark.django_db
def test_what_cannot_be_merged_is_refused_and_nothing_changes():
    ana, bo, gone = CustomerFactory(), CustomerFactory(), CustomerFactory(erased_at=NOON)
    merge(kept=ana, merged=bo, by=None, at=NOON)
    before = standing()

    for kept, merged in ((ana, ana), (ana, bo), (bo, ana), (ana, gone), (gone, ana)):
        with pytest.raises(NotMergeable):
            merge(kept=kept, merged=merged, by=None, at=NOON)

    assert standing() == before


@pytest.mark.django_db
def test_a_merge_whose_points_were_spent_stays():
    kept, account = CustomerFactory(), AccountFactory(balance=25)
    done = merge(kept=kept, merged=account.customer, by=None, at=NOON)
    redeem_points(account=Account.objects.get(customer=kept), points=20, source="x", at=NOON)
    before = standing()

    with pytest.raises(NotUndoable, match="spent since"):
        unmerge(merge=done, by=None, at=NOON)

    assert standing() == before


class OnePerson(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.program = ProgramFactory()
        self.told = set()
        self.before = {}
        self.interactions = 0
        self.points = 0

    def teardown(self):
        transaction.savepoint_rollback(self.savepoint)

    def present(self, data):
        people = list(Customer.objects.order_by("pk"))
        return data.draw(st.sampled_from(people)) if people else None

    @rule(words=st.sets(st.sampled_from("abcdef"), min_size=1, max_size=3))
    def tell(self, words):
        resolution = together(*map(mail, sorted(words)))
        if resolution.conflict is None:
            self.told |= words
        self.before.clear()

    @rule(data=st.data(), points=st.integers(1, 50))
    def live(self, data, points):
        if customer := self.present(data):
            InteractionFactory(customer=customer)
            self.interactions += 1
            if not Account.objects.filter(customer=customer).exists():
                AccountFactory(program=self.program, customer=customer, balance=points)
                self.points += points
            self.before.clear()

    @rule(data=st.data())
    def refuse(self, data):
        if customer := self.present(data):
            record_consent(
                customer=customer, purpose="survey", channel="email", state="withdrawn", source="x", at=NOON
            )
            self.before.clear()

    @rule(data=st.data())
    def make_one(self, data):
        kept, merged = self.present(data), self.present(data)
        if kept is None or kept == merged:
            return
        before = standing()
        refused = {each.pk for each in (kept, merged) if each.consents.filter(state="withdrawn").exists()}
        done = merge(kept=kept, merged=merged, by=None, at=NOON)
        assert not refused or kept.consents.filter(state="withdrawn").exists()
        self.before[done.pk] = before

    @rule(data=st.data())
    def make_two(self, data):
        standing_merges = list(Merge.objects.filter(undone_at=None).order_by("pk"))
        if not standing_merges:
            return
        done = data.draw(st.sampled_from(standing_merges))
        try:
            unmerge(merge=done, by=None, at=NOON)
        except NotUndoable:
            return
        if done.pk in self.before and done == standing_merges[-1]:
            assert standing() == self.before[done.pk]
        if done != standing_merges[-1]:
            self.before.clear()

    @invariant()
    def nothing_is_lost(self):
        assert set(Identity.objects.values_list("value", flat=True)) == {
            mail(word).value for word in self.told
        }
        assert Interaction.objects.count() == self.interactions
        assert (Account.objects.aggregate(n=Sum("balance"))["n"] or 0) == self.points
        assert not Identity.objects.exclude(customer__merged_into=None).exists()
        assert not Interaction.objects.exclude(customer__merged_into=None).exists()
        assert not wrong_accounts().exists()


class TestOnePerson(OnePerson.TestCase, TestCase):
    settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
