"""Staff pages about whom to call and how: playbooks, who was not called and why, goodwill, and how the loop is closed."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from events.columns import moment_column
from followups.models import (
    Goodwill,
    GoodwillLimit,
    LoopSettings,
    NotCalled,
    Playbook,
    PlaybookStep,
)
from followups.noticing import call_after_all
from followups.rules.matching import rule_words
from staff.limited import LimitedAdmin


class PlaybookStepInline(TabularInline):
    model = PlaybookStep
    fields = ["position", "text"]
    ordering_field = "position"
    hide_ordering_field = True
    extra = 1


@admin.register(Playbook)
class PlaybookAdmin(ModelAdmin):
    list_display = ["name"]
    search_fields = ["name"]
    inlines = [PlaybookStepInline]
    show_full_result_count = False


@admin.register(NotCalled)
class NotCalledAdmin(LimitedAdmin):
    """What rules noticed without opening a follow-up, with why; who should be called after all is chosen here."""

    list_before_template = "followups/not_called_note.html"
    list_display = ["customer", "shown_reason", "shown_rule", "value", "shown_at"]
    shown_at = moment_column(NotCalled, "at")
    list_filter = ["reason", "rule__team"]
    list_filter_submit = True
    list_select_related = [
        "customer",
        "rule__survey",
        "rule__topic",
        "rule__touchpoint",
        "rule__segment",
        "rule__unit",
    ]
    ordering = ["-at", "-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    actions = ["call_them"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: NotCalled | None = None) -> bool:
        return False

    def has_call_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("followups.change_followup")

    @display(
        description=_("why not"),
        ordering="reason",
        label={
            NotCalled.Reason.WAITING: "warning",
            NotCalled.Reason.CAPACITY: "danger",
            NotCalled.Reason.CONTROL: "info",
            NotCalled.Reason.CAUSE_ONLY: "info",
        },
    )
    def shown_reason(self, row: NotCalled) -> tuple[str, str]:
        return row.reason, row.get_reason_display()

    @display(description=_("rule"))
    def shown_rule(self, row: NotCalled) -> str:
        return rule_words(row.rule)

    @admin.action(description=_("Call them after all"), permissions=["call"])
    def call_them(self, request: HttpRequest, queryset: QuerySet[NotCalled]) -> None:
        related = queryset.select_related("rule", "survey_response", "interaction")
        n = len(call_after_all(related, at=timezone.now()))
        words = ngettext("%(n)s follow-up was opened.", "%(n)s follow-ups were opened.", n)
        messages.success(request, words % {"n": n})


@admin.register(Goodwill)
class GoodwillAdmin(LimitedAdmin):
    """What was granted, by whom; it is granted on the page of a follow-up."""

    list_display = ["follow_up", "points", "voucher", "by", "state", "shown_at"]
    shown_at = moment_column(Goodwill, "at")
    list_filter = ["state", "by"]
    list_filter_submit = True
    list_select_related = ["follow_up", "by"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Goodwill | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Goodwill | None = None) -> bool:
        return False


@admin.register(GoodwillLimit)
class GoodwillLimitAdmin(ModelAdmin):
    list_display = ["role", "points_each", "points_month"]
    show_full_result_count = False


@admin.register(LoopSettings)
class LoopSettingsAdmin(ModelAdmin):
    """One row, on one page."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.open_settings)
        return [path("edit/", page, name="followups_loop_settings"), *super().get_urls()]

    def open_settings(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self.change_view(request, str(LoopSettings.load().pk))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:followups_loop_settings")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LoopSettings | None = None) -> bool:
        return False
