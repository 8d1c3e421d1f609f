"""The first page of the staff site: the dashboard, or where to begin, or what this member of staff can do."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.segments import RuleError
from followups.models import FollowUp
from insights.beginning import beginning_for, is_new
from insights.comments import recent_comments
from insights.days import day_of
from insights.definitions import definition_of
from insights.forms import DashboardForm
from insights.patience import TookTooLong
from insights.periods import Period
from insights.scores import Slice, daily_cells, response_rates
from insights.start import start_for
from insights.tiles import boxes_of, chart_of, headlines_of, metric_tile, rate_tile, trend_of
from staff.access import limit_of, visible
from staff.models import User
from staff.views import member

MAY_SEE = "insights.view_dailyscore"
COUNTED_AT_MOST = 10_000


def add_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What django-unfold asks for when the first page is opened."""
    user, at = member(request), timezone.now()
    context["title"] = _("Overview")
    if not user.has_perm(MAY_SEE):
        return context | {"start": start_for(user, at=at)}
    form = DashboardForm(
        request.GET, today=day_of(at), may_use_segments=user.has_perm("customers.view_segment")
    )
    return context | {"form": form} | figures_for(user, form, at=at)


def figures_for(user: User, form: DashboardForm, *, at: datetime) -> dict[str, Any]:
    period, where = form.chosen_period(), replace(form.chosen_slice(), unit=limit_of(user))
    found: dict[str, Any] = {"period": period, "where": where, "work": open_work(user, at=at)}
    try:
        found |= scores_for(period=period, where=where, at=at)
        if user.has_perm("surveys.view_surveyresponse"):
            found["comments"] = recent_comments(period=period, where=where, at=at)
    except TookTooLong:
        return found | {
            "problem": _("Looking this up took too long. Choose a shorter period or fewer filters.")
        }
    except RuleError as error:
        return found | {"problem": _("This segment cannot be used: %(why)s") % {"why": error}}
    found["is_empty"] = not found["has_scores"] and not found.get("comments")
    if found["is_empty"] and is_new():
        found["beginning"] = beginning_for(user)
    return found


def scores_for(*, period: Period, where: Slice, at: datetime) -> dict[str, Any]:
    cells = daily_cells(period=Period(period.before.start, period.end), where=where, at=at)
    rate, rate_before = response_rates(period=period, where=where, at=at)
    metrics = headlines_of(cells)
    trends = [trend_of(metric, cells, period) for metric in metrics]
    tiles = [metric_tile(metric, cells, period) for metric in metrics]
    tiles.append(rate_tile(rate, rate_before))
    return {
        "tiles": tiles,
        "definitions": [definition_of(tile) for tile in tiles],
        "trends": trends,
        "charts": {trend.metric.id: chart_of(trend) for trend in trends},
        "boxes": boxes_of(cells, period),
        "has_scores": any(cell.n for (_kind, day), cell in cells.items() if day in period),
    }


@dataclass(frozen=True)
class Work:
    """Follow-ups that wait now, whatever the page's filters say."""

    open: int
    overdue: int

    @property
    def is_capped(self) -> bool:
        return self.open >= COUNTED_AT_MOST


def open_work(user: User, *, at: datetime) -> Work | None:
    """Follow-ups not resolved and those overdue, among the 10,000 most urgent; None for who may not see them."""
    if not user.has_perm("followups.view_followup"):
        return None
    urgent = visible(FollowUp.objects.open(), user).order_by("due_at", "pk")[:COUNTED_AT_MOST]
    is_overdue = Q(state__in=FollowUp.RUNNING, due_at__lt=at)
    return Work(**urgent.aggregate(open=Count("pk"), overdue=Count("pk", filter=is_overdue)))
