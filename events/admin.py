"""Staff pages about what happened: the log, and the reactions that failed on it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from events.delivery import try_again
from events.models import Event, ReactionRetry


class ReadOnlyAdmin(ModelAdmin):
    """What the platform wrote; people read it."""

    show_full_result_count = False
    paginator = InfinitePaginator  # counts nothing: the log can be long

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.opts.fields if field.editable]


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["type", "subject", "at", "delivered_at"]
    search_fields = ["type__startswith", "subject__exact"]
    search_help_text = _("The beginning of a type, or the number of the record it is about")
    ordering = ["-pk"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ReactionRetry)
class ReactionRetryAdmin(ReadOnlyAdmin):
    list_display = ["reaction", "event", "shown_state", "attempts", "due_at", "error"]
    list_filter = ["state"]
    list_select_related = ["event"]
    search_fields = ["reaction"]
    ordering = ["-pk"]
    actions = ["try_reactions_again"]

    @display(
        description=_("state"),
        ordering="state",
        label={
            ReactionRetry.State.WAITING: "info",
            ReactionRetry.State.DONE: "success",
            ReactionRetry.State.GIVEN_UP: "danger",
        },
    )
    def shown_state(self, retry: ReactionRetry) -> tuple[str, str]:
        return retry.state, retry.get_state_display()

    @admin.action(description=_("Try again"), permissions=["change"])
    def try_reactions_again(self, request: HttpRequest, retries: QuerySet[ReactionRetry]) -> None:
        n = try_again(retries=list(retries.values_list("pk", flat=True)), at=timezone.now())
        self.message_user(
            request,
            ngettext("%(n)s reaction is tried again.", "%(n)s reactions are tried again.", n) % {"n": n},
        )
