from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from events.models import Event
from followups.models import FollowUp, Message
from staff.models import User
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpFactory, RootCauseFactory
from tests.factories.staff import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
State = FollowUp.State


def address(follow_up: FollowUp, step: str = "") -> str:
    return f"/api/v1/follow-ups/{follow_up.pk}/{step}"


def test_a_program_closes_the_loop(api):
    follow_up = FollowUpFactory(score=2)
    cause = RootCauseFactory()
    person = User.objects.get()

    assert api.post(address(follow_up, "take/")).json()["owner"] == person.pk
    assert api.post(address(follow_up, "note/"), {"text": "Called twice."}).status_code == 200
    assert api.post(address(follow_up, "contact/"), {"text": "Reached."}).json()["state"] == "contacted"
    page = api.post(address(follow_up, "resolve/"), {"root_cause": cause.pk, "outcome": "solved"})

    assert (page.json()["state"], page.json()["outcome"], page.json()["version"]) == ("resolved", "solved", 5)
    assert [(step["kind"], step["author"], step["text"]) for step in page.json()["steps"]] == [
        ("taken", person.pk, ""),
        ("note", person.pk, "Called twice."),
        ("contact", person.pk, "Reached."),
        ("resolved", person.pk, ""),
    ]
    assert Event.objects.filter(type="followups.follow_up_resolved", subject=follow_up.pk).count() == 1


def test_a_program_waits_for_a_customer_goes_on_and_changes_the_priority(api):
    follow_up = FollowUpFactory()
    later = timezone.now() + timedelta(days=3)

    too_early = api.post(address(follow_up, "wait/"))
    api.post(address(follow_up, "contact/"))
    over = api.post(address(follow_up, "wait/"), {"until": NOON.isoformat()})
    waits = api.post(address(follow_up, "wait/"), {"until": later.isoformat(), "text": "Sends a photo."})
    goes_on = api.post(address(follow_up, "go_on/"))
    urgent = api.post(address(follow_up, "prioritise/"), {"priority": 1})

    assert (too_early.status_code, too_early.json()["code"]) == (409, "not_in_this_state")
    assert (over.status_code, over.json()["code"]) == (400, "in_the_past")
    assert waits.json()["state"] == "waiting"
    assert datetime.fromisoformat(waits.json()["wakes_at"]) == later
    assert (goes_on.json()["state"], goes_on.json()["wakes_at"]) == ("contacted", None)
    assert urgent.json()["priority"] == 1
    assert urgent.json()["due_at"] == urgent.json()["resolve_due_at"]


def test_what_is_resolved_stays_resolved(api):
    follow_up = FollowUpFactory(state=State.RESOLVED, resolved_at=NOON)

    page = api.post(address(follow_up, "contact/"))

    assert (page.status_code, page.json()) == (
        409,
        {"status": 409, "code": "already_resolved", "detail": "The follow-up is resolved."},
    )
    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.steps.count()) == (State.RESOLVED, 0)


def test_of_two_who_change_it_the_second_is_told(api):
    follow_up = FollowUpFactory()
    seen = api.get(address(follow_up)).json()["version"]
    api.post(address(follow_up, "note/"), {"text": "First.", "seen_version": seen})

    page = api.post(address(follow_up, "note/"), {"text": "Second.", "seen_version": seen})

    assert (page.status_code, page.json()["code"]) == (409, "changed_meanwhile")
    assert follow_up.steps.count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"outcome": "solved"}, "root_cause"),
        ({"outcome": "solved", "root_cause": 10**12}, "root_cause"),
        ({"outcome": "fine"}, "outcome"),
        ({"outcome": "solved", "state": "open"}, "root_cause"),
    ],
)
def test_it_is_resolved_with_a_cause_and_an_outcome_we_know(api, given, field):
    follow_up = FollowUpFactory()

    page = api.post(address(follow_up, "resolve/"), given)

    assert (page.status_code, field in page.json()["errors"]) == (400, True)
    follow_up.refresh_from_db()
    assert follow_up.state == State.OPEN


def test_what_stands_below_a_cause_out_of_use_is_out_of_use(api):
    follow_up = FollowUpFactory()
    cause = RootCauseFactory(parent=RootCauseFactory(is_active=False))

    page = api.post(address(follow_up, "resolve/"), {"root_cause": cause.pk, "outcome": "solved"})

    assert (page.status_code, "root_cause" in page.json()["errors"]) == (400, True)


