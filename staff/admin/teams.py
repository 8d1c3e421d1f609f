"""The pages of teams: who is in them, and the chat they read in."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from mail.messages import Ending
from staff.chats import try_chat
from staff.models import Team


@require_POST
def try_chat_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Post a test message to the saved address, and show what the chat answered."""
    if not request.user.has_perm("staff.change_team"):
        raise PermissionDenied
    team = get_object_or_404(Team, pk=pk)
    outcome = try_chat(team=team)
    if outcome.ending is Ending.ACCEPTED:
        said = gettext("The chat took the test message and answered: %(words)s")
        messages.success(request, said % {"words": outcome.words})
    else:
        said = gettext("The chat did not take the test message: %(words)s")
        messages.error(request, said % {"words": outcome.words})
    return redirect("admin:staff_team_change", team.pk)


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    list_display = ["name", "lead", "calendar", "people"]
    list_select_related = ["lead", "calendar"]
    search_fields = ["name"]
    autocomplete_fields = ["lead", "manager", "members", "calendar"]
    show_full_result_count = False
    change_form_outer_after_template = "staff/team_chat.html"

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view(try_chat_view)
        return [path("<int:pk>/try-chat/", door, name="staff_try_chat"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(people_count=Count("members"))

    @display(description=_("people"), ordering="people_count")
    def people(self, team: Team) -> int:
        return int(getattr(team, "people_count", 0))
