from datetime import timedelta

import pytest

from events.models import Event
from followups.models import FollowUp
from followups.working.escalation import escalate_overdue
from followups.working.steps import (
    AlreadyResolved,
    ChangedMeanwhile,
    OutOfSight,
    add_note,
    hand_over,
    record_contact,
    reopen,
    resolve,
    take,
)
from staff.models import Notification, StaffMail
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.followups import FollowUpFactory, RootCauseFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


def test_nobody_gets_a_customer_they_may_not_see():
    brand = create_unit(name="Meridian", kind="brand")
    limited = UserFactory(unit=create_unit(name="Sarajevo", kind="location", parent=brand))
    follow_up = FollowUpFactory(owner=UserFactory())

    with pytest.raises(OutOfSight):
        hand_over(follow_up=follow_up, to=limited, by=None, at=NOON)

    follow_up.refresh_from_db()
    assert (follow_up.owner == limited, follow_up.version, follow_up.steps.count()) == (False, 1, 0)


def announced():
    return list(Event.objects.order_by("pk").values_list("type", flat=True))


def test_the_whole_life_of_a_follow_up():
    amra, boris, cause = UserFactory(), UserFactory(), RootCauseFactory()
    follow_up = FollowUpFactory()

    take(follow_up=follow_up, by=amra, at=NOON)
    hand_over(follow_up=follow_up, to=boris, by=amra, text="Yours", at=NOON)
    record_contact(follow_up=follow_up, by=boris, text="Called", at=LATER)
    record_contact(follow_up=follow_up, by=boris, text="Called again", at=LATER + timedelta(days=1))
    resolve(follow_up=follow_up, by=boris, root_cause=cause, outcome="solved", at=LATER + timedelta(days=2))
    reopen(follow_up=follow_up, by=amra, text="Came back", at=LATER + timedelta(days=3))

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.owner, follow_up.contacted_at) == ("open", boris, None)
    assert list(follow_up.legs.values_list("number", "contacted_at", "outcome")) == [(1, LATER, "solved")]
    assert (follow_up.outcome, follow_up.resolved_at, follow_up.version) == ("", None, 7)
    assert list(follow_up.steps.values_list("kind", "author", "text")) == [
        ("taken", amra.pk, ""),
        ("handed_over", amra.pk, f"→ {boris}\nYours"),
        ("contact", boris.pk, "Called"),
        ("contact", boris.pk, "Called again"),
        ("resolved", boris.pk, ""),
        ("reopened", amra.pk, "Came back"),
    ]
    assert announced() == [
        "followups.follow_up_taken",
        "followups.follow_up_handed_over",
        "followups.follow_up_contacted",
        "followups.follow_up_contacted",
        "followups.follow_up_resolved",
        "followups.follow_up_reopened",
    ]


def test_of_two_who_take_it_one_wins():
    amra, boris = UserFactory(), UserFactory()
    follow_up = FollowUpFactory()
    same = FollowUp.objects.get()

    take(follow_up=follow_up, by=amra, at=NOON)
    with pytest.raises(ChangedMeanwhile):
        take(follow_up=same, by=boris, at=NOON)

    assert FollowUp.objects.get().owner == amra
    assert follow_up.steps.count() == 1
    assert announced() == ["followups.follow_up_taken"]


def test_a_resolved_one_must_be_opened_again_first_but_takes_notes():
    follow_up = FollowUpFactory(state="resolved", resolved_at=NOON)

    with pytest.raises(AlreadyResolved):
        record_contact(follow_up=follow_up, by=UserFactory(), at=NOON)
    add_note(follow_up=follow_up, by=UserFactory(), text="They wrote to thank us", at=NOON)

    assert list(follow_up.steps.values_list("kind", flat=True)) == ["note"]


def test_who_contacts_or_resolves_what_nobody_owned_owns_it():
    amra = UserFactory()
    contacted, resolved = FollowUpFactory(), FollowUpFactory()

    record_contact(follow_up=contacted, by=amra, at=NOON)
    resolve(follow_up=resolved, by=amra, root_cause=RootCauseFactory(), outcome="not_reached", at=NOON)

    assert contacted.owner == resolved.owner == amra


def test_an_outcome_that_does_not_exist_changes_nothing():
    follow_up = FollowUpFactory()

    with pytest.raises(ValueError, match="nonsense"):
        resolve(
            follow_up=follow_up, by=UserFactory(), root_cause=RootCauseFactory(), outcome="nonsense", at=NOON
        )

    assert FollowUp.objects.get().state == "open"


def test_handed_there_and_back_each_is_told_each_time():
    amra, boris = UserFactory(), UserFactory()
    follow_up = FollowUpFactory(owner=amra)

    hand_over(follow_up=follow_up, to=boris, by=amra, at=NOON)
    hand_over(follow_up=follow_up, to=amra, by=boris, at=NOON)
    hand_over(follow_up=follow_up, to=boris, by=amra, at=NOON)

    assert Notification.objects.filter(user=boris).count() == 2
    assert StaffMail.objects.filter(user=amra).count() == 1


def test_escalating_does_not_disturb_who_is_writing():
    follow_up = FollowUpFactory(due_at=NOON)
    escalate_overdue(at=LATER)

    add_note(follow_up=follow_up, by=UserFactory(), text="On it", at=LATER)

    assert list(follow_up.steps.values_list("kind", flat=True)) == ["escalated", "note"]
