"""An improvement from an idea to what came of it, and of two people at once one."""

from datetime import date, timedelta

import pytest

from events.models import Event
from followups.improvements import working
from followups.models import Improvement, ImprovementStep
from followups.working.steps import ChangedMeanwhile, NotInThisState
from staff.models import Notification
from tests.conftest import NOON
from tests.factories.followups import ImprovementFactory
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
DUE = date(2026, 4, 1)


def told(improvement):
    return list(improvement.steps.values_list("kind", "author", "text", "at"))


def everything():
    return [
        list(model.objects.order_by("pk").values_list()) for model in (Improvement, ImprovementStep, Event)
    ]


def test_an_improvement_from_an_idea_to_what_came_of_it():
    amra, boris = UserFactory(), UserFactory(first_name="Boris", last_name="Kos")
    improvement = working.propose(title="A second counter", by=amra, at=NOON)

    working.plan(improvement=improvement, by=amra, owner=boris, due_date=DUE, how="Rent one.", at=NOON + DAY)
    working.start(improvement=improvement, by=boris, text="Signed.", at=NOON + 2 * DAY)
    working.finish(
        improvement=improvement, by=boris, done_at=NOON + 3 * DAY, text="It stands.", at=NOON + 5 * DAY
    )
    working.measure(improvement=improvement, by=amra, text="Worth it.", at=NOON + 63 * DAY)

    improvement.refresh_from_db()
    assert (improvement.state, improvement.owner, improvement.due_date, improvement.plan) == (
        "measured",
        boris,
        DUE,
        "Rent one.",
    )
    assert (improvement.done_at, improvement.version) == (NOON + 3 * DAY, 5)
    assert told(improvement) == [
        ("proposed", amra.pk, "", NOON),
        ("planned", amra.pk, "→ Boris Kos", NOON + DAY),
        ("started", boris.pk, "Signed.", NOON + 2 * DAY),
        ("done", boris.pk, "It stands.", NOON + 5 * DAY),
        ("measured", amra.pk, "Worth it.", NOON + 63 * DAY),
    ]
    assert list(Notification.objects.values_list("user", "title", "body", "url")) == [
        (
            boris.pk,
            "Yours to do: A second counter",
            "Rent one.",
            f"/admin/followups/improvement/{improvement.pk}/",
        )
    ]
    assert list(Event.objects.order_by("pk").values_list("type", "subject")) == [
        (f"followups.improvement_{fact}", improvement.pk)
        for fact in ("proposed", "planned", "started", "done", "measured")
    ]


def test_a_declined_one_can_be_taken_up_again():
    amra = UserFactory()
    improvement = ImprovementFactory(state="doing")

    working.decline(improvement=improvement, by=amra, text="Too dear.", at=NOON)
    working.take_up_again(improvement=improvement, by=amra, at=NOON + DAY)

    assert told(improvement) == [
        ("declined", amra.pk, "Too dear.", NOON),
        ("reopened", amra.pk, "", NOON + DAY),
    ]
    assert Improvement.objects.get().state == "proposed"


def plan(improvement, **more):
    user = UserFactory()
    working.plan(improvement=improvement, by=user, owner=user, due_date=DUE, how="So.", at=NOON, **more)


def start(improvement, **more):
    working.start(improvement=improvement, by=UserFactory(), at=NOON, **more)


def finish(improvement, **more):
    working.finish(improvement=improvement, by=UserFactory(), at=NOON, **more)


def measure(improvement, **more):
    working.measure(improvement=improvement, by=UserFactory(), text="?", at=NOON + 90 * DAY, **more)


def decline(improvement, **more):
    working.decline(improvement=improvement, by=UserFactory(), text="No.", at=NOON, **more)


def take_up_again(improvement, **more):
    working.take_up_again(improvement=improvement, by=UserFactory(), at=NOON, **more)


MOVES = {
    plan: {"proposed"},
    start: {"planned"},
    finish: {"doing"},
    measure: {"done"},
    decline: {"proposed", "planned", "doing"},
    take_up_again: {"declined"},
}


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
@pytest.mark.parametrize("state", Improvement.State)
def test_only_what_leads_on_is_taken(move, state):
    improvement = ImprovementFactory(state=state)
    if state in MOVES[move]:
        move(improvement)
        assert Improvement.objects.get().version == 2
        return
    before = everything()

    with pytest.raises(NotInThisState):
        move(improvement)

    assert everything() == before


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.__name__)
def test_of_two_at_once_the_second_changes_nothing(move):
    improvement = ImprovementFactory(state=min(MOVES[move]))
    working.add_note(
        improvement=ImprovementFactory._meta.model.objects.get(), by=UserFactory(), text="!", at=NOON
    )
    before = everything()

    with pytest.raises(ChangedMeanwhile) as refused:
        move(improvement, seen_version=1)

    assert refused.type is ChangedMeanwhile
    assert everything() == before


def test_nothing_is_done_on_a_day_that_is_to_come():
    improvement = ImprovementFactory(state="doing")
    before = everything()

    with pytest.raises(working.NotHappenedYet):
        working.finish(improvement=improvement, by=UserFactory(), done_at=NOON + DAY, at=NOON)

    assert everything() == before


def test_what_came_of_it_is_known_when_the_days_to_compare_are_over():
    improvement = ImprovementFactory(state="done", measured_days=30)
    before = everything()

    with pytest.raises(working.TooEarly) as refused:
        working.measure(improvement=improvement, by=UserFactory(), text="?", at=NOON + 29 * DAY)

    assert refused.value.until == NOON + 30 * DAY
    assert everything() == before


def test_what_is_revised_says_which_parts_changed():
    amra = UserFactory()
    improvement = ImprovementFactory(title="A counter")

    working.revise(improvement=improvement, by=amra, changes={"title": "Two counters", "cost": 900}, at=NOON)
    working.revise(improvement=improvement, by=amra, changes={}, at=NOON)

    assert told(improvement) == [("changed", amra.pk, "title, cost", NOON)]
    assert Improvement.objects.values_list("title", "cost").get() == ("Two counters", 900)
