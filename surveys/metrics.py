"""What scores mean: arithmetic on histograms, without Django, clock or database.

Counts are integers and each number is one last division. Nobody answered is None, never 0.
Shares and scores are in percent; an interval is at 95 % unless another z is given.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist
from typing import Literal, NamedTuple

NORMAL = NormalDist()
Z_95 = NORMAL.inv_cdf(0.975)
SIGNIFICANT_BELOW = 0.05
SHOWN_FROM = 5  # people; fewer could be recognised
TREND_FROM = 30  # people; below, an interval but no arrow
TYPICAL_NPS_VARIANCE = 0.61  # of the promoter/detractor difference, MeasuringU
WORST_NPS_VARIANCE = 1.0

SCALES: Mapping[str, range] = {
    "nps": range(11),
    "csat": range(1, 6),
    "csat3": range(1, 4),
    "ces": range(1, 8),
    "ces5": range(1, 6),
    "effort": range(1, 6),
}
LOW_IS_GOOD = frozenset(
    {"effort"}
)  # CES 1.0 asked how much effort it took; the other scales ask how good it was
PROMOTERS = range(9, 11)
PASSIVES = range(7, 9)
DETRACTORS = range(7)
SATISFIED = range(4, 6)
SATISFIED_OF_3 = range(3, 4)
EASY = range(5, 8)
EASY_OF_5 = range(4, 6)
LITTLE_EFFORT = range(1, 3)


def gettext_noop(text: str) -> str:
    """Marks a text for translation where it is shown; Django's own would bring Django in here."""
    return text


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


class Interval(NamedTuple):
    low: float
    high: float


class Change(NamedTuple):
    """The difference of two independent groups: z, and p of a difference at least as large by chance alone."""

    z: float
    p: float

    @property
    def is_significant(self) -> bool:
        return self.p < SIGNIFICANT_BELOW


class Estimate(NamedTuple):
    """A number as it is shown: with how sure it is and how many people stand behind it."""

    value: float
    interval: Interval | None
    n: int


def sum_of(histogram: Histogram, scores: Iterable[int]) -> int:
    """How many people gave one of `scores`."""
    return sum(histogram[score] for score in scores)


def share_of(histogram: Histogram, scores: Iterable[int]) -> float | None:
    """People who gave one of `scores`, in percent of those who answered; None when nobody answered."""
    if not (n := histogram.total()):
        return None
    return 100 * sum_of(histogram, scores) / n


def net_promoter_score(histogram: Histogram) -> float | None:
    """Promoters minus detractors in percent, −100 to 100; None when nobody answered (Reichheld 2003)."""
    if not (n := histogram.total()):
        return None
    return 100 * (sum_of(histogram, PROMOTERS) - sum_of(histogram, DETRACTORS)) / n


def nps_standard_error(histogram: Histogram) -> float | None:
    """Wald's standard error of the NPS in points; None when nobody answered. 0 when all agree: see nps_interval."""
    if not (n := histogram.total()):
        return None
    promoters, detractors = sum_of(histogram, PROMOTERS), sum_of(histogram, DETRACTORS)
    return 100 * sqrt((promoters + detractors) * n - (promoters - detractors) ** 2) / n / sqrt(n)


def nps_interval(histogram: Histogram, *, z: float = Z_95) -> Interval | None:
    """Adjusted Wald interval of the NPS (Rocks 2016): ¾ promoter, 1½ passives and ¾ detractor more."""
    if not histogram.total():
        return None
    centre, variance = adjusted_nps(histogram)
    width = z * sqrt(variance)
    return Interval(max(-100.0, 100 * (centre - width)), min(100.0, 100 * (centre + width)))


def adjusted_nps(histogram: Histogram) -> tuple[float, float]:
    """The NPS as a proportion and the variance of that mean, both after Rocks's adjustment."""
    n = histogram.total() + 3
    promoters = (sum_of(histogram, PROMOTERS) + 0.75) / n
    detractors = (sum_of(histogram, DETRACTORS) + 0.75) / n
    centre = promoters - detractors
    return centre, (promoters + detractors - centre**2) / n


def nps_change(before: Histogram, after: Histogram) -> Change | None:
    """Whether the NPS of two independent groups differs (adjusted Wald z test, MeasuringU); None when one is empty."""
    if not before.total() or not after.total():
        return None
    old, old_variance = adjusted_nps(before)
    new, new_variance = adjusted_nps(after)
    return change_of((new - old) / sqrt(old_variance + new_variance))


def satisfaction_share(histogram: Histogram) -> float | None:
    """CSAT: ratings of 4 and 5 in percent of all on 1–5 (top two boxes); None when nobody answered."""
    return share_of(histogram, SATISFIED)


def ease_share(histogram: Histogram) -> float | None:
    """CES: those who at least somewhat agree that it was easy, 5–7 on 1–7, in percent (Gartner, CES 2.0)."""
    return share_of(histogram, EASY)


