"""The daily counts and the single answers say the same, however they are cut."""

import itertools
from datetime import date, timedelta

import pytest
from django.db import connection

from customers.models import Customer
from events.delivery import deliver_events
from insights.models import DailyScore
from insights.patience import TookTooLong, at_most
from insights.periods import Period
from insights.privacy import Cell, shown_steps
from insights.rebuilding import rebuild_rollups
from insights.scores import Rate, Slice, count_answers, count_days, daily_cells, response_rates, total
from insights.touchpoints import Figure, figures
from surveys.answering.responses import record_response
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, SegmentFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.surveys import (
    AnswerFactory,
    CampaignFactory,
    InvitationFactory,
    SurveyFactory,
    SurveyResponseFactory,
    WaveFactory,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def answer(survey, customer, score, *, at=NOON, **fields):
    question = survey.questions.exclude(kind="comment").get()
    response = SurveyResponseFactory(
        survey=survey, customer=customer, submitted_at=at, score=score, score_kind=question.kind, **fields
    )
    AnswerFactory(survey_response=response, question=question, score=score)


def test_both_ways_of_counting_agree_in_every_slice():
    customer, shop, app = CustomerFactory(), TouchpointFactory(), TouchpointFactory()
    surveys = [SurveyFactory(questions=[kind]) for kind in ("nps", "csat")]
    campaigns = [CampaignFactory(survey=survey) for survey in surveys]
    places = itertools.product(range(2), (shop, app, None), ("en", "fa"), (None, "campaign"))
    for n, (which, touchpoint, language, campaign) in enumerate(places):
        answer(
            surveys[which],
            customer,
            n % 6,
            at=NOON + n * DAY / 3,
            touchpoint=touchpoint,
            language=language,
            campaign=campaigns[which] if campaign else None,
        )
    rebuild_rollups()

    slices = [
        Slice(touchpoint=touchpoint, language=language, survey=survey, campaign=campaign)
        for touchpoint in (None, shop.pk)
        for language in ("", "fa")
        for survey in (None, surveys[1].pk)
        for campaign in (None, campaigns[1].pk)
    ]
    for where in slices:
        from_counts = count_days(period=MARCH, where=where)
        from_answers = count_answers(period=MARCH, where=where, of=Customer.objects.all())
        assert from_counts == from_answers
    assert total(count_days(period=MARCH, where=Slice()), kind="csat", period=MARCH).n == 12


def test_a_slice_knows_how_many_it_leaves_out():
    shop, survey = TouchpointFactory(), SurveyFactory(questions=["nps"])
    for touchpoint, language, people in ((shop, "fa", 3), (shop, "en", 2), (None, "fa", 1)):
        for _ in range(people):
            answer(survey, None, 10, touchpoint=touchpoint, language=language)
    rebuild_rollups()

    cells = count_days(period=MARCH, where=Slice(touchpoint=shop.pk, language="fa"))

    cell = total(cells, kind="nps", period=MARCH)
    assert (cell.n, cell.wider) == (3, (4, 5))  # without the touchpoint, without the language


def test_a_segment_is_counted_once_in_its_days():
    survey = SurveyFactory(questions=["nps"])
    persian = CustomerFactory(language="fa")
    segment = SegmentFactory(rule={"field": "language", "op": "is", "value": "fa"})
    answer(survey, persian, 0)
    answer(survey, persian, 0, at=NOON + DAY)
    answer(survey, CustomerFactory(), 10)
    answer(survey, None, 10, at=NOON + 2 * DAY)
    rebuild_rollups()

    cells = daily_cells(period=MARCH, where=Slice(segment=segment), at=NOON)

    cell = total(cells, kind="nps", period=MARCH)
    assert (dict(cell.histogram), cell.wider) == ({0: 2}, (4,))


def test_response_rates_of_two_periods_by_slice():
    wave = WaveFactory(campaign=CampaignFactory(survey=SurveyFactory(touchpoint=TouchpointFactory())))
    other = WaveFactory()
    persian = CustomerFactory(language="fa")
    for at, many in ((NOON, 3), (NOON - 31 * DAY, 2)):
        invitations = InvitationFactory.create_batch(many, wave=wave, sent_at=at, customer__language="en")
        SurveyResponseFactory(survey=wave.campaign.survey, invitation=invitations[0], submitted_at=at)
    InvitationFactory(wave=other, sent_at=NOON, language="fa", customer=persian)
    segment = SegmentFactory(rule={"field": "language", "op": "is", "value": "en"})
    rebuild_rollups()

    def rates(**where):
        return response_rates(period=MARCH, where=Slice(**where), at=NOON)

    assert rates() == (Rate(4, 1), Rate(2, 1))
    assert rates(language="fa") == (Rate(1, 0), Rate(0, 0))
    assert rates(campaign=wave.campaign_id) == (Rate(3, 1), Rate(2, 1))
    assert rates(survey=other.campaign.survey_id) == (Rate(1, 0), Rate(0, 0))
    assert rates(touchpoint=wave.campaign.survey.touchpoint_id) == (Rate(3, 1), Rate(2, 1))
    assert rates(segment=segment) == (Rate(3, 1), Rate(2, 1))
    assert rates(segment=segment, campaign=other.campaign_id) == (Rate(0, 0), Rate(0, 0))


def test_touchpoints_have_figures_in_one_query(django_assert_num_queries):
    shop, app, quiet = TouchpointFactory(), TouchpointFactory(), TouchpointFactory()
    nps, ces = SurveyFactory(questions=["nps"]), SurveyFactory(questions=["ces"])
    for _ in range(20):
        answer(nps, None, 10, touchpoint=shop)
        answer(ces, None, 1, touchpoint=shop)
    for _ in range(4):
        answer(nps, None, 0, touchpoint=app)
    rebuild_rollups()

    with django_assert_num_queries(1):
        found = figures([shop.pk, app.pk, quiet.pk], MARCH.start, MARCH.end)

    assert found == {
        shop.pk: [
            Figure("NPS", "100", "70 to 100", 20, "good"),
            Figure("CES", "0%", "0% to 16%", 20, "bad"),
        ],
        app.pk: [Figure("NPS", "–", "fewer than 5 answers", 4, "plain")],
    }


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        ([5, 6, 7], [True, True, True]),
        ([0, 9], [True, True]),
        ([4, 9, 7], [False, True, False]),  # the four would be the total less the others
        ([3, 2, 9], [False, False, True]),
        ([2], [False]),
        ([], []),
    ],
)
def test_what_is_hidden_of_a_series_cannot_be_worked_out(people, shown):
    assert shown_steps([Cell((n,)) for n in people]) == shown


