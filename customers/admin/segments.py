"""Staff pages about segments: the rule builder, lists kept by hand, who uses a segment, and why somebody is in it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin
from unfold.widgets import UnfoldAdminTextareaWidget

from customers.admin.rules import RuleField, read_rule
from customers.models import Customer, Segment, SegmentMember
from customers.searching import search_customers
from customers.segments import RuleError, customers_matching
from customers.segments.belonging import segments_of
from customers.segments.lists import (
    MOST_PASTED,
    add_known,
    add_to_list,
    freeze_segment,
    lines_in,
    remove_from_list,
)
from customers.segments.uses import check_rule, uses_of
from customers.segments.words import Wording, explain
from staff.access import visible
from staff.limited import LimitedAdmin
from staff.views import member

NAMES_SHOWN = 5
OFFERED = 10
MOST_LISTS = 200
LONGEST_KEY = 19  # digits of a key that fits the database
LONGEST_TEXT = 500_000
MAY_VIEW, MAY_CHANGE, MAY_ADD = (f"customers.{verb}_segment" for verb in ("view", "change", "add"))


class SegmentForm(forms.ModelForm):
    description = forms.CharField(
        label=gettext_lazy("Description"),
        required=False,
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
    )
    rule = RuleField()

    def clean_rule(self) -> Any:
        """Once more with the segment itself: it cannot be part of its own rule, nor too much of others."""
        rule = self.cleaned_data["rule"]
        try:
            check_rule(rule, of=self.instance if self.instance.pk else None, at=timezone.now())
        except RuleError as error:
            raise ValidationError(str(error)) from error
        return rule


class WordedChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        wording = Wording()
        for segment in self.result_list:
            segment.words = wording.of_segment(segment)


@admin.register(Segment)
class SegmentAdmin(ModelAdmin):
    form = SegmentForm
    list_display = ["name", "kind", "shown_words", "description", "created_at"]
    list_filter = ["kind"]
    search_fields = ["name"]
    show_full_result_count = False
    warn_unsaved_form = True
    compressed_fields = False
    change_form_outer_before_template = "customers/segment_head.html"
    list_before_template = "customers/segment_list_links.html"

    def get_fields(self, request: HttpRequest, obj: Segment | None = None) -> Sequence[str]:
        is_list = obj.kind == Segment.Kind.LIST if obj else "list" in request.GET
        return ["name", "description"] if is_list else ["name", "description", "rule"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WordedChangeList

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        explaining, adding = (door(view.as_view(model_admin=self)) for view in (ExplainView, AddPeopleView))
        return [
            path("count/", door(self.count), name="customers_segment_count"),
            path("<int:pk>/freeze/", door(freeze_view), name="customers_segment_freeze"),
            path("<int:pk>/explain/", explaining, name="customers_segment_explain"),
            path("<int:pk>/people/", adding, name="customers_segment_people"),
            path("of/<int:pk>/", door(segments_of_view), name="customers_segment_of"),
            *super().get_urls(),
        ]

    def save_model(self, request: HttpRequest, obj: Segment, form: Any, change: Any) -> None:
        if not change and "list" in request.GET:
            obj.kind = Segment.Kind.LIST
        super().save_model(request, obj, form, change)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        segment = self.get_object(request, object_id)
        head = {"head": head_of(segment, request)} if segment else {}
        page: HttpResponse = super().change_view(request, object_id, form_url, (extra_context or {}) | head)
        return page

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, Any, list[Any]]:
        """What uses a segment protects it, whichever way it does."""
        found, counts, needed, _protected = super().get_deleted_objects(objs, request)
        uses = [f"{title} “{use.name}”" for segment in objs for title, use in uses_of(segment)]
        return found, counts, needed, uses

    def count(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return count_view(request)

    @display(description=gettext_lazy("who is in it"))
    def shown_words(self, segment: Segment) -> str:
        return getattr(segment, "words", "") or Wording().of_segment(segment)


def head_of(segment: Segment, request: HttpRequest) -> dict[str, Any]:
    """What stands above the form: the rule in words, what can be done with the segment, and what uses it."""
    is_list = segment.kind == Segment.Kind.LIST
    people = visible(SegmentMember.objects.filter(segment=segment), request.user)
    return {
        "segment": segment,
        "is_list": is_list,
        "words": Wording().of_segment(segment),
        "size": people.count() if is_list else None,
        "uses": uses_of(segment),
        "may_change": request.user.has_perm(MAY_CHANGE),
        "may_add": request.user.has_perm(MAY_ADD),
        "may_see_people": request.user.has_perm("customers.view_customer"),
    }


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


@require_POST
def freeze_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep those who are in a segment now as a list."""
    if not request.user.has_perm(MAY_ADD):
        raise PermissionDenied
    segment = get_object_or_404(Segment, pk=pk)
    try:
        frozen = freeze_segment(segment=segment, by=member(request), at=timezone.now())
    except RuleError as error:
        messages.error(request, str(error))
        return redirect("admin:customers_segment_change", pk)
    messages.success(request, _("Kept as a list. It stays as it is until somebody changes it."))
    return redirect("admin:customers_segment_change", frozen.pk)


