from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from events import delivery
from events.delivery import deliver_events
from events.publishing import publish
from insights.checking import check_rollups
from insights.models import DailyInvitations, DailyScore
from insights.reactions import count_scores
from insights.rebuilding import compare_rollups, rebuild_rollups
from insights.rollups import fold_answered, fold_scores
from staff.models import Notification
from surveys.answering.responses import record_response, submit_response
from surveys.campaigns.retrying import retry_invitations
from surveys.models import Invitation, SurveyResponse
from surveys.sending.deliveries import Delivery, note_deliveries
from surveys.sending.shifts import send_due_invitations
from surveys.sending.unsending import announce_unsent
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import InvitationFactory, SurveyFactory, WaveFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def scores():
    """Each row as (day, kind, {score: people})."""
    return [
        (row.day, row.kind, {n: count for n in range(11) if (count := getattr(row, f"n{n}"))})
        for row in DailyScore.objects.order_by("day", "kind", "pk")
    ]


def answer(survey, at=NOON, **given):
    questions = {question.kind: question.pk for question in survey.questions.all()}
    return record_response(
        survey=survey,
        customer=None,
        answers={questions[kind]: value for kind, value in given.items()},
        at=at,
    )


def test_each_score_is_counted_once_and_a_zero_is_a_score():
    survey = SurveyFactory(questions=["nps", "csat", "ces", "comment"])
    answer(survey, nps=0, csat=1, comment="Never again")
    answer(survey, nps=0, ces=7)
    answer(survey, nps=10, comment="Thank you")
    answer(survey, comment="Only words")

    deliver_events(at=NOON)
    deliver_events(at=NOON)

    assert scores() == [
        (date(2026, 3, 4), "ces", {7: 1}),
        (date(2026, 3, 4), "csat", {1: 1}),
        (date(2026, 3, 4), "nps", {0: 2, 10: 1}),
    ]


def test_a_row_says_where_its_scores_came_from():
    touchpoint = TouchpointFactory()
    invitation = InvitationFactory(wave__campaign__survey__touchpoint=touchpoint, language="fa")
    question = invitation.wave.campaign.survey.questions.get(kind="nps")
    submit_response(invitation=invitation, answers={question.pk: 9}, language="fa", at=NOON)

    deliver_events(at=NOON)

    row = DailyScore.objects.get()
    assert (row.question_id, row.campaign_id, row.touchpoint_id, row.channel, row.language, row.n9) == (
        question.pk,
        invitation.wave.campaign_id,
        touchpoint.pk,
        "email",
        "fa",
        1,
    )


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 4, 22, 59, 59, tzinfo=UTC), date(2026, 3, 4)),  # one second before midnight
        (datetime(2026, 3, 4, 23, 0, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 3, 28, 22, 59, tzinfo=UTC), date(2026, 3, 28)),  # the last night of winter time
        (datetime(2026, 3, 29, 21, 59, tzinfo=UTC), date(2026, 3, 29)),  # a day of 23 hours
        (datetime(2026, 3, 29, 22, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), date(2026, 10, 25)),  # a day of 25 hours
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), date(2026, 10, 26)),
    ],
)
def test_the_day_is_the_organisations(moment, day):
    answer(SurveyFactory(), at=moment, nps=5)

    deliver_events(at=moment)

    assert DailyScore.objects.get().day == day
    assert rebuild_rollups(start=day, end=day) == 1
    assert rebuild_rollups(start=day + DAY, end=day + DAY) == 0
    assert compare_rollups() == []


def test_tests_count_nowhere():
    invitation = InvitationFactory(is_test=True)
    question = invitation.wave.campaign.survey.questions.get(kind="nps")
    submit_response(invitation=invitation, answers={question.pk: 1}, language="en", at=NOON)

    deliver_events(at=NOON)
    rebuild_rollups()

    assert SurveyResponse.objects.get().is_test
    assert not DailyScore.objects.exists()
    assert not DailyInvitations.objects.exists()


def asked(day=date(2026, 3, 4)):
    return DailyInvitations.objects.filter(day=day).values_list("language", "asked", "answered")


def send(*invitations, at=NOON, first=True):
    publish(
        "surveys.invitations_sent",
        subject=invitations[0].wave_id,
        at=at,
        invitations=[invitation.pk for invitation in invitations],
        first=first,
    )


