"""How many customers a persona stands for, and how they score: counted from its segment as it is now."""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from customers.models import Persona, Segment
from customers.personas import Figures
from customers.segments import RuleError
from insights.days import day_of
from insights.patience import TookTooLong, at_most
from insights.periods import Period
from insights.scores import PATIENCE, Cells, Slice, daily_cells, people
from insights.tiles import chart_of, headlines_of, metric_tile, trend_of
from staff.access import limit_of
from staff.models import User
from surveys.metrics import HEADLINES

KEPT = 600  # seconds
TILE_DAYS, TREND_DAYS = 90, 365
ON_CARDS = ("nps", "csat")


@dataclass(frozen=True)
class Counted:
    """What was counted `at` that moment; it is kept for ten minutes."""

    customers: int
    cells: Cells
    at: datetime


def count_once(where: Slice, *, at: datetime) -> Counted:
    """How many match `where`, and their scores of a year. May raise TookTooLong or RuleError."""
    key = key_of(where, at=at)
    if isinstance(kept := cache.get(key), Counted):
        return kept
    with at_most(PATIENCE):
        customers = people(where, at=at).count()
    year = Period.last(TREND_DAYS, today=day_of(at))
    counted = Counted(customers, daily_cells(period=year, where=where, at=at), at)
    cache.set(key, counted, KEPT)
    return counted


def key_of(where: Slice, *, at: datetime) -> str:
    """The rule is part of it: who changes a segment sees at once what that means."""
    segment = where.segment
    rule = json.dumps([segment.pk, segment.rule] if segment else [], sort_keys=True)
    unit = where.unit.pk if where.unit else 0
    return f"persona:{unit}:{day_of(at)}:{sha256(rule.encode()).hexdigest()}"


def look_at(persona: Persona, user: User, at: datetime) -> tuple[dict[str, Any], Counted | None]:
    """What every template needs, and what was counted; nothing where it could not be, with the reason."""
    segment: Segment = persona.segment
    where = Slice(segment=segment, unit=limit_of(user))
    context: dict[str, Any] = {"where": where, "days": TILE_DAYS}
    try:
        counted = count_once(where, at=at)
    except TookTooLong:
        return context | {
            "problem": _("Counting them took too long. Give the segment fewer conditions.")
        }, None
    except RuleError as error:
        return context | {"problem": _("This segment cannot be used: %(why)s") % {"why": error}}, None
    return context | {"counted": counted}, counted


def summary(persona: Persona, user: User, at: datetime) -> dict[str, Any]:
    """For a card."""
    context, counted = look_at(persona, user, at)
    if counted is None:
        return context
    period = Period.last(TILE_DAYS, today=day_of(at))
    return context | {"tiles": [metric_tile(HEADLINES[kind], counted.cells, period) for kind in ON_CARDS]}


def story(persona: Persona, user: User, at: datetime) -> dict[str, Any]:
    """For the page: every score, and how it went over a year."""
    context, counted = look_at(persona, user, at)
    if counted is None:
        return context
    period, year = (Period.last(days, today=day_of(at)) for days in (TILE_DAYS, TREND_DAYS))
    trends = [trend_of(metric, counted.cells, year) for metric in headlines_of(counted.cells)]
    return context | {
        "tiles": [metric_tile(metric, counted.cells, period) for metric in headlines_of(counted.cells)],
        "trends": [trend for trend in trends if not trend.is_empty],
        "charts": {trend.metric.id: chart_of(trend) for trend in trends},
        "period": year,
    }


FIGURES = Figures(
    summary=summary,
    summary_template="insights/persona_summary.html",
    story=story,
    story_template="insights/persona_story.html",
)
