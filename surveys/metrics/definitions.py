"""Which metrics there are: of what question, how they are worded, and by which formulas they are counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from surveys.metrics.certainty import Change, Estimate, Interval
from surveys.metrics.histograms import Histogram
from surveys.metrics.means import mean_change, mean_interval, mean_score
from surveys.metrics.nps import net_promoter_score, nps_change, nps_interval
from surveys.metrics.scales import (
    DETRACTORS,
    EASY,
    EASY_OF_5,
    LITTLE_EFFORT,
    PASSIVES,
    PROMOTERS,
    SATISFIED,
    SATISFIED_OF_3,
    SCALES,
)
from surveys.metrics.shares import ease_share, satisfaction_share, share_change, share_interval, share_of


def gettext_noop(text: str) -> str:
    """Marks a text for translation where it is shown; Django's own would bring Django in here."""
    return text


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
HEADLINES: Mapping[str, Metric] = {kind: METRICS[kind] for kind in SCALES}
