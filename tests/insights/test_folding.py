"""Whatever happens in whatever order, the folded counts are those a full recount gives."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.delivery import deliver_events
from events.models import Event
from events.publishing import publish
from insights.models import DailyInvitations, DailyScore
from insights.rebuilding import compare_rollups, rebuild_rollups
from insights.rollups import INVITATIONS, SCORES
from surveys.answering.responses import record_response, submit_response
from surveys.models import Invitation, SurveyResponse
from surveys.sending.unsending import announce_unsent
from tests.conftest import NOON
from tests.factories.journeys import TouchpointFactory
from tests.factories.surveys import CampaignFactory, InvitationFactory, SurveyFactory, WaveFactory

pytestmark = pytest.mark.django_db
KINDS = {"nps": st.integers(0, 10), "csat": st.integers(1, 5), "ces": st.integers(1, 7)}
ANSWERS = st.fixed_dictionaries({}, optional=KINDS).filter(bool)
HOURS = st.integers(0, 24 * 40)

ACTIONS = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, 1), HOURS, st.sampled_from(["en", "fa"]), st.booleans()),
    st.tuples(st.just("answer"), st.integers(0, 30), HOURS, ANSWERS),
    st.tuples(st.just("answer_uninvited"), st.integers(0, 1), HOURS, ANSWERS),
    st.tuples(st.just("remind")),
    st.tuples(st.just("come_back"), st.integers(0, 30), HOURS),
    st.tuples(st.just("come_back_before_it_was_told"), st.integers(0, 30)),
    st.tuples(st.just("deliver")),
    st.tuples(st.just("rebuild")),
    st.tuples(st.just("check")),
)


class House:
    def __init__(self):
        surveys = [
            SurveyFactory(questions=[*KINDS, "comment"], touchpoint=TouchpointFactory()) for _ in range(2)
        ]
        self.waves = [WaveFactory(campaign=CampaignFactory(survey=survey)) for survey in surveys]
        self.invitations = []

    def announce(self, invitation, *, first=True):
        publish(
            "surveys.invitations_sent",
            subject=invitation.wave_id,
            at=invitation.sent_at,
            invitations=[invitation.pk],
            customers=[invitation.customer_id],
            touchpoint=None,
            campaign="",
            first=first,
        )

    def ask(self, which, hours, language, is_test):
        sent_at = NOON + timedelta(hours=hours)
        invitation = InvitationFactory(
            wave=self.waves[which], sent_at=sent_at, language=language, is_test=is_test
        )
        self.invitations.append(invitation)
        if not is_test:
            self.announce(invitation)

    def answers_to(self, survey, answers):
        return {question.pk: answers.get(question.kind) for question in survey.questions.all()}

    def answer(self, which, hours, answers):
        if not self.invitations:
            return
        invitation = self.invitations[which % len(self.invitations)]
        invitation = Invitation.objects.select_related("wave__campaign__survey").get(pk=invitation.pk)
        if invitation.answered_at is None:
            submit_response(
                invitation=invitation,
                answers=self.answers_to(invitation.wave.campaign.survey, answers),
                language="en",
                at=NOON + timedelta(hours=hours),
            )

    def answer_uninvited(self, which, hours, answers):
        survey = self.waves[which].campaign.survey
        record_response(
            survey=survey,
            customer=None,
            answers=self.answers_to(survey, answers),
            at=NOON + timedelta(hours=hours),
        )

    def come_back(self, which, hours):
        """After it was counted; then it leaves by the next channel."""
        self.deliver()
        if invitation := self.take_back(which):
            invitation.sent_at = NOON + timedelta(hours=hours)
            Invitation.objects.filter(pk=invitation.pk).update(sent_at=invitation.sent_at)
            self.announce(invitation)

    def come_back_before_it_was_told(self, which):
        """Both are told to the same worker, one behind the other."""
        if self.take_back(which):
            self.deliver()

    def take_back(self, which):
        if not self.invitations:
            return None
        pk = self.invitations[which % len(self.invitations)].pk
        invitation = Invitation.objects.get(pk=pk)
        if invitation.is_test or invitation.answered_at or invitation.sent_at is None:
            return None
        announce_unsent([invitation])
        Invitation.objects.filter(pk=pk).update(sent_at=None)
        return invitation

    def remind(self):
        for invitation in self.invitations[:2]:
            if not invitation.is_test:
                self.announce(invitation, first=False)

    def deliver(self):
        deliver_events(at=NOON)

    def rebuild(self):
        rebuild_rollups()

    def check(self):
        assert compare_rollups() == []


def counted():
    """Without the days on which nobody is left."""
    return [
        sorted(
            row
            for row in rollup.model.objects.values_list(*rollup.columns)
            if any(row[-len(rollup.counts) :])
        )
        for rollup in (SCORES, INVITATIONS)
    ]


def forget():
    for model in (DailyScore, DailyInvitations, Event, SurveyResponse, Invitation):
        model.objects.all().delete()


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(actions=st.lists(ACTIONS, max_size=14))
def test_folding_equals_counting_all(actions):
    forget()
    house = House()
    for name, *details in actions:
        getattr(house, name)(*details)
    house.deliver()
    folded = counted()

    house.check()
    house.rebuild()
    assert counted() == folded


def test_the_recount_covers_every_day_that_holds_something():
    house = House()
    house.ask(0, 0, "en", False)
    house.answer(0, 24 * 400, {"nps": 10})
    deliver_events(at=NOON)
    folded = counted()
    DailyScore.objects.all().delete()
    DailyInvitations.objects.all().delete()

    rebuild_rollups()

    assert counted() == folded
    assert DailyScore.objects.get().day == date(2027, 4, 8)
