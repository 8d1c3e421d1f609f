"""The stars of a review, as the one who reported it told them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

USUAL_SCALE = 5
LOWEST = 0.4  # of the scale: one and two stars of five
MOST = 100  # stars anybody gives


@dataclass(frozen=True)
class Rating:
    stars: float
    of: int

    @property
    def is_bad(self) -> bool:
        return self.stars <= self.of * LOWEST

    @property
    def words(self) -> str:
        return f"{self.stars:g}/{self.of}"


def rating_in(detail: Mapping[str, Any]) -> Rating | None:
    """What stands under “rating”, and under “of” when the scale has not five stars; None when it makes no sense."""
    stars, scale = number_in(detail.get("rating")), number_in(detail.get("of", USUAL_SCALE))
    if stars is None or scale is None or scale != int(scale) or not 1 <= scale <= MOST or stars > scale:
        return None
    return Rating(stars, int(scale))


def number_in(value: Any) -> float | None:
    """A number of stars, also one written as text; never a truth value or something endless."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= MOST else None