def test_the_list_is_filtered(api):
    mine = FollowUpFactory(owner=User.objects.get(), due_at=NOON - timedelta(days=1))
    late = FollowUpFactory(due_at=NOON - timedelta(days=400))
    done = FollowUpFactory(state=State.RESOLVED, due_at=NOON - timedelta(days=400))

    def found(query: str) -> set[int]:
        return {row["id"] for row in api.get(f"/api/v1/follow-ups/?{query}").json()["results"]}

    assert found("") == {mine.pk, late.pk, done.pk}
    assert found("state=resolved") == {done.pk}
    assert found(f"owner={mine.owner_id}") == {mine.pk}
    assert found(f"team={late.team_id}") == {late.pk}
    assert found("is_overdue=true") == {mine.pk, late.pk}
    assert found("is_overdue=false") == {done.pk}


def test_a_program_opens_one_and_what_it_writes_again_joins_it(api):
    customer, team = CustomerFactory(), TeamFactory()
    typed = {"customer": customer.pk, "team": team.pk, "text": "Shouted at the robot."}

    opened = api.post("/api/v1/follow-ups/", typed)
    again = api.post("/api/v1/follow-ups/", {**typed, "text": "And again."})

    follow_up = FollowUp.objects.get()
    assert (opened.status_code, again.status_code) == (201, 200)
    assert (opened.json()["source"], opened.json()["summary"], opened.json()["owner"]) == (
        "by_hand",
        "Shouted at the robot.",
        None,
    )
    assert [step["text"] for step in again.json()["steps"]] == ["", "And again."]
    assert follow_up.customer == customer


def test_whose_customer_the_owner_may_not_see_is_opened_for_nobody(api):
    sarajevo = create_unit(
        name="Sarajevo", kind="location", parent=create_unit(name="Meridian", kind="brand")
    )
    limited = UserFactory(roles=["Support"], unit=sarajevo)
    team = TeamFactory(members=[limited])

    page = api.post(
        "/api/v1/follow-ups/",
        {"customer": CustomerFactory().pk, "team": team.pk, "owner": limited.pk, "text": "Hello"},
    )

    assert (page.status_code, page.json()["code"]) == (400, "out_of_sight")
    assert FollowUp.objects.count() == 0


def test_a_program_writes_to_the_customer_and_reads_the_conversation(api):
    follow_up = FollowUpFactory()
    IdentityFactory(customer=follow_up.customer, value="amina@customers.example")
    given = {"subject": "Sorry", "text": "We are sorry."}

    pages = [
        api.post(address(follow_up, "reply/"), given, headers={"Idempotency-Key": "once"}) for _n in range(3)
    ]

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert Message.objects.count() == 1
    shown = api.get(address(follow_up)).json()
    (message,) = shown["messages"]
    assert (shown["state"], [step["kind"] for step in shown["steps"]]) == ("contacted", ["replied"])
    assert {name: message[name] for name in ("direction", "channel", "address", "text", "state")} == {
        "direction": "out",
        "channel": "email",
        "address": "amina@customers.example",
        "text": "We are sorry.",
        "state": "waiting",
    }
    assert (message["is_automatic"], message["author"]) == (False, User.objects.get().pk)


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"text": "Hi"}, 409, "not_their_address"),
        ({"text": "Hi", "channel": "app"}, 400, "invalid"),
        ({"text": ""}, 400, "invalid"),
        ({"text": "Hi", "seen_version": 9, "channel": "sms"}, 409, "changed_meanwhile"),
        ({"text": "Hi", "to": "x"}, 400, "invalid"),
    ],
)
def test_a_reply_that_cannot_leave_changes_nothing(api, given, status, code):
    follow_up = FollowUpFactory()
    IdentityFactory(customer=follow_up.customer, kind="phone", value="+38761234567")

    page = api.post(address(follow_up, "reply/"), given)

    follow_up.refresh_from_db()
    assert (page.status_code, page.json()["code"]) == (status, code)
    assert (follow_up.state, Message.objects.count()) == ("open", 0)
