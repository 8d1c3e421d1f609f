"""Golden values: METRICS.md for the NPS, Wilson's interval for shares, the textbook's two samples for changes."""

import pytest

from surveys.metrics import Histogram
from surveys.metrics.nps import nps_interval, nps_sample_size
from surveys.metrics.precision import (
    nps_margin,
    nps_sample_size_for_change,
    nps_variance,
    share_margin,
    smallest_nps_change,
    smallest_share_change,
)
from surveys.metrics.shares import wilson_interval


@pytest.mark.parametrize(
    ("n", "typical", "worst"), [(56, 19.93, 25.52), (232, 9.99, 12.79), (935, 5.0, 6.4), (2601, 3.0, 3.84)]
)
def test_so_many_answers_make_an_nps_so_sure(n, typical, worst):
    assert nps_margin(n) == pytest.approx(typical, abs=0.005)
    assert nps_margin(n, variance=1.0) == pytest.approx(worst, abs=0.005)


@pytest.mark.parametrize("margin", [3, 5, 10, 15, 20])
def test_the_margin_is_the_sample_size_read_the_other_way_round(margin):
    n = nps_sample_size(margin)

    assert nps_margin(n) <= margin < nps_margin(n - 1)


def test_how_far_answers_differ_is_read_from_them():
    assert nps_variance(Histogram({9: 50, 8: 30, 3: 20})) == pytest.approx(0.61)
    assert nps_variance(Histogram({9: 50, 3: 50})) == 1.0
    assert nps_variance(Histogram({7: 4})) == 0
    assert nps_variance(Histogram()) is None


def test_ten_points_between_two_waves_take_955_answers_each():
    assert nps_sample_size_for_change(10) == 955
    assert smallest_nps_change(955, before=955) == pytest.approx(10, abs=0.005)
    assert smallest_nps_change(955, before=200) == pytest.approx(16.91, abs=0.005)


def test_half_of_wilsons_interval():
    low, high = wilson_interval(40, 50)

    assert share_margin(50, share=0.8) == pytest.approx((high - low) / 2)
    assert share_margin(50, share=0.8) == pytest.approx(10.9, abs=0.005)
    assert share_margin(1200, share=0.8) == pytest.approx(2.265, abs=0.005)


def test_ten_percent_points_between_two_groups_take_393_answers_each():
    assert smallest_share_change(392, before=392) > 10 > smallest_share_change(393, before=393)


def test_the_interval_shown_later_is_about_as_wide_as_was_promised():
    promised = nps_margin(100)
    low, high = nps_interval(Histogram({9: 50, 8: 30, 3: 20}))

    assert (high - low) / 2 == pytest.approx(promised, abs=0.05)


@pytest.mark.parametrize(
    "nothing",
    [nps_margin(0), share_margin(0), smallest_nps_change(0, before=9), smallest_nps_change(9, before=0),
     smallest_share_change(0, before=9), smallest_share_change(9, before=0)],
)  # fmt: skip
def test_without_answers_there_is_nothing_to_say(nothing):
    assert nothing is None
