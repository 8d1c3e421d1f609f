from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from staff.access import visible
from staff.models import Unit
from staff.units import units_below

INDENT = "\u2003"  # a level
LONGEST_KEY = 19  # digits of a key that fits the database


class UnitFilter(SimpleListFilter):
    """What belongs to a unit or to any below it; offered are those this member of staff sees."""

    title = _("unit")
    parameter_name = "unit"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        units = visible(Unit.objects.all(), request.user).order_by("path")
        top = min((unit.path.count("/") for unit in units), default=0)
        return [(str(unit.pk), INDENT * (unit.path.count("/") - top) + unit.name) for unit in units]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        is_key = chosen.isdecimal() and len(chosen) < LONGEST_KEY
        unit = visible(Unit.objects.all(), request.user).filter(pk=chosen).first() if is_key else None
        return queryset if unit is None else queryset.filter(unit__in=units_below(unit).order_by())
