"""Staff pages about improvements."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from events.columns import moment_column
from followups.admin.improvement_views import BoardView, ImprovementView, ProposeView, improve_chosen_view
from followups.models import Improvement, TellingCampaign
from staff.limited import LimitedAdmin


@admin.register(Improvement)
class ImprovementAdmin(LimitedAdmin):
    """The list of all, to look things up; the work is done on the board."""

    list_display = [
        "title",
        "shown_state",
        "unit",
        "root_cause",
        "owner",
        "due_date",
        "shown_done_at",
        "is_public",
    ]
    shown_done_at = moment_column(Improvement, "done_at")
    list_filter = ["state", "root_cause", "owner", "touchpoint", "is_public"]
    list_filter_submit = True
    list_select_related = ["unit", "root_cause", "owner"]
    search_fields = ["title", "plan"]
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("board/", door(BoardView.as_view(model_admin=self)), name="followups_improvements"),
            path("propose/chosen/", door(improve_chosen_view), name="followups_improve_chosen"),
            path("propose/", door(ProposeView.as_view(model_admin=self)), name="followups_propose"),
            path(
                "<int:pk>/",
                door(ImprovementView.as_view(model_admin=self)),
                name="followups_improvement_page",
            ),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:followups_propose")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:followups_improvement_page", pk=object_id)

    def has_delete_permission(self, request: HttpRequest, obj: Improvement | None = None) -> bool:
        """What customers were told is not forgotten; an idea that comes to nothing is declined."""
        return False

    @display(
        description=gettext_lazy("state"),
        ordering="state",
        label={
            Improvement.State.PROPOSED: "info",
            Improvement.State.PLANNED: "info",
            Improvement.State.DOING: "warning",
            Improvement.State.DONE: "success",
            Improvement.State.MEASURED: "success",
        },
    )
    def shown_state(self, improvement: Improvement) -> tuple[str, str]:
        return improvement.state, improvement.get_state_display()


@admin.register(TellingCampaign)
class TellingCampaignAdmin(LimitedAdmin):
    list_display = ["shown_unit", "campaign"]
    list_select_related = ["unit", "campaign"]
    list_before_template = "followups/telling_note.html"
    fields = ["unit", "campaign"]
    show_full_result_count = False

    @display(description=gettext_lazy("unit"), ordering="unit")
    def shown_unit(self, telling: TellingCampaign) -> str:
        return str(telling.unit or gettext_lazy("Everywhere else"))
