"""The staff pages of root causes: a tree, as a list that is indented."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from followups.causes import CauseRefused, CauseTree, check_cause, check_may_go, delete_cause, keep_cause
from followups.models import RootCause
from followups.pages.cause_field import indented

INDENT = 1.5  # rem a level


class RootCauseForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "parent" in self.fields:
            tree = CauseTree.load()
            mine = tree.branch(self.instance.pk) if self.instance.pk else set()
            offered = [(each.pk, indented(each, depth)) for each, depth in tree.walk() if each.pk not in mine]
            self.fields["parent"].choices = [("", gettext("nothing: it stands at the top")), *offered]  # type: ignore[attr-defined]  # a choice field

    def clean_parent(self) -> RootCause | None:
        parent: RootCause | None = self.cleaned_data["parent"]
        try:
            check_cause(cause=self.instance, parent=parent)
        except CauseRefused as error:
            raise ValidationError(str(error)) from error
        return parent


class TreeOfCauses(ChangeList):
    def get_ordering(self, request: HttpRequest, queryset: QuerySet[RootCause]) -> list[str]:
        return ["place"]


@admin.register(RootCause)
class RootCauseAdmin(ModelAdmin):
    form = RootCauseForm
    fields = ["name", "parent", "position", "is_active"]
    list_display = ["shown_name", "is_active", "shown_follow_ups"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    sortable_by = ()
    list_per_page = 500
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[RootCause]:
        walk = list(CauseTree.load().walk())
        return RootCause.objects.annotate(
            place=by_number({cause.pk: n for n, (cause, _depth) in enumerate(walk)}),
            depth=by_number({cause.pk: depth for cause, depth in walk}),
            used=Count("follow_ups"),
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TreeOfCauses

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: each for name, each in super().get_actions(request).items() if name != "delete_selected"
        }

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            page: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except CauseRefused as error:  # somebody else moved a branch after the form was checked
            messages.error(request, str(error))
            return redirect(request.path)
        return page

    def save_model(self, request: HttpRequest, obj: RootCause, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        keep_cause(cause=obj)

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """Before anything is shown: Django would list every follow-up that stands in the way."""
        cause = self.get_object(request, object_id)
        try:
            if cause and self.has_delete_permission(request, cause):
                check_may_go(cause=cause)
        except CauseRefused as error:
            messages.error(request, str(error))
            return redirect("admin:followups_rootcause_change", object_id)
        page: HttpResponse = super().delete_view(request, object_id, *args, **kwargs)
        return page

    def delete_model(self, request: HttpRequest, obj: RootCause) -> None:
        delete_cause(cause=obj)

    @display(description=_("name"))
    def shown_name(self, cause: Any) -> str:
        return format_html(
            '<span dir="auto" style="padding-inline-start: {}rem">{}</span>', cause.depth * INDENT, cause.name
        )

    @display(description=_("follow-ups"))
    def shown_follow_ups(self, cause: Any) -> str:
        page = reverse("admin:followups_followup_changelist")
        return format_html(
            '<a class="cx-link" href="{}?root_cause__id__exact={}">{}</a>', page, cause.pk, cause.used
        )


def by_number(numbers: dict[int, int]) -> Case:
    return Case(
        *(When(pk=pk, then=Value(n)) for pk, n in numbers.items()),
        default=Value(0),
        output_field=IntegerField(),
    )
