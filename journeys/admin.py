"""Staff pages about where customers meet us, and what happened there."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from journeys.forms import StageForm
from journeys.models import Interaction, JourneyMap, Stage, Touchpoint
from journeys.views import JourneyMapView, TimelineView
from journeys.words import line_of
from staff.limited import LimitedAdmin
from staff.unit_filter import UnitFilter


@admin.register(Touchpoint)
class TouchpointAdmin(LimitedAdmin):
    list_display = ["name", "slug", "shown_stages", "description"]
    search_fields = ["name", "slug"]
    list_filter = [UnitFilter]
    prepopulated_fields = {"slug": ["name"]}
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Touchpoint]:
        touchpoints: QuerySet[Touchpoint] = super().get_queryset(request)
        return touchpoints.prefetch_related("placements__stage__journey_map")

    @display(description=_("on the journey maps"))
    def shown_stages(self, touchpoint: Touchpoint) -> str:
        stages = [place.stage for place in touchpoint.placements.all()]
        return ", ".join(f"{stage.journey_map.name} · {stage.name}" for stage in stages)


class StageInline(TabularInline):
    model = Stage
    form = StageForm
    fields = ["name", "goal", "touchpoints", "position"]
    ordering_field = "position"
    hide_ordering_field = True
    extra = 0

    class Media:
        js = ["cx/journeys.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Stage]:
        stages: QuerySet[Stage] = super().get_queryset(request)
        return stages.prefetch_related("placements")


@admin.register(JourneyMap)
class JourneyMapAdmin(ModelAdmin):
    list_display = ["shown_name", "description", "stage_count", "edit"]
    list_display_links = None
    search_fields = ["name"]
    autocomplete_fields = ["persona"]
    inlines = [StageInline]
    actions_detail = ["show_map"]
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(JourneyMapView.as_view(model_admin=self))
        return [path("<int:pk>/map/", page, name="journeys_map"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[JourneyMap]:
        maps: QuerySet[JourneyMap] = super().get_queryset(request)
        return maps.annotate(stages_on_map=Count("stages"))

    @display(description=_("name"), ordering="name")
    def shown_name(self, journey_map: JourneyMap) -> str:
        return format_html(
            '<a class="cx-link" href="{}">{}</a>',
            reverse("admin:journeys_map", args=[journey_map.pk]),
            journey_map.name,
        )

    @display(description=_("stages"), ordering="stages_on_map")
    def stage_count(self, journey_map: JourneyMap) -> int:
        return int(getattr(journey_map, "stages_on_map", 0))

    @display(description="")
    def edit(self, journey_map: JourneyMap) -> str:
        return format_html(
            '<a class="cx-link" href="{}">{}</a>',
            reverse("admin:journeys_journeymap_change", args=[journey_map.pk]),
            _("Stages and touchpoints"),
        )

    @action(description=_("See the map"), icon="route")
    def show_map(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin:journeys_map", pk=object_id)


@admin.register(Interaction)
class InteractionAdmin(LimitedAdmin):
    """All that happened, to look things up; nobody edits the past."""

    list_display = ["at", "kind", "shown_customer", "touchpoint", "what", "source"]
    list_filter = ["kind", "touchpoint"]
    list_filter_submit = True
    list_select_related = ["customer", "touchpoint"]
    search_fields = ["customer__first_name", "customer__last_name", "external_id"]
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(TimelineView.as_view(model_admin=self))
        return [path("timeline/<int:pk>/", page, name="journeys_timeline"), *super().get_urls()]

    @display(description=_("customer"))
    def shown_customer(self, interaction: Interaction) -> str:
        return format_html(
            '<a class="cx-link" dir="auto" href="{}">{}</a>',
            reverse("admin:journeys_timeline", args=[interaction.customer_id]),
            interaction.customer,
        )

    @display(description=_("what"))
    def what(self, interaction: Interaction) -> str:
        line = line_of(interaction)
        return " · ".join(part for part in (line.badge, line.text) if part)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
