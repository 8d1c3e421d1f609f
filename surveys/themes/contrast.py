"""Colours that can be read: the contrast ratio of WCAG 2.2, and the nearest colour that has enough of it."""

import re
from colorsys import hls_to_rgb, rgb_to_hls

COLOUR = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})", re.IGNORECASE)
BLACK, WHITE = "#000000", "#ffffff"
TEXT = 4.5  # contrast of text that everybody can read (WCAG 2.2, 1.4.3)
LEVELS = 255
DARKEST_LINEAR = 0.04045  # below it sRGB is a straight line

Colour = tuple[float, float, float]  # red, green, blue, each from 0 to 1


class NotAColour(ValueError):
    """A text that is not # and six hexadecimal digits."""


def parts_of(colour: str) -> Colour:
    """Raises NotAColour."""
    if not (found := COLOUR.fullmatch(colour)):
        raise NotAColour(colour)
    red, green, blue = (int(part, 16) / LEVELS for part in found.groups())
    return red, green, blue


def written(parts: Colour) -> str:
    return "#" + "".join(f"{round(part * LEVELS):02x}" for part in parts)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = (
        part / 12.92 if part <= DARKEST_LINEAR else ((part + 0.055) / 1.055) ** 2.4
        for part in parts_of(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(colour: str) -> str:
    """Black or white, whichever reads better on `colour`; its contrast is never below 4.58."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, colour))


def with_lightness(colour: str, lightness: float, *, saturation_at_most: float = 1) -> str:
    """The same hue; `lightness` and saturation from 0 to 1."""
    hue, _lightness, saturation = rgb_to_hls(*parts_of(colour))
    return written(hls_to_rgb(hue, lightness, min(saturation, saturation_at_most)))


def mixed(colour: str, into: str, share: float) -> str:
    """`share` of `colour`, the rest `into`."""
    red, green, blue = (
        share * part + (1 - share) * other
        for part, other in zip(parts_of(colour), parts_of(into), strict=True)
    )
    return written((red, green, blue))


def adjusted(colour: str, on: str, at_least: float = TEXT) -> str:
    """`colour` itself when it can be read on `on`, else made just so much darker or lighter.

    Black or white when nothing between has as much contrast.
    """
    end = readable_on(on)
    level = round(rgb_to_hls(*parts_of(colour))[1] * LEVELS)
    levels = range(level + 1, LEVELS + 1) if end == WHITE else range(level - 1, -1, -1)
    candidates = (with_lightness(colour, each / LEVELS) for each in levels)
    if contrast(colour, on) >= at_least:
        return written(parts_of(colour))
    return next((each for each in candidates if contrast(each, on) >= at_least), end)
