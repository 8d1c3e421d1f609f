import pytest

from surveys.metrics.response_rates import (
    Dispositions,
    completion_rate,
    contact_rate,
    refusal_rate,
    response_rate,
    response_rate_interval,
)

EVERYTHING = Dispositions(complete=50, partial=10, refusal=20, non_contact=100, other=5, unknown=15)


@pytest.mark.parametrize(
    ("people", "rate"),
    [
        (EVERYTHING, 30.0),  # RR2 = 60 / 200 (AAPOR, Standard Definitions)
        (Dispositions(complete=960, non_contact=240), 80.0),
        (Dispositions(non_contact=7), 0.0),
        (Dispositions(), None),
    ],
)
def test_the_response_rate_is_rr2(people, rate):
    assert response_rate(people) == rate


@pytest.mark.parametrize(
    ("people", "refused", "reached"),
    [
        (EVERYTHING, 10.0, 42.5),  # REF1 = 20 / 200, CON1 = (60 + 20 + 5) / 200 (AAPOR, Standard Definitions)
        (Dispositions(complete=960, non_contact=240), 0.0, 80.0),
        (Dispositions(refusal=1, unknown=3), 25.0, 25.0),
        (Dispositions(non_contact=7), 0.0, 0.0),
        (Dispositions(), None, None),
    ],
)
def test_the_refusal_and_contact_rates_are_ref1_and_con1(people, refused, reached):
    assert (refusal_rate(people), contact_rate(people)) == (refused, reached)


def test_its_interval_is_wilsons():
    low, high = response_rate_interval(Dispositions(complete=960, non_contact=240))
    assert (round(low, 2), round(high, 2)) == (77.64, 82.17)
    assert response_rate_interval(Dispositions()) is None


def test_completion_is_of_those_who_answered():
    assert completion_rate(EVERYTHING) == pytest.approx(100 * 50 / 60)
    assert completion_rate(Dispositions(refusal=3)) is None
