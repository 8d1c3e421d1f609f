"""How each number on the page is computed, for those who ask."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from insights.tiles import Tile
from surveys.metrics import METRICS, SHOWN_FROM, TREND_FROM


@dataclass(frozen=True)
class DefinedBox:
    name: str
    scores: str


@dataclass(frozen=True)
class Definition:
    id: str
    version: int
    name: str
    wording: str
    scale: str
    boxes: list[DefinedBox]
    denominator: str
    answers: str
    comparison: str
    source: str


def definition_of(tile: Tile) -> Definition:
    """The definition of the metric on a tile, from the registry; the response rate has its own."""
    if tile.id not in METRICS:
        return response_rate(tile)
    metric = METRICS[tile.id]
    return Definition(
        id=metric.id,
        version=metric.version,
        name=tile.label,
        wording=_(metric.wording),
        scale=span(metric.scale),
        boxes=[DefinedBox(box_name(name), span(scores)) for name, scores in metric.boxes.items()],
        denominator=_(metric.denominator),
        answers=tile.answers,
        comparison=_(
            "With the period before, as long as this one; an arrow only when chance explains the difference "
            "in less than one of twenty cases, and %(enough)s people answered each time. "
            "Groups of fewer than %(few)s are hidden."
        )
        % {"enough": TREND_FROM, "few": SHOWN_FROM},
        source=metric.source,
    )


def response_rate(tile: Tile) -> Definition:
    return Definition(
        id=tile.id,
        version=1,
        name=tile.label,
        wording=_(
            "Those who answered so far, in percent of those asked in this period (RR2). Interval: Wilson, 95 %."
        ),
        scale="",
        boxes=[],
        denominator=_(
            "Everybody whose invitation the mail server took. Excluded, refused and unknown ones "
            "are in neither number; reminders ask nobody twice."
        ),
        answers=tile.answers,
        comparison=_("Without an arrow: those asked last had the least time to answer."),
        source="AAPOR Standard Definitions; Wilson 1927",
    )


def box_name(name: str) -> str:
    return {
        "detractors": _("Detractors"),
        "passives": _("Passives"),
        "promoters": _("Promoters"),
        "satisfied": _("Satisfied"),
        "easy": _("Easy"),
    }[name]


def span(scores: range) -> str:
    return f"{scores[0]}–{scores[-1]}"
