from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.metrics import METRICS, Change, Histogram, Interval
from surveys.metrics.means import mean_change, mean_interval, mean_score
from surveys.metrics.nps import (
    WORST_NPS_VARIANCE,
    net_promoter_score,
    nps_change,
    nps_interval,
    nps_sample_size,
    nps_standard_error,
)
from surveys.metrics.scales import DETRACTORS, PASSIVES, PROMOTERS, SATISFIED
from surveys.metrics.shares import (
    difference_interval,
    ease_share,
    proportions_change,
    satisfaction_share,
    share_change,
    share_interval,
    wilson_interval,
)

histograms = st.dictionaries(st.integers(0, 10), st.integers(0, 500)).map(Histogram)
answered = histograms.filter(lambda histogram: histogram.total() > 0)


def nps_of(promoters: int, passives: int, detractors: int) -> Histogram:
    return Histogram({10: promoters, 8: passives, 0: detractors})


def rounded(numbers: tuple[float, ...] | None, places: int = 2) -> tuple[float, ...] | None:
    return None if numbers is None else tuple(round(number, places) for number in numbers)


@pytest.mark.parametrize(
    ("counts", "score", "interval"),
    [
        ((50, 30, 20), 30.0, (14.05, 44.20)),
        ((5, 3, 2), 30.0, (-19.05, 65.20)),
        ((10, 0, 0), 100.0, (47.50, 100.0)),
        ((0, 0, 10), -100.0, (-100.0, -47.50)),
        ((0, 1, 0), 0.0, (-60.01, 60.01)),
    ],
)
def test_nps_and_its_adjusted_wald_interval(counts, score, interval):
    assert net_promoter_score(nps_of(*counts)) == score
    assert rounded(nps_interval(nps_of(*counts))) == interval


def test_nps_standard_error_of_wald():
    assert round(nps_standard_error(nps_of(50, 30, 20)), 2) == 7.81
    assert nps_standard_error(nps_of(10, 0, 0)) == 0


@pytest.mark.parametrize(
    ("before", "after", "z", "p"),
    [
        ((50, 30, 20), (60, 25, 15), 1.372, 0.170),
        ((250, 150, 100), (300, 125, 75), 3.107, 0.0019),
        ((60, 25, 15), (50, 30, 20), -1.372, 0.170),
    ],
)
def test_nps_change_between_two_groups(before, after, z, p):
    change = nps_change(nps_of(*before), nps_of(*after))

    assert (round(change.z, 3), round(change.p, 4 if p < 0.01 else 3)) == (z, p)
    assert change.is_significant is (p < 0.05)


@pytest.mark.parametrize(
    ("margin", "typical", "worst"),
    [(20, 56, 94), (15, 102, 168), (10, 232, 382), (5, 935, 1534), (3, 2601, 4266)],
)
def test_answers_needed_for_a_margin(margin, typical, worst):
    assert nps_sample_size(margin) == typical
    assert nps_sample_size(margin, variance=WORST_NPS_VARIANCE) == worst