def wilson_interval(hits: int, n: int, *, z: float = Z_95) -> Interval | None:
    """Wilson's score interval of `hits` out of `n`, in percent; None when n is 0."""
    if not n:
        return None
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    width = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low = 0.0 if hits == 0 else max(0.0, 100 * (centre - width))
    high = 100.0 if hits == n else min(100.0, 100 * (centre + width))
    return Interval(low, high)


def share_interval(histogram: Histogram, scores: Iterable[int], *, z: float = Z_95) -> Interval | None:
    return wilson_interval(sum_of(histogram, scores), histogram.total(), z=z)


def share_change(before: Histogram, after: Histogram, scores: Iterable[int]) -> Change | None:
    """Whether two independent shares differ (see proportions_change); None when one is empty."""
    boxes = tuple(scores)
    return proportions_change((sum_of(before, boxes), before.total()), (sum_of(after, boxes), after.total()))


def proportions_change(before: tuple[int, int], after: tuple[int, int]) -> Change | None:
    """Whether two independent shares, each (hits, n), differ: the N−1 two-proportion z test (Campbell 2007).

    None when one is empty.
    """
    (old_hits, old_n), (new_hits, new_n) = before, after
    if not old_n or not new_n:
        return None
    n, hits = old_n + new_n, old_hits + new_hits
    if hits in (0, n):
        return Change(0.0, 1.0)
    difference = new_hits / new_n - old_hits / old_n
    pooled = hits * (n - hits) / n**2 * (1 / old_n + 1 / new_n)
    return change_of(difference * sqrt((n - 1) / n) / sqrt(pooled))


def difference_interval(
    before: tuple[int, int], after: tuple[int, int], *, z: float = Z_95
) -> Interval | None:
    """Newcombe's interval of the second share less the first, each (hits, n), in percentage points (1998, method 10).

    None when one is empty.
    """
    old, new = wilson_interval(*before, z=z), wilson_interval(*after, z=z)
    if old is None or new is None:
        return None
    old_share, new_share = 100 * before[0] / before[1], 100 * after[0] / after[1]
    below = sqrt((new_share - new.low) ** 2 + (old.high - old_share) ** 2)
    above = sqrt((new.high - new_share) ** 2 + (old_share - old.low) ** 2)
    return Interval(new_share - old_share - below, new_share - old_share + above)


def mean_score(histogram: Histogram) -> float | None:
    """The arithmetic mean of the scores; None when nobody answered."""
    if not (n := histogram.total()):
        return None
    return sum(score * people for score, people in histogram.items()) / n


def mean_variance(histogram: Histogram) -> float | None:
    """The variance of the mean (sample variance ÷ n); None below two answers."""
    n = histogram.total()
    if n < 2:  # noqa: PLR2004  one answer has no spread
        return None
    total = sum(score * people for score, people in histogram.items())
    squares = sum(score * score * people for score, people in histogram.items())
    return (n * squares - total * total) / (n * n * (n - 1))


def mean_interval(histogram: Histogram, scale: range, *, z: float = Z_95) -> Interval | None:
    """The normal interval of the mean, kept on its scale; None below two answers."""
    mean, variance = mean_score(histogram), mean_variance(histogram)
    if mean is None or variance is None:
        return None
    width = z * sqrt(variance)
    return Interval(max(float(scale[0]), mean - width), min(float(scale[-1]), mean + width))


def mean_change(before: Histogram, after: Histogram) -> Change | None:
    """Whether two independent means differ (Welch's statistic, normal p); None when either has no spread to judge by."""
    old, new = mean_score(before), mean_score(after)
    variance = (mean_variance(before) or 0.0) + (mean_variance(after) or 0.0)
    if old is None or new is None or not variance:
        return None
    return change_of((new - old) / sqrt(variance))


def change_of(z: float) -> Change:
    return Change(z, 2 * NORMAL.cdf(-abs(z)))


