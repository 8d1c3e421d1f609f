from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.db import transaction

from events import delivery
from events.delivery import NotYet, deliver_batch, deliver_events, prune_events, try_again
from events.leases import claim
from events.models import Event, ReactionRetry
from events.publishing import publish, publish_all
from tests.conftest import NOON

pytestmark = pytest.mark.django_db
seen: list[int] = []


def note(events: Sequence[Event]) -> None:
    seen.extend(event.subject for event in events)


def refuse_seven(events: Sequence[Event]) -> None:
    if any(event.subject == 7 for event in events):
        raise ValueError("seven")


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    seen.clear()
    monkeypatch.setattr(delivery, "reactions", lambda: {"room.happened": (refuse_seven, note)})


def test_each_reaction_sees_each_event_once():
    publish("room.happened", subject=1, at=NOON)
    publish_all("room.happened", subjects=[2, 3], at=NOON)

    assert deliver_events(at=NOON) == 3
    assert deliver_events(at=NOON) == 0
    assert seen == [1, 2, 3]


def test_an_event_of_a_rolled_back_transaction_never_happened():
    with pytest.raises(RuntimeError), transaction.atomic():
        publish("room.happened", subject=1, at=NOON)
        raise RuntimeError

    assert deliver_events(at=NOON) == 0
    assert seen == []


def test_one_bad_event_holds_up_nobody_and_is_tried_again_by_itself():
    publish_all("room.happened", subjects=[6, 7, 8], at=NOON)

    deliver_events(at=NOON)

    assert seen == [6, 7, 8]
    retry = ReactionRetry.objects.get()
    assert (retry.event.subject, retry.reaction, retry.error) == (
        7,
        "tests.events.test_delivery.refuse_seven",
        "ValueError: seven",
    )
    assert retry.due_at == NOON + timedelta(seconds=10)


def test_a_reaction_whose_time_has_not_come_is_tried_again_and_alarms_nobody(monkeypatch, caplog):
    answers = iter([NotYet("later"), NotYet("later"), None])

    def wait(_events: Sequence[Event]) -> None:
        if error := next(answers):
            raise error

    monkeypatch.setattr(delivery, "reactions", lambda: {"room.happened": (wait,)})
    publish("room.happened", subject=1, at=NOON)

    for seconds in (0, 10, 70):
        deliver_events(at=NOON + timedelta(seconds=seconds))

    assert ReactionRetry.objects.get().state == ReactionRetry.State.DONE
    assert caplog.text == ""


def test_a_reaction_that_keeps_failing_is_given_up_and_tried_again_when_staff_asks(monkeypatch):
    publish("room.happened", subject=7, at=NOON)
    at = NOON
    for _ in range(8):
        deliver_events(at=at)
        at += timedelta(days=2)

    retry = ReactionRetry.objects.get()
    assert (retry.state, retry.attempts) == (ReactionRetry.State.GIVEN_UP, 7)

    monkeypatch.setattr(delivery, "reactions", lambda: {"room.happened": (note, mended)})
    ReactionRetry.objects.update(reaction=delivery.name_of(mended))
    assert try_again(retries=[retry.pk], at=at) == 1
    deliver_events(at=at)

    retry.refresh_from_db()
    assert retry.state == ReactionRetry.State.DONE
    assert seen == [7, 7]


def mended(events: Sequence[Event]) -> None:
    note(events)


def test_rows_of_a_living_worker_are_left_alone_and_those_of_a_dead_one_come_back():
    publish("room.happened", subject=1, at=NOON)
    waiting = Event.objects.waiting().order_by("pk")

    assert len(claim(waiting.unleased(), batch=10, lease=timedelta(minutes=1))) == 1
    assert claim(waiting.unleased(), batch=10, lease=timedelta(minutes=1)) == []
    assert deliver_batch(at=NOON) == 0

    Event.objects.update(lease_until=NOON - timedelta(days=365))
    assert deliver_batch(at=NOON) == 1


def test_old_events_are_forgotten_but_not_those_a_reaction_still_owes(settings):
    settings.EVENTS_KEPT = timedelta(days=30)
    publish_all("room.happened", subjects=[1, 7], at=NOON)
    deliver_events(at=NOON)

    assert prune_events(at=NOON + timedelta(days=29)) == 0
    assert prune_events(at=NOON + timedelta(days=31)) == 1
    assert Event.objects.get().subject == 7