def respond(invitation, at=NOON, score=9):
    question = invitation.wave.campaign.survey.questions.get(kind="nps")
    submit_response(invitation=invitation, answers={question.pk: score}, language="en", at=at)


def test_the_response_rate_belongs_to_the_day_of_asking():
    wave = WaveFactory()
    first, second, third = InvitationFactory.create_batch(3, wave=wave, sent_at=NOON)
    send(first, second)
    send(third)
    send(first, second, first=False)
    respond(second, at=NOON + 5 * DAY)
    answer(wave.campaign.survey, at=NOON, nps=3)  # without an invitation: in no response rate

    deliver_events(at=NOON + 5 * DAY)

    assert [*asked()] == [("en", 3, 1)]
    assert DailyInvitations.objects.count() == 1
    assert compare_rollups() == []


def test_excluded_refused_and_unknown_ones_are_neither_asked_nor_answered():
    wave = WaveFactory()
    sent = InvitationFactory(wave=wave, sent_at=NOON)
    unknown = InvitationFactory(wave=wave, sent_at=None, state="unknown")
    for state in ("excluded", "failed"):
        InvitationFactory(wave=wave, sent_at=None, state=state)
    send(sent)
    respond(unknown)

    deliver_events(at=NOON)
    assert [*asked()] == [("en", 1, 0)]

    rebuild_rollups()
    assert [*asked()] == [("en", 1, 0)]


def come_back(invitation):
    key = f"invitation.{invitation.pk}.1"
    note_deliveries([Delivery(channel=invitation.channel, key=key, kind="bounced", at=NOON + DAY)])
    invitation.refresh_from_db()


@pytest.fixture
def two_channels():
    """Three were asked by e-mail at noon, and it is counted; the last has a telephone."""
    wave = WaveFactory(campaign__channels=["email", "sms"])
    people = [IdentityFactory().customer for _each in range(3)]
    IdentityFactory(customer=people[-1], kind="phone", value="+38761222333")
    invitations = [
        InvitationFactory(wave=wave, customer=person, sent_at=NOON, attempts=1) for person in people
    ]
    send(*invitations)
    deliver_events(at=NOON)
    assert [*asked()] == [("en", 3, 0)]
    return invitations


def test_who_is_asked_by_the_next_channel_because_the_first_came_back_was_asked_once(two_channels):
    last = two_channels[-1]

    come_back(last)
    assert (last.state, last.channel) == ("planned", "sms")
    deliver_events(at=NOON + DAY)
    assert [*asked()] == [("en", 2, 0)]
    assert compare_rollups() == []

    send_due_invitations(at=NOON + DAY, channel="sms")
    deliver_events(at=NOON + DAY)

    last.refresh_from_db()
    assert [*asked(), *asked((NOON + DAY).date())] == [("en", 2, 0), ("en", 1, 0)]
    assert last.sent_at == NOON + DAY
    assert compare_rollups() == []


def test_what_came_back_and_leads_nowhere_stays_counted_as_in_the_ledger(two_channels):
    come_back(two_channels[0])

    deliver_events(at=NOON + DAY)

    assert [*asked()] == [("en", 3, 0)]
    assert compare_rollups() == []


def test_what_is_sent_again_by_hand_is_counted_once(two_channels):
    first = two_channels[0]
    Invitation.objects.filter(pk=first.pk).update(state="failed", reason="refused")

    retry_invitations(invitations=[first.pk], by=None, state="failed", at=NOON + DAY)
    deliver_events(at=NOON + DAY)

    assert [*asked()] == [("en", 2, 0)]
    assert compare_rollups() == []


def test_a_rebuild_leaves_to_the_fold_what_is_still_to_be_taken_back(two_channels):
    come_back(two_channels[-1])

    assert compare_rollups() == []
    rebuild_rollups()
    assert [*asked()] == [("en", 3, 0)]

    deliver_events(at=NOON + DAY)
    assert [*asked()] == [("en", 2, 0)]