def nps_sample_size(margin: float, *, variance: float = TYPICAL_NPS_VARIANCE, z: float = Z_95) -> int:
    """Answers needed for ± `margin` NPS points (MeasuringU); use WORST_NPS_VARIANCE to be safe."""
    return max(0, ceil(variance * (z / (margin / 100)) ** 2 - 3))


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A definition; numbers of different definitions (id and version) are never pooled or drawn on one axis."""

    id: str
    version: int
    question_kind: str
    name: str
    wording: str
    unit: str
    boxes: Mapping[str, range]
    denominator: str
    source: str
    value: Callable[[Histogram], float | None]
    interval: Callable[[Histogram], Interval | None]
    change: Callable[[Histogram, Histogram], Change | None]
    higher_is_better: bool = True

    @property
    def scale(self) -> range:
        return SCALES[self.question_kind]

    def estimate(self, histogram: Histogram) -> Estimate | None:
        """The value with interval and n; None when nobody answered."""
        value = self.value(histogram)
        return None if value is None else Estimate(value, self.interval(histogram), histogram.total())


ANSWERED = gettext_noop(
    "Everybody who answered this question; a skipped question is left out, a 0 is an answer."
)

METRICS: Mapping[str, Metric] = {
    metric.id: metric
    for metric in (
        Metric(
            id="nps",
            version=1,
            question_kind="nps",
            name=gettext_noop("NPS"),
            wording=gettext_noop(
                "Share of promoters (9–10) minus share of detractors (0–6) of the answers on 0–10, "
                "in points from −100 to 100. Interval: adjusted Wald, 95 %."
            ),
            unit="points",
            boxes={"detractors": DETRACTORS, "passives": PASSIVES, "promoters": PROMOTERS},
            denominator=ANSWERED,
            source="Reichheld 2003; interval: Rocks 2016",
            value=net_promoter_score,
            interval=nps_interval,
            change=nps_change,
        ),
        Metric(
            id="csat",
            version=1,
            question_kind="csat",
            name=gettext_noop("CSAT"),
            wording=gettext_noop(
                "Share of satisfied answers (4 and 5) of the answers on 1–5, in percent. "
                "Interval: Wilson, 95 %."
            ),
            unit="percent",
            boxes={"satisfied": SATISFIED},
            denominator=ANSWERED,
            source="top two boxes; interval: Wilson 1927",
            value=satisfaction_share,
            interval=lambda histogram: share_interval(histogram, SATISFIED),
            change=lambda before, after: share_change(before, after, SATISFIED),
        ),
        Metric(
            id="csat_mean",
            version=1,
            question_kind="csat",
            name=gettext_noop("CSAT mean"),
            wording=gettext_noop("Mean of the answers on 1–5. Interval: normal, 95 %."),
            unit="score",
            boxes={},
            denominator=ANSWERED,
            source="arithmetic mean",
            value=mean_score,
            interval=lambda histogram: mean_interval(histogram, SCALES["csat"]),
            change=mean_change,
        ),
        Metric(
            id="ces",
            version=1,
            question_kind="ces",
            name=gettext_noop("CES"),
            wording=gettext_noop(
                "Share of those who at least somewhat agree that it was easy (5–7) of the answers on 1–7, "
                "in percent. Interval: Wilson, 95 %."
            ),
            unit="percent",
            boxes={"easy": EASY},
            denominator=ANSWERED,
            source="CES 2.0, Gartner; interval: Wilson 1927",
            value=ease_share,
            interval=lambda histogram: share_interval(histogram, EASY),
            change=lambda before, after: share_change(before, after, EASY),
        ),
        Metric(
            id="csat3",
            version=1,
            question_kind="csat3",
            name=gettext_noop("CSAT (1–3)"),
            wording=gettext_noop(
                "Share of satisfied answers (3) of the answers on 1–3, in percent. Interval: Wilson, 95 %."
            ),
            unit="percent",
            boxes={"satisfied": SATISFIED_OF_3},
            denominator=ANSWERED,
            source="top box of three; interval: Wilson 1927",
            value=lambda histogram: share_of(histogram, SATISFIED_OF_3),
            interval=lambda histogram: share_interval(histogram, SATISFIED_OF_3),
            change=lambda before, after: share_change(before, after, SATISFIED_OF_3),
        ),
        Metric(
            id="ces5",
            version=1,
            question_kind="ces5",
            name=gettext_noop("CES (1–5)"),
            wording=gettext_noop(
                "Share of those who agree that it was easy (4–5) of the answers on 1–5, in percent. "
                "Interval: Wilson, 95 %."
            ),
            unit="percent",
            boxes={"easy": EASY_OF_5},
            denominator=ANSWERED,
            source="CES 2.0 on five points; interval: Wilson 1927",
            value=lambda histogram: share_of(histogram, EASY_OF_5),
            interval=lambda histogram: share_interval(histogram, EASY_OF_5),
            change=lambda before, after: share_change(before, after, EASY_OF_5),
        ),
        Metric(
            id="effort",
            version=1,
            question_kind="effort",
            name=gettext_noop("Low effort (1–5)"),
            wording=gettext_noop(
                "Share of those whom it took little effort (1–2) of the answers on 1–5, where 5 is the most, "
                "in percent. Interval: Wilson, 95 %."
            ),
            unit="percent",
            boxes={"easy": LITTLE_EFFORT},
            denominator=ANSWERED,
            source="CES 1.0, CEB 2010; interval: Wilson 1927",
            value=lambda histogram: share_of(histogram, LITTLE_EFFORT),
            interval=lambda histogram: share_interval(histogram, LITTLE_EFFORT),
            change=lambda before, after: share_change(before, after, LITTLE_EFFORT),
        ),
    )
}
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


HEADLINES: Mapping[str, Metric] = {kind: METRICS[kind] for kind in SCALES}