class ExplainView(UnfoldModelAdminViewMixin, TemplateView):
    """Why a customer is in a segment or is not, part by part."""

    permission_required = (MAY_VIEW, "customers.view_customer")
    template_name = "customers/segment_explain.html"

    @property
    def title(self) -> str:
        return _("Who is in “%(segment)s”, and why") % {"segment": self.segment}

    @cached_property
    def segment(self) -> Segment:
        return get_object_or_404(Segment, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        customers = visible(Customer.objects.all(), self.request.user)
        chosen, text = self.request.GET.get("customer", ""), self.request.GET.get("q", "").strip()
        context: dict[str, Any] = {"segment": self.segment, "q": text}
        if chosen.isdecimal() and len(chosen) < LONGEST_KEY:
            context["customer"] = get_object_or_404(customers, pk=chosen)
            try:
                context["reason"] = explain(
                    segment=self.segment, customer=context["customer"], at=timezone.now()
                )
            except RuleError as error:
                context["problem"] = str(error)
        elif text:
            context["offered"] = search_customers(customers.prefetch_related("identities"), text)[:OFFERED]
        return super().get_context_data(**context, **kwargs)


class AddPeopleView(UnfoldModelAdminViewMixin, TemplateView):
    """Put people on a list by what they are known by, one on a line."""

    permission_required = MAY_CHANGE
    template_name = "customers/segment_people.html"

    @property
    def title(self) -> str:
        return _("Put people on “%(list)s”") % {"list": self.segment}

    @cached_property
    def segment(self) -> Segment:
        return get_object_or_404(Segment, pk=self.kwargs["pk"], kind=Segment.Kind.LIST)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(segment=self.segment, most=MOST_PASTED, **kwargs)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        text = request.POST.get("people", "")[:LONGEST_TEXT]
        n = len(lines_in(text))
        if not n or n > MOST_PASTED:
            problem = _("Write or paste 1 to %(most)s lines.") % {"most": MOST_PASTED}
            return self.render_to_response(self.get_context_data(text=text, problem=problem), status=400)
        result = add_known(segment=self.segment, text=text, by=member(request), at=timezone.now())
        unknown = "\n".join(result.unknown)
        return self.render_to_response(self.get_context_data(result=result, text=unknown))


def segments_of_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of a customer's page that says which segments they are in; a POST puts them on a list or takes them off."""
    user, at = member(request), timezone.now()
    if not (user.has_perm(MAY_VIEW) and user.has_perm("customers.view_customer")):
        raise PermissionDenied
    customer = get_object_or_404(visible(Customer.objects.all(), user), pk=pk)
    may_change = user.has_perm(MAY_CHANGE)
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        segment = list_chosen(request)
        if "remove" in request.POST:
            remove_from_list(segment=segment, customers=[pk], by=user, at=at)
        else:
            add_to_list(segment=segment, customers=Customer.objects.filter(pk=pk), by=user, at=at)
        if request.headers.get("HX-Request") is None:
            return redirect("admin:customers_customer_change", pk)
    segments = segments_of(customer=customer, at=at)
    context = {
        "customer": customer,
        "segments": segments,
        "lists": lists_without(segments) if may_change else [],
        "may_change": may_change,
    }
    return render(request, "customers/customer_segments.html", context)


def list_chosen(request: HttpRequest) -> Segment:
    key = request.POST.get("list", "")
    is_key = key.isdecimal() and len(key) < LONGEST_KEY
    return get_object_or_404(Segment, pk=key if is_key else 0, kind=Segment.Kind.LIST)


def lists_without(segments: Sequence[Segment]) -> list[Segment]:
    there = {segment.pk for segment in segments}
    lists = Segment.objects.filter(kind=Segment.Kind.LIST).order_by("name")[:MOST_LISTS]
    return [each for each in lists if each.pk not in there]


def put_on_list(request: HttpRequest, customers: QuerySet[Customer]) -> HttpResponse | None:
    """The bulk action of the list of customers: first asks for the list, then puts them on it."""
    if not request.user.has_perm(MAY_CHANGE):
        raise PermissionDenied
    if "list" not in request.POST and "new" not in request.POST:
        return choose_list(request, customers)
    name = request.POST.get("new", "").replace("\x00", "").strip()[:120]
    if name and (not request.user.has_perm(MAY_ADD) or Segment.objects.filter(name=name).exists()):
        return choose_list(request, customers, problem=_("Another segment has this name."))
    if not name and not request.POST.get("list"):
        return choose_list(request, customers, problem=_("Choose a list, or name a new one."))
    segment = Segment.objects.create(name=name, kind=Segment.Kind.LIST) if name else list_chosen(request)
    result = add_to_list(segment=segment, customers=customers, by=member(request), at=timezone.now())
    messages.success(
        request,
        ngettext(
            "%(n)s customer was put on “%(list)s”.", "%(n)s customers were put on “%(list)s”.", result.added
        )
        % {"n": result.added, "list": segment},
    )
    return None


def choose_list(request: HttpRequest, customers: QuerySet[Customer], *, problem: str = "") -> HttpResponse:
    context = admin.site.each_context(request) | {
        "title": _("Put on a list"),
        "n": customers.count(),
        "chosen": request.POST.getlist("_selected_action"),
        "is_all": request.POST.get("select_across", "0"),
        "lists": lists_without([]),
        "new": request.POST.get("new", ""),
        "may_add": request.user.has_perm(MAY_ADD),
        "problem": problem,
    }
    return render(request, "customers/segment_choose.html", context, status=400 if problem else 200)


@admin.register(SegmentMember)
class SegmentMemberAdmin(LimitedAdmin):
    """Who is on a list; reached from the list."""

    list_display = ["customer", "segment", "added_at", "added_by"]
    list_display_links = None
    list_select_related = ["customer", "segment", "added_by"]
    list_filter = [("segment", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["customer__first_name"]
    search_help_text = gettext_lazy("Name, e-mail, phone or customer number")
    show_full_result_count = False
    actions = ["take_off"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[SegmentMember], search_term: str
    ) -> tuple[QuerySet[SegmentMember], bool]:
        if not search_term.strip():
            return queryset, False
        found = search_customers(visible(Customer.objects.all(), request.user), search_term)
        return queryset.filter(customer__in=found.order_by().values("pk")), False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False  # it stands behind its list

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MAY_VIEW) and request.user.has_perm("customers.view_customer")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_take_off_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_CHANGE)

    @admin.action(description=gettext_lazy("Take off the list"), permissions=["take_off"])
    def take_off(self, request: HttpRequest, rows: QuerySet[SegmentMember]) -> None:
        by_segment: dict[Segment, list[int]] = {}
        for row in rows:
            by_segment.setdefault(row.segment, []).append(row.customer_id)
        for segment, customers in by_segment.items():
            remove_from_list(segment=segment, customers=customers, by=member(request), at=timezone.now())
        self.message_user(request, _("Done."), messages.SUCCESS)