@pytest.mark.parametrize(
    ("days", "step", "steps", "first", "last"),
    [
        (7, "day", 7, "2026-02-26 2026-02-26", "2026-03-04 2026-03-04"),
        (14, "day", 14, "2026-02-19 2026-02-19", "2026-03-04 2026-03-04"),
        (30, "week", 5, "2026-02-03 2026-02-04", "2026-02-26 2026-03-04"),
        (90, "week", 13, "2025-12-05 2025-12-10", "2026-02-26 2026-03-04"),
        (365, "month", 13, "2025-03-05 2025-03-31", "2026-03-01 2026-03-04"),
    ],
)
def test_a_period_is_cut_into_steps_without_gaps(days, step, steps, first, last):
    period = Period.last(days, today=NOON.date())
    cut = period.steps()

    assert (period.days, period.step, len(cut)) == (days, step, steps)
    assert [f"{cut[0].start} {cut[0].end}", f"{cut[-1].start} {cut[-1].end}"] == [first, last]
    assert all(after.start == before.end + DAY for before, after in itertools.pairwise(cut))
    assert period.before == Period(period.start - days * DAY, period.start - DAY)


def test_a_query_that_takes_too_long_is_stopped():
    forever = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"

    with pytest.raises(TookTooLong), at_most(0.2), connection.cursor() as cursor:
        cursor.execute(forever)

    assert not DailyScore.objects.exists()


def test_an_answer_moves_the_figures_as_soon_as_it_is_delivered():
    survey = SurveyFactory(questions=["nps"])
    question = survey.questions.get()
    for score in (0, 0, 10, 10, 10):
        record_response(survey=survey, customer=None, answers={question.pk: score}, at=NOON)

    deliver_events(at=NOON)

    cell = total(daily_cells(period=MARCH, where=Slice(), at=NOON), kind="nps", period=MARCH)
    assert dict(cell.histogram) == {0: 2, 10: 3}
