"""How much a metric changed, and whether chance explains it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.metrics import HEADLINES, METRICS, SCALES, Histogram
from surveys.metrics.differences import difference_of
from surveys.metrics.shares import difference_interval

NPS, CSAT = METRICS["nps"], METRICS["csat"]


def nps(promoters, passives, detractors):
    return Histogram({10: promoters, 8: passives, 2: detractors})


def csat(satisfied, others):
    return Histogram({5: satisfied, 2: others})


def test_a_share_changes_by_newcombes_interval():
    found = difference_of(CSAT, csat(40, 60), csat(70, 30))

    newcombe = difference_interval((40, 100), (70, 100))
    assert found.value == pytest.approx(30.0)
    assert found.interval == pytest.approx(newcombe)
    assert found.is_more_than_chance is True


def test_the_nps_changes_by_the_intervals_of_its_two_sides():
    found = difference_of(NPS, nps(50, 30, 20), nps(60, 25, 15))

    assert found.before.interval == pytest.approx((14.05, 44.20), abs=0.01)
    assert found.value == pytest.approx(15.0)
    assert found.interval == pytest.approx((-6.14, 35.60), abs=0.01)
    assert found.is_more_than_chance is False  # golden: z 1.372, p 0.170


@pytest.mark.parametrize(
    ("before", "after", "shown", "verdict"),
    [
        (csat(0, 0), csat(50, 0), (False, True), None),
        (csat(2, 2), csat(50, 0), (False, True), None),
        (csat(2, 3), csat(50, 0), (True, True), None),
        (csat(2, 27), csat(50, 0), (True, True), None),
        (csat(2, 28), csat(50, 0), (True, True), True),
        (csat(15, 15), csat(15, 15), (True, True), False),
    ],
)
def test_of_few_people_nothing_is_shown_and_of_some_no_verdict(before, after, shown, verdict):
    found = difference_of(CSAT, before, after)

    assert (found.before is not None, found.after is not None) == shown
    assert found.is_hidden is not all(shown)
    assert (found.interval is None) is found.is_hidden
    assert found.is_more_than_chance is verdict


@st.composite
def two_groups(draw):
    metric = draw(st.sampled_from(sorted(HEADLINES.values(), key=lambda each: each.id)))
    people = st.dictionaries(st.sampled_from(SCALES[metric.question_kind]), st.integers(0, 400))
    return metric, Histogram(draw(people)), Histogram(draw(people))


@given(two_groups())
def test_the_interval_holds_the_difference_and_turns_round_with_the_groups(groups):
    metric, before, after = groups
    there, back = difference_of(metric, before, after), difference_of(metric, after, before)

    if there.is_hidden:
        assert min(before.total(), after.total()) < 5
        return
    assert there.interval.low <= there.value + 1e-9
    assert there.value - 1e-9 <= there.interval.high
    assert back.value == pytest.approx(-there.value, abs=1e-9)
    assert back.interval == pytest.approx((-there.interval.high, -there.interval.low), abs=1e-9)
    if there.is_more_than_chance:
        assert there.interval.low > 0 or there.interval.high < 0
