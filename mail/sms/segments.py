"""How many parts an SMS is sent and charged in: GSM 03.38's 7-bit alphabet, or UCS-2 as soon as one character needs it."""

from collections.abc import Iterator
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # an escape and a character each
ALONE = {"GSM-7": 160, "UCS-2": 70}
OF_SEVERAL = {"GSM-7": 153, "UCS-2": 67}  # a header that joins the parts takes the rest
BEYOND_ONE_UNIT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Segments:
    alphabet: str
    units: int  # characters of the alphabet: septets, or 16-bit units
    parts: int


def segments_of(text: str) -> Segments:
    """Nothing is one empty part, as networks count it."""
    alphabet = "GSM-7" if set(text) <= BASIC | EXTENDED else "UCS-2"
    widths = list(widths_of(text, alphabet))
    units = sum(widths)
    return Segments(
        alphabet, units, 1 if units <= ALONE[alphabet] else parts_of(widths, OF_SEVERAL[alphabet])
    )


def widths_of(text: str, alphabet: str) -> Iterator[int]:
    for character in text:
        is_double = character in EXTENDED if alphabet == "GSM-7" else ord(character) > BEYOND_ONE_UNIT
        yield 2 if is_double else 1


def parts_of(widths: list[int], room: int) -> int:
    """A character of two units is never cut in half: it moves to the next part."""
    parts, left = 1, room
    for width in widths:
        if width > left:
            parts, left = parts + 1, room
        left -= width
    return parts