@pytest.mark.parametrize(
    ("satisfied", "of", "share", "interval"),
    [
        (960, 1200, 80.0, (77.64, 82.17)),
        (40, 50, 80.0, (66.96, 88.76)),
        (10, 10, 100.0, (72.25, 100.0)),
        (0, 10, 0.0, (0.0, 27.75)),
    ],
)
def test_csat_is_the_share_of_the_top_two_boxes(satisfied, of, share, interval):
    histogram = Histogram({4: satisfied // 2, 5: satisfied - satisfied // 2, 3: of - satisfied})

    assert satisfaction_share(histogram) == share
    assert rounded(share_interval(histogram, SATISFIED)) == interval


def test_csat_and_its_mean_are_two_numbers():
    histogram = Histogram({2: 10, 3: 20, 5: 30})

    assert satisfaction_share(histogram) == 50.0
    assert round(mean_score(histogram), 2) == 3.83
    assert rounded(mean_interval(histogram, range(1, 6))) == (3.52, 4.14)


def test_ces_is_the_share_of_five_to_seven_on_seven():
    assert ease_share(Histogram({7: 1, 6: 1, 5: 1, 4: 1})) == 75.0


def test_shares_and_means_that_differ_and_those_that_do_not():
    half, most = Histogram({3: 50, 4: 50}), Histogram({3: 20, 4: 80})

    assert share_change(half, most, SATISFIED).is_significant
    assert share_change(half, half, SATISFIED) == Change(0.0, 1.0)
    assert share_change(Histogram({5: 3}), Histogram({5: 4}), SATISFIED) == Change(0.0, 1.0)
    assert mean_change(half, most).is_significant
    assert mean_change(Histogram({5: 3}), Histogram({5: 4})) is None


def test_nobody_answered_is_none_everywhere():
    nobody = Histogram()

    assert [metric.estimate(nobody) for metric in METRICS.values()] == [None] * len(METRICS)
    assert [metric.interval(nobody) for metric in METRICS.values()] == [None] * len(METRICS)
    assert [metric.change(nobody, Histogram({5: 9})) for metric in METRICS.values()] == [None] * len(METRICS)
    assert nps_standard_error(nobody) is None
    assert wilson_interval(0, 0) is None


def test_a_zero_is_an_answer():
    assert Histogram.of([0]).total() == 1
    assert net_promoter_score(Histogram.of([0])) == -100.0


def test_fewer_than_nobody_is_refused():
    with pytest.raises(ValueError, match="none can be fewer than zero"):
        Histogram({3: -1})


def test_the_boxes_of_a_definition_lie_on_its_scale():
    assert sorted([*DETRACTORS, *PASSIVES, *PROMOTERS]) == list(range(11))
    for metric in METRICS.values():
        for box in metric.boxes.values():
            assert set(box) <= set(metric.scale)


@given(histograms, histograms)
def test_histograms_add_up_in_any_order(one, other):
    assert one + other == other + one
    assert (one + other).total() == one.total() + other.total()


@given(answered)
def test_every_estimate_lies_in_its_bounds_and_does_not_depend_on_the_size(histogram):
    doubled = histogram + histogram
    for metric in METRICS.values():
        on_scale = Histogram({metric.scale[score % len(metric.scale)]: n for score, n in histogram.items()})
        if not on_scale.total():
            continue
        assert isclose(metric.value(on_scale), metric.value(on_scale + on_scale), abs_tol=1e-9)
    assert -100 <= net_promoter_score(histogram) <= 100
    low, high = nps_interval(histogram)
    wide, narrow = high - low, Interval(*nps_interval(doubled))
    assert -100 <= low < high <= 100
    assert narrow.high - narrow.low <= wide + 1e-9


@given(answered)
def test_turning_the_scale_round_turns_the_interval_round(histogram):
    promoters = sum(histogram[score] for score in PROMOTERS)
    passives = sum(histogram[score] for score in PASSIVES)
    detractors = sum(histogram[score] for score in DETRACTORS)
    there, back = (
        nps_interval(nps_of(promoters, passives, detractors)),
        nps_interval(nps_of(detractors, passives, promoters)),
    )

    assert isclose(there.low, -back.high, abs_tol=1e-9)
    assert isclose(there.high, -back.low, abs_tol=1e-9)


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_wilson_holds_the_share_it_is_about(hits, n):
    hits = min(hits, n)
    low, high = wilson_interval(hits, n)

    assert 0 <= low <= 100 * hits / n <= high <= 100


@given(answered, answered)
def test_a_change_back_is_the_change_with_the_other_sign(before, after):
    there, back = nps_change(before, after), nps_change(after, before)

    assert isclose(there.z, -back.z, abs_tol=1e-12)
    assert isclose(there.p, back.p)


def test_the_difference_of_two_shares_as_newcombe_published_it():
    low, high = difference_interval((48, 80), (56, 70))  # 1998, table II, contrast (a), method 10
    assert (round(low, 2), round(high, 2)) == (5.24, 33.39)
    assert difference_interval((0, 0), (56, 70)) is None


def test_two_shares_by_the_test_of_two_proportions():
    change = proportions_change((56, 70), (48, 80))
    assert (round(change.z, 3), round(change.p, 4)) == (
        -2.641,
        0.0083,
    )  # Campbell 2007: z of Pearson × √((N−1)/N)
    assert change.is_significant
    assert not proportions_change((2, 10), (3, 10)).is_significant
    assert proportions_change((0, 0), (3, 10)) is None
    assert proportions_change((0, 5), (0, 10)) == (0.0, 1.0)
