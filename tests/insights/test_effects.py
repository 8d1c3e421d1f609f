"""What came of an improvement: counted before and after, shown only of enough people."""

from datetime import UTC, date, datetime, timedelta

import pytest

from followups.improvements.effects import effect_of
from insights.effects import sides_of
from insights.periods import Period
from insights.rebuilding import rebuild_rollups
from staff.units import create_unit
from surveys.models import Answer, SurveyResponse
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import ImprovementFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.surveys import SurveyFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HIDDEN = "Hidden: fewer than 5 people, or fewer left out, could be recognised."


@pytest.fixture
def counter():
    return TouchpointFactory(name="Counter")


def scored(touchpoint, scores, *, at, survey=None, unit=None):
    """One answer a score, all given at the same time."""
    survey = survey or SurveyFactory(questions=["csat"])
    question = survey.questions.get()
    for score in scores:
        response = SurveyResponse.objects.create(
            survey=survey, touchpoint=touchpoint, customer=CustomerFactory(unit=unit), submitted_at=at,
            score=score, score_kind="csat",
        )  # fmt: skip
        Answer.objects.create(survey_response=response, question=question, score=score)
    return survey


def measured(improvement, *, at=NOON + 60 * DAY):
    rebuild_rollups()
    return effect_of(improvement, at=at)


def said(effect):
    sides = [(side.value, side.interval, side.people) for side in (effect.before, effect.after)]
    return (*sides, effect.difference, effect.interval, effect.verdict, effect.tone, effect.problem)


def improved(touchpoint, **fields):
    return ImprovementFactory(state="done", touchpoint=touchpoint, metric="csat", **fields)


def test_before_and_after_with_n_interval_and_verdict(counter):
    survey = scored(counter, [5] * 16 + [2] * 24, at=NOON - DAY)
    scored(counter, [5] * 32 + [2] * 8, at=NOON, survey=survey)
    scored(counter, [1] * 9, at=NOON - 61 * DAY, survey=survey)
    scored(counter, [1] * 9, at=NOON + 60 * DAY, survey=survey)
    scored(TouchpointFactory(), [1] * 9, at=NOON, survey=survey)

    effect = measured(improved(counter))

    assert said(effect) == (
        ("40%", "26% to 55%", "40 answers"),
        ("80%", "65% to 90%", "40 answers"),
        "+40",
        "+19 to +57",
        "more than chance",
        "good",
        "",
    )
    assert effect.summary == "CSAT: 40% → 80%, +40 (+19 to +57): more than chance"


def test_of_too_few_there_is_no_verdict_and_of_very_few_no_figure(counter):
    survey = scored(counter, [5] * 10 + [2] * 10, at=NOON - DAY)
    scored(counter, [5] * 4, at=NOON, survey=survey)
    few = said(measured(improved(counter)))
    scored(counter, [5] * 4, at=NOON, survey=survey)
    some = said(measured(improved(counter)))

    assert few == (("50%", "30% to 70%", "20 answers"), ("–", "", HIDDEN), "–", "", "", "plain", HIDDEN)
    assert some[2:] == (
        "+50",
        "+12 to +70",
        "fewer than 30 answers on one side: too few to tell it from chance",
        "plain",
        "",
    )


def test_nobody_before_leaves_nothing_to_compare(counter):
    scored(counter, [5] * 8, at=NOON)

    effect = measured(improved(counter))

    assert effect.problem == "Nobody was scored on one of the two sides, so there is nothing to compare."
    assert effect.summary == effect.problem
    assert effect.before.people == "0 answers"


def test_of_a_unit_only_its_customers_count_and_of_a_survey_only_its_answers(counter):
    brand = create_unit(name="Meridian", kind="brand")
    survey = scored(counter, [5] * 30 + [1] * 30, at=NOON - DAY, unit=brand)
    scored(counter, [5] * 40, at=NOON, survey=survey, unit=brand)
    scored(counter, [1] * 20, at=NOON, survey=survey)
    scored(counter, [1] * 20, at=NOON, unit=brand)

    everything = measured(improved(counter))
    narrowed = measured(improved(counter, unit=brand, survey=survey))

    assert (everything.after.value, everything.after.people) == ("50%", "80 answers")
    assert (narrowed.after.value, narrowed.after.people) == ("100%", "40 answers")


def test_before_it_is_done_there_is_nothing():
    assert effect_of(ImprovementFactory(), at=NOON) is None


def test_the_days_are_those_of_the_organisation_and_end_today():
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)

    before, after = sides_of(late, 14, at=late + 3 * DAY)

    assert before.days == 14
    assert (before.end, after.start) == (after.start - DAY, after.start)
    assert after == Period(after.start, after.start + 3 * DAY)
    assert sides_of(NOON, 7, at=NOON + 90 * DAY) == (
        Period(date(2026, 2, 25), date(2026, 3, 3)),
        Period(date(2026, 3, 4), date(2026, 3, 10)),
    )
