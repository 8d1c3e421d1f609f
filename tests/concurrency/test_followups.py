"""Two people, or two workers, at the same time, each with a connection of their own."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from events.models import Event
from followups import noticing, opening
from followups.models import FollowUp, FollowUpStep, NotCalled
from followups.reactions import open_if_unhappy
from followups.working.escalation import escalate_overdue
from followups.working.steps import ChangedMeanwhile, take
from staff.models import Notification
from tests.conftest import NOON
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import SurveyResponseFactory

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works):
    """Run all `works` at the same moment; returns what each returned or raised."""
    start = Barrier(len(works))

    def run(work):
        try:
            start.wait()
            return work()
        except ChangedMeanwhile as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_of_two_people_who_take_one_at_once_one_wins():
    people = UserFactory.create_batch(2)
    FollowUpFactory()
    seen = [FollowUp.objects.get() for _ in people]

    outcomes = at_once(
        *(
            lambda follow_up=follow_up, by=by: take(follow_up=follow_up, by=by, at=NOON)
            for follow_up, by in zip(seen, people, strict=True)
        )
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ChangedMeanwhile", "NoneType"]
    winner = people[[isinstance(outcome, ChangedMeanwhile) for outcome in outcomes].index(False)]
    assert FollowUp.objects.get().owner == winner
    assert FollowUpStep.objects.get().author == winner


def test_workers_at_once_open_each_follow_up_once_and_share_the_turns():
    rule = FollowUpRuleFactory(team=TeamFactory(members=UserFactory.create_batch(4)))
    responses = SurveyResponseFactory.create_batch(40, survey=rule.survey, score=1)
    events = [Event(subject=response.pk, at=NOON) for response in responses]

    at_once(
        lambda: open_if_unhappy(events[:20]),
        lambda: open_if_unhappy(events[20:]),
        lambda: open_if_unhappy(events[10:30]),
    )

    assert FollowUp.objects.count() == 40
    assert set(Counter(FollowUp.objects.values_list("owner", flat=True)).values()) == {10}


def test_sweeps_at_once_escalate_once():
    rule = FollowUpRuleFactory(team=TeamFactory(lead=UserFactory()))
    FollowUpFactory.create_batch(10, rule=rule, due_at=NOON)
    later = NOON + timedelta(hours=1)

    done = at_once(*[lambda: escalate_overdue(at=later)] * 3)

    assert sum(done) == 10
    assert FollowUpStep.objects.count() == Notification.objects.count() == 10


def test_who_gives_places_and_who_opens_never_wait_for_each_other(monkeypatch):
    rule = FollowUpRuleFactory(survey=None, threshold=None, policy="capacity", daily_capacity=1)
    waiting = SurveyResponseFactory(score=1)
    another = SurveyResponseFactory(score=1, customer=waiting.customer)
    rule.not_called.create(
        customer=waiting.customer, survey_response=waiting, reason="waiting", severity=0.9, at=NOON
    )
    counted, locked = noticing.free_places, opening.lock_rules
    monkeypatch.setattr(noticing, "free_places", lambda *args, **named: slowly(counted, *args, **named))
    monkeypatch.setattr(opening, "lock_rules", lambda pks: slowly(locked, pks))

    def answer():
        with transaction.atomic():  # as the delivery of events does
            open_if_unhappy([Event(subject=another.pk, at=NOON)])

    at_once(lambda: noticing.call_who_waits(at=NOON), answer)

    follow_up = FollowUp.objects.get()
    assert follow_up.customer == waiting.customer  # whoever came first
    assert NotCalled.objects.count() + follow_up.joined.count() == 1


def slowly(work, *args, **named):
    time.sleep(0.3)
    return work(*args, **named)