def test_what_is_to_be_taken_back_before_it_was_counted_waits_until_it_is():
    invitation = InvitationFactory(sent_at=NOON)
    announce_unsent([invitation])
    Invitation.objects.update(sent_at=None, state="planned")
    deliver_events(at=NOON)
    assert [*asked()] == []
    send(invitation)

    deliver_events(at=NOON)
    assert [*asked()] == [("en", 1, 0)]
    deliver_events(at=NOON + DAY)

    assert [*asked()] == [("en", 0, 0)]


def test_who_answers_before_the_hand_over_is_written_down_is_counted():
    invitation = InvitationFactory(sent_at=None, state="sending")
    respond(invitation)
    deliver_events(at=NOON)
    Invitation.objects.update(state="sent", sent_at=NOON)
    send(invitation)

    deliver_events(at=NOON)

    assert [*asked()] == [("en", 1, 1)]
    assert compare_rollups() == []


def test_a_rebuild_leaves_to_the_fold_what_is_still_to_be_folded(monkeypatch):
    invitation, later = InvitationFactory.create_batch(2, wave=WaveFactory(), sent_at=NOON)
    send(invitation)
    respond(invitation)
    deliver_events(at=NOON)
    answer(invitation.wave.campaign.survey, nps=4)
    send(later)
    respond(later, score=2)

    rebuild_rollups()
    assert scores() == [(date(2026, 3, 4), "nps", {9: 1})]
    assert [*asked()] == [("en", 1, 1)]

    deliver_events(at=NOON)
    assert [*asked()] == [("en", 2, 2)]
    assert compare_rollups() == []
    assert sum(sum(counts.values()) for _, _, counts in scores()) == 3


def fail(events):
    raise ValueError("not now")


def test_a_rebuild_leaves_to_the_retry_what_failed(monkeypatch):
    invitation = InvitationFactory(sent_at=NOON)
    fail.__module__, fail.__name__ = "insights.reactions", "count_scores"
    table = delivery.reactions()
    broken = {name: tuple(fail if r is count_scores else r for r in rs) for name, rs in table.items()}
    monkeypatch.setattr(delivery, "reactions", lambda: broken)
    respond(invitation)
    deliver_events(at=NOON)
    monkeypatch.setattr(delivery, "reactions", lambda: table)

    rebuild_rollups()
    assert scores() == []

    deliver_events(at=NOON + DAY)
    assert scores() == [(date(2026, 3, 4), "nps", {9: 1})]
    assert compare_rollups() == []


def test_a_difference_is_told_by_place():
    answer(SurveyFactory(), nps=4)
    deliver_events(at=NOON)
    DailyScore.objects.update(n4=3, n5=1)

    [difference] = compare_rollups()

    assert (difference["day"], difference["n4"], difference["n5"]) == (date(2026, 3, 4), -2, -1)
    call_command("rebuild_rollups", stdout=StringIO())
    assert scores() == [(date(2026, 3, 4), "nps", {4: 1})]
    assert compare_rollups() == []


def test_an_erased_customers_answers_leave_the_figures_at_the_next_rebuild():
    invitation = InvitationFactory(sent_at=NOON)
    send(invitation)
    respond(invitation)
    deliver_events(at=NOON)
    invitation.wave.campaign.responses.all().delete()
    invitation.delete()

    rebuild_rollups()

    assert scores() == []
    assert [*asked()] == []


def test_a_batch_is_folded_by_one_statement_a_table(django_assert_num_queries):
    survey = SurveyFactory()
    for responses in (1, 3):
        pks = [answer(survey, nps=score).pk for score in range(responses)]
        with django_assert_num_queries(1):
            fold_scores(responses=pks)
        with django_assert_num_queries(1):
            fold_answered(responses=pks)


def test_the_nightly_check_puts_figures_right_and_tells_administrators_once():
    boss, _analyst = UserFactory(roles=["Administrators"]), UserFactory(roles=["Analysts"])
    answer(SurveyFactory(), nps=4)
    deliver_events(at=NOON)
    assert check_rollups(at=NOON) == 0
    DailyScore.objects.update(n4=3)

    assert check_rollups(at=NOON) == 1
    assert check_rollups(at=NOON) == 0

    assert scores() == [(date(2026, 3, 4), "nps", {4: 1})]
    notification = Notification.objects.get()
    assert (notification.user, notification.title) == (boss, "Daily figures were put right")
    assert "1 daily figure between 4 March 2026 and 4 March 2026" in notification.body
