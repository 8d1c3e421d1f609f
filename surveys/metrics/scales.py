"""The scales people answer on, and which scores on them are good or bad."""

from collections.abc import Mapping
from typing import Literal

SCALES: Mapping[str, range] = {
    "nps": range(11),
    "csat": range(1, 6),
    "csat3": range(1, 4),
    "ces": range(1, 8),
    "ces5": range(1, 6),
    "effort": range(1, 6),
}
# CES 1.0 asked how much effort it took; the other scales ask how good it was.
LOW_IS_GOOD = frozenset({"effort"})
PROMOTERS = range(9, 11)
PASSIVES = range(7, 9)
DETRACTORS = range(7)
SATISFIED = range(4, 6)
SATISFIED_OF_3 = range(3, 4)
EASY = range(5, 8)
EASY_OF_5 = range(4, 6)
LITTLE_EFFORT = range(1, 3)

GOOD: Mapping[str, range] = {
    "nps": PROMOTERS,
    "csat": SATISFIED,
    "csat3": SATISFIED_OF_3,
    "ces": EASY,
    "ces5": EASY_OF_5,
    "effort": LITTLE_EFFORT,
}
BAD: Mapping[str, range] = {
    "nps": DETRACTORS,
    "csat": range(1, 3),
    "csat3": range(1, 2),
    "ces": range(1, 4),
    "ces5": range(1, 3),
    "effort": range(4, 6),
}


def band_of(kind: str, score: int) -> Literal["good", "middle", "bad"]:
    """How a single score is coloured: promoter, passive or detractor, and their like on the other scales."""
    if score in GOOD[kind]:
        return "good"
    return "bad" if score in BAD[kind] else "middle"


def goodness(kind: str, score: int) -> int:
    """The score, turned round on a scale where low is good: what thresholds for unhappy answers are compared with."""
    scale = SCALES[kind]
    return scale[0] + scale[-1] - score if kind in LOW_IS_GOOD else score
