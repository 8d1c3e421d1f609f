from collections import Counter
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Case, Count, Func, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from staff.limited import LimitedAdmin
from staff.models import Unit
from staff.units import UnitRefused, check_unit, create_unit, delete_unit, move_unit, rename_unit

INDENT = 1.5  # rem a level


class TreeOrder(Func):
    """A unit before all below it; PostgreSQL would otherwise overlook the slashes of a path."""

    template = "%(expressions)s"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template='%(expressions)s COLLATE "C"', **context)


class UnitForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        kind = values.get("kind", self.instance.kind)
        if kind and values.get("name"):
            try:
                check_unit(
                    name=values["name"],
                    kind=kind,
                    parent=values.get("parent"),
                    unit=self.instance if self.instance.pk else None,
                )
            except UnitRefused as error:
                raise ValidationError(str(error)) from error
        return values


def counts_below(paths: Mapping[int, str], name: str) -> Counter[int]:
    """How many rows of the relation `name` belong to each unit or to any below it, in one query for all units."""
    relation: Any = Unit._meta.get_field(name)
    rows = relation.related_model._default_manager.filter(unit__in=paths).order_by()
    counts: Counter[int] = Counter()
    for unit, n in rows.values_list("unit").annotate(Count("pk")):
        counts.update(dict.fromkeys(map(int, paths[unit].strip("/").split("/")), n))
    return counts


def said(counts: Mapping[int, int]) -> Case:
    """Counts as a column, so that whoever lists units has them."""
    return Case(
        *(When(pk=pk, then=Value(n)) for pk, n in counts.items()),
        default=Value(0),
        output_field=IntegerField(),
    )


@admin.register(Unit)
class UnitAdmin(LimitedAdmin):
    """The tree, as a list that is indented."""

    form = UnitForm
    fields = ["name", "kind", "parent"]
    list_display = ["shown_name", "kind", "shown_customers", "shown_staff", "shown_touchpoints"]
    search_fields = ["name"]
    ordering = [TreeOrder("path").asc()]
    sortable_by = ()
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unit]:
        units: QuerySet[Unit] = super().get_queryset(request)
        paths = dict(units.order_by().values_list("pk", "path"))
        return units.annotate(
            customers_here=said(counts_below(paths, "customers")),
            staff_here=said(counts_below(paths, "staff")),
            touchpoints_here=said(counts_below(paths, "touchpoints")),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Unit | None = None) -> list[str]:
        return ["kind"] if obj else []

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: each for name, each in super().get_actions(request).items() if name != "delete_selected"
        }

    def save_model(self, request: HttpRequest, obj: Unit, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        if not change:
            made = create_unit(name=obj.name, kind=obj.kind, parent=obj.parent)
            obj.pk, obj.path = made.pk, made.path
            return
        parent = obj.parent
        obj.refresh_from_db(fields=["parent"])
        rename_unit(unit=obj, name=form.cleaned_data["name"])
        move_unit(unit=obj, parent=parent)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        self.keep_strangers_unknown(request, object_id)
        unit = self.get_object(request, object_id)
        if request.method == "POST" and unit and self.has_delete_permission(request, unit):
            try:
                delete_unit(unit=unit)
            except UnitRefused as error:
                messages.error(request, str(error))
                return redirect("admin:staff_unit_change", unit.pk)
            messages.success(request, _("“%(unit)s” is deleted.") % {"unit": unit})
            return redirect("admin:staff_unit_changelist")
        return super().delete_view(request, object_id, *args, **kwargs)

    @display(description=_("name"))
    def shown_name(self, unit: Unit) -> str:
        level = unit.path.count("/") - 2
        return format_html(
            '<span dir="auto" style="padding-inline-start: {}rem">{}</span>', level * INDENT, unit.name
        )

    @display(description=_("customers"))
    def shown_customers(self, unit: Any) -> str:
        return linked("admin:customers_customer_changelist", unit, unit.customers_here)

    @display(description=_("staff"))
    def shown_staff(self, unit: Any) -> str:
        return linked("admin:staff_user_changelist", unit, unit.staff_here)

    @display(description=_("touchpoints"))
    def shown_touchpoints(self, unit: Any) -> str:
        return linked("admin:journeys_touchpoint_changelist", unit, unit.touchpoints_here)


def linked(page: str, unit: Unit, n: int) -> str:
    return format_html('<a class="cx-link" href="{}?unit={}">{}</a>', reverse(page), unit.pk, n)
