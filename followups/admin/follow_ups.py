"""Staff pages about follow-ups: the inbox, one follow-up, and how soon things are due."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from events.columns import moment_column
from followups.admin.conversation_views import ConversationView
from followups.admin.file_views import message_file_view
from followups.admin.follow_up_views import FollowUpView
from followups.admin.inbox_views import InboxView, take_follow_up_view
from followups.admin.new_views import NewFollowUpView
from followups.models import FollowUp, ServiceLevel
from followups.pages.improvement_about import CHOSEN_AT_MOST
from followups.words import score_words
from staff.limited import LimitedAdmin


@admin.register(FollowUp)
class FollowUpAdmin(LimitedAdmin):
    """The list of all, to look things up; the work is done in the inbox."""

    list_display = [
        "__str__",
        "customer",
        "source",
        "shown_score",
        "shown_state",
        "priority",
        "team",
        "owner",
        "shown_due_at",
        "outcome",
    ]
    shown_due_at = moment_column(FollowUp, "due_at")
    list_filter = ["source", "state", "priority", "team", "outcome", "root_cause", "survey_response__survey"]
    list_filter_submit = True
    list_select_related = ["customer", "team", "owner", "survey_response", "interaction"]
    search_fields = ["customer__first_name", "customer__last_name", "customer__identities__value"]
    date_hierarchy = None
    ordering = ["-pk"]
    paginator = InfinitePaginator
    show_full_result_count = False
    actions = ["link_to_improvement"]

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("new/", door(NewFollowUpView.as_view(model_admin=self)), name="followups_new"),
            path("inbox/", door(InboxView.as_view(model_admin=self)), name="followups_inbox"),
            path("<int:pk>/", door(FollowUpView.as_view(model_admin=self)), name="followups_follow_up"),
            path(
                "<int:pk>/conversation/",
                door(ConversationView.as_view(model_admin=self)),
                name="followups_conversation",
            ),
            path("files/<int:pk>/", door(message_file_view), name="followups_file"),
            path("<int:pk>/take/", door(take_follow_up_view), name="followups_take"),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:followups_follow_up", pk=object_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_improve_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("followups.add_improvement")

    @action(description=gettext_lazy("Link to an improvement"), permissions=["improve"])
    def link_to_improvement(self, request: HttpRequest, queryset: QuerySet[FollowUp]) -> HttpResponse | None:
        chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[: CHOSEN_AT_MOST + 1])
        if len(chosen) > CHOSEN_AT_MOST:
            sentence = _(
                "Choose at most %(n)s at once, or link all of a root cause on the page of the improvement."
            )
            messages.warning(request, sentence % {"n": CHOSEN_AT_MOST})
            return None
        return redirect(f"{reverse('admin:followups_propose')}?follow_ups={','.join(map(str, chosen))}")

    @display(description=gettext_lazy("score"), ordering="score")
    def shown_score(self, follow_up: FollowUp) -> str:
        return score_words(follow_up)

    @display(
        description=gettext_lazy("state"),
        ordering="state",
        label={
            FollowUp.State.OPEN: "warning",
            FollowUp.State.CONTACTED: "info",
            FollowUp.State.WAITING: "info",
            FollowUp.State.RESOLVED: "success",
        },
    )
    def shown_state(self, follow_up: FollowUp) -> tuple[str, str]:
        return follow_up.state, follow_up.get_state_display()


@admin.register(ServiceLevel)
class ServiceLevelAdmin(ModelAdmin):
    """One for each priority: they are set, not added or removed."""

    list_display = ["priority", "contact_hours", "resolve_hours", "warn_hours", "manager_hours"]
    readonly_fields = ["priority"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ServiceLevel | None = None) -> bool:
        return False
