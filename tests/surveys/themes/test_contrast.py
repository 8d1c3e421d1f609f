import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.themes.contrast import (
    BLACK,
    WHITE,
    NotAColour,
    adjusted,
    contrast,
    luminance,
    mixed,
    readable_on,
    with_lightness,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def by_the_book(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio" and "relative luminance", word by word."""

    def relative_luminance(colour: str) -> float:
        linear = []
        for at in (1, 3, 5):
            srgb = int(colour[at : at + 2], 16) / 255
            linear.append(srgb / 12.92 if srgb <= 0.04045 else ((srgb + 0.055) / 1.055) ** 2.4)
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lights = [relative_luminance(one), relative_luminance(other)]
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        (BLACK, WHITE, 21.0),
        (WHITE, WHITE, 1.0),
        ("#777777", WHITE, 4.48),
        ("#767676", WHITE, 4.54),
        ("#ff0000", WHITE, 4.0),
    ],
)
def test_contrast_of_well_known_pairs(one, other, ratio):
    assert round(contrast(one, other), 2) == ratio


@settings(deadline=None)
@given(COLOURS, COLOURS)
def test_contrast_is_the_formula_of_wcag_and_the_same_both_ways(one, other):
    assert contrast(one, other) == pytest.approx(by_the_book(one, other))
    assert contrast(one, other) == contrast(other, one)
    assert 1 <= contrast(one, other) <= 21.0000001


@settings(deadline=None)
@given(COLOURS)
def test_black_or_white_can_be_read_on_every_colour(colour):
    assert readable_on(colour) in {BLACK, WHITE}
    assert contrast(readable_on(colour), colour) >= 4.58


@settings(deadline=None)
@given(COLOURS, COLOURS, st.sampled_from([3.0, 4.5]))
def test_an_adjusted_colour_can_be_read(colour, on, at_least):
    assert contrast(adjusted(colour, on, at_least), on) >= at_least


@settings(deadline=None)
@given(COLOURS, COLOURS)
def test_a_colour_that_can_be_read_stays_as_it_is(colour, on):
    assert (adjusted(colour, on) == colour) == (contrast(colour, on) >= 4.5)


@settings(deadline=None)
@given(COLOURS, COLOURS)
def test_an_adjusted_colour_is_no_further_from_the_first_than_it_needs(colour, on):
    """One step less in lightness could not be read."""
    found = adjusted(colour, on)
    if found in {colour, BLACK, WHITE}:
        return
    level = next(each for each in range(256) if with_lightness(colour, each / 255) == found)
    back = -1 if luminance(found) > luminance(colour) else 1
    assert (
        contrast(with_lightness(colour, (level + back) / 255), on) < 4.55
    )  # a step is a whole number of each colour


def test_more_contrast_than_there_is_ends_in_black_or_white():
    assert adjusted("#888888", "#777777", at_least=21) == BLACK
    assert adjusted("#0a6c74", "#16212a", at_least=21) == WHITE


@pytest.mark.parametrize(
    "text", ["", "red", "#fff", "#12345g", "#0a6c74;", "#0a6c74\n", "#0a6c744", "</style>", "٠a6c74#"]
)
def test_nothing_but_six_digits_is_a_colour(text):
    with pytest.raises(NotAColour):
        luminance(text)


def test_colours_are_mixed_by_shares():
    assert mixed("#ff0000", WHITE, 0.5) == "#ff8080"
    assert mixed("#ff0000", WHITE, 0) == WHITE
    assert mixed("#0A6C74", WHITE, 1) == "#0a6c74"
