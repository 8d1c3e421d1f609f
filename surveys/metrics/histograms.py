"""How many people gave each score: what every number is worked out from."""

from collections.abc import Iterable, Iterator, Mapping


class Histogram(Mapping[int, int]):
    """How many people gave each score."""

    def __init__(self, counts: Mapping[int, int] | None = None) -> None:
        if any(people < 0 for people in (counts or {}).values()):
            raise ValueError("A histogram counts people: none can be fewer than zero.")
        self._counts = {score: people for score, people in sorted((counts or {}).items()) if people}

    @classmethod
    def of(cls, scores: Iterable[int]) -> "Histogram":
        """The histogram of single scores, one a person."""
        counts: dict[int, int] = {}
        for score in scores:
            counts[score] = counts.get(score, 0) + 1
        return cls(counts)

    def total(self) -> int:
        return sum(self._counts.values())

    def __getitem__(self, score: int) -> int:
        return self._counts.get(score, 0)

    def __iter__(self) -> Iterator[int]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)

    def __contains__(self, score: object) -> bool:
        return score in self._counts

    def __add__(self, other: "Histogram") -> "Histogram":
        return Histogram({score: self[score] + other[score] for score in {*self, *other}})

    def __repr__(self) -> str:
        return f"Histogram({self._counts})"


def sum_of(histogram: Histogram, scores: Iterable[int]) -> int:
    """How many people gave one of `scores`."""
    return sum(histogram[score] for score in scores)
