from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from customers.admin.rules import RuleField, read_rule
from customers.models import Segment
from customers.segments import customers_matching
from staff.access import visible

NAMES_SHOWN = 5


class SegmentForm(forms.ModelForm):
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    rule = RuleField()


@admin.register(Segment)
class SegmentAdmin(ModelAdmin):
    form = SegmentForm
    fields = ["name", "description", "rule"]
    list_display = ["name", "description", "shown_conditions", "created_at"]
    search_fields = ["name"]
    show_full_result_count = False
    warn_unsaved_form = True
    compressed_fields = False

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [path("count/", door(self.count), name="customers_segment_count"), *super().get_urls()]

    def count(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return count_view(request)

    @display(description=gettext_lazy("conditions"))
    def shown_conditions(self, segment: Segment) -> int:
        return conditions_in(segment.rule)


def conditions_in(rule: Any) -> int:
    if not isinstance(rule, dict) or not rule:
        return 0
    if "not" in rule:
        return conditions_in(rule["not"])
    children = rule.get("all", rule.get("any"))
    return sum(map(conditions_in, children)) if isinstance(children, list) else 1


@require_POST
def count_view(request: HttpRequest) -> HttpResponse:
    """How many customers a rule in the making finds, and the newest of them."""
    try:
        customers = visible(
            customers_matching(read_rule(request.POST.get("rule", "")), at=timezone.now()), request.user
        )
    except ValidationError as error:
        return render(request, "customers/segment_count.html", {"problem": error.messages[0]})
    context = {
        "n": customers.count(),
        "names": [str(each) for each in customers.order_by("-pk")[:NAMES_SHOWN]],
    }
    return render(request, "customers/segment_count.html", context)
