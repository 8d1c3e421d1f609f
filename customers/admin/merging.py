"""Staff pages about people who exist twice: suggestions, conflicts, a comparison side by side, and the way back."""

from itertools import combinations
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin

from customers.admin.paging import KeysetChangeList, KeysetPaginator
from customers.merging.comparing import REASONS, compare
from customers.merging.duplicates import dismiss_suggestion, find_duplicates
from customers.merging.merges import NotMergeable, NotUndoable, merge, unmerge
from customers.models import Customer, IdentityConflict, Merge, SuggestedDuplicate
from customers.resolving import dismiss_conflict
from customers.searching import search_customers
from events.boundary import id_from
from staff.access import limit_of, visible
from staff.limited import LimitedAdmin
from staff.views import member

MAY_MERGE = "customers.merge_customer"
PROFILE = "admin:customers_customer_change"
OFFERED = 10
CONFLICT = 409


class CompareView(UnfoldModelAdminViewMixin, TemplateView):
    """`?with=` is the other customer, `?q=` looks for one; `?keep=` is who is kept."""

    permission_required = MAY_MERGE
    template_name = "customers/compare.html"

    @property
    def title(self) -> str:
        return _("Merge customers")

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(visible(Customer.objects.all(), self.request.user), pk=self.kwargs["pk"])

    @cached_property
    def other(self) -> Customer | None:
        number = id_from(self.request.GET.get("with"))
        if not number:
            return None
        return get_object_or_404(
            visible(Customer.objects.exclude(pk=self.customer.pk), self.request.user), pk=number
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept, merged = self.customer, self.other
        if merged is None:
            return super().get_context_data(customer=kept, q=self.query, offered=self.offered(), **kwargs)
        return super().get_context_data(
            customer=kept, kept=kept, merged=merged, compared=compare(kept=kept, merged=merged), **kwargs
        )

    @property
    def query(self) -> str:
        return self.request.GET.get("q", "").strip()[:200]

    def offered(self) -> QuerySet[Customer] | None:
        if not self.query:
            return None
        others = visible(Customer.objects.exclude(pk=self.customer.pk), self.request.user)
        return search_customers(others.prefetch_related("identities"), self.query)[:OFFERED]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if self.other is None:
            return redirect("admin:customers_customer_merge", pk)
        try:
            done = merge(kept=self.customer, merged=self.other, by=member(request), at=timezone.now())
        except NotMergeable as error:
            return self.render_to_response(self.get_context_data(problem=str(error)), status=CONFLICT)
        messages.success(request, _("Both are one customer now."))
        return redirect("admin:customers_merge_change", done.pk)


class MergeView(UnfoldModelAdminViewMixin, TemplateView):
    permission_required = "customers.view_customer"
    template_name = "customers/merge.html"

    @property
    def title(self) -> str:
        return str(self.merge)

    @cached_property
    def merge(self) -> Merge:
        seen = visible(Customer.everybody.all(), self.request.user)
        merges = Merge.objects.select_related("kept", "merged", "by", "undone_by").filter(kept__in=seen)
        return get_object_or_404(merges, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            merge=self.merge, may_merge=self.request.user.has_perm(MAY_MERGE), **kwargs
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not request.user.has_perm(MAY_MERGE):
            raise PermissionDenied
        try:
            unmerge(merge=self.merge, by=member(request), at=timezone.now())
        except NotUndoable as error:
            return self.render_to_response(self.get_context_data(problem=str(error)), status=CONFLICT)
        messages.success(request, _("They are two customers again."))
        return redirect("admin:customers_merge_change", pk)


class ReadOnlyAdmin(LimitedAdmin):
    sortable_by = ()
    paginator = KeysetPaginator
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(MAY_MERGE))


@admin.register(Merge)
class MergeAdmin(ReadOnlyAdmin):
    list_display = ["__str__", "kept", "merged", "by", "at", "undone_at"]
    list_select_related = ["kept", "merged", "by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Merge]:
        merges: QuerySet[Merge] = super().get_queryset(request)
        return merges.filter(kept__in=visible(Customer.everybody.all(), request.user))

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(MergeView.as_view(model_admin=self))
        return [path("<int:pk>/change/", page, name="customers_merge_change"), *super().get_urls()]


@admin.register(SuggestedDuplicate)
class SuggestedDuplicateAdmin(ReadOnlyAdmin):
    list_display = ["shown_first", "shown_second", "shown_reasons", "found_at", "shown_actions"]
    list_display_links = None
    list_select_related = ["first", "second"]
    list_before_template = "customers/duplicate_list_links.html"

    class Media:
        css = {"all": ("cx/customers.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[SuggestedDuplicate]:
        seen = visible(Customer.objects.all(), request.user)
        suggested: QuerySet[SuggestedDuplicate] = super().get_queryset(request)
        # Not `first__in=seen, second__in=seen`: SQLite would try every customer with every other one.
        return suggested.filter(
            Exists(seen.filter(pk=OuterRef("first_id"))),
            Exists(seen.filter(pk=OuterRef("second_id"))),
            state=SuggestedDuplicate.State.OPEN,
        )

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("find/", door(find_view), name="customers_suggestedduplicate_find"),
            path("<int:pk>/dismiss/", door(dismiss_view), name="customers_suggestedduplicate_dismiss"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("customer"))
    def shown_first(self, suggestion: SuggestedDuplicate) -> str:
        return link_to(suggestion.first)

    @display(description=gettext_lazy("other customer"))
    def shown_second(self, suggestion: SuggestedDuplicate) -> str:
        return link_to(suggestion.second)

    @display(description=gettext_lazy("why"))
    def shown_reasons(self, suggestion: SuggestedDuplicate) -> str:
        labels = ((REASONS.get(reason, reason),) for reason in suggestion.reasons)
        badges = format_html_join(" ", '<span class="cx-badge cx-badge-info">{}</span>', labels)
        return format_html('<span class="cu-badges">{}</span>', badges)

    @display(description="")
    def shown_actions(self, suggestion: SuggestedDuplicate) -> str:
        return format_html(
            '<a class="cx-btn cx-btn-small" href="{}?with={}">{}</a> '
            '<button class="cx-btn cx-btn-small cx-btn-plain" formmethod="post" formaction="{}">{}</button>',
            reverse("admin:customers_customer_merge", args=[suggestion.first_id]),
            suggestion.second_id,
            _("Compare"),
            reverse("admin:customers_suggestedduplicate_dismiss", args=[suggestion.pk]),
            _("Different people"),
        )


@admin.register(IdentityConflict)
class IdentityConflictAdmin(ReadOnlyAdmin):
    list_display = ["shown_identities", "shown_customers", "source", "at", "shown_actions"]
    list_display_links = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdentityConflict]:
        conflicts: QuerySet[IdentityConflict] = super().get_queryset(request)
        waiting = conflicts.filter(state=IdentityConflict.State.OPEN)
        return within_sight(waiting, request).prefetch_related("customers")

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("<int:pk>/dismiss/", door(dismiss_conflict_view), name="customers_identityconflict_dismiss"),
            *super().get_urls(),
        ]

    @display(description=gettext_lazy("identities"))
    def shown_identities(self, conflict: IdentityConflict) -> str:
        values = ((known["value"],) for known in conflict.identities)
        return format_html_join(" · ", '<bdi dir="ltr">{}</bdi>', values)

    @display(description=gettext_lazy("customers"))
    def shown_customers(self, conflict: IdentityConflict) -> str:
        return format_html_join(" · ", "{}", ((link_to(each),) for each in conflict.customers.all()))

    @display(description="")
    def shown_actions(self, conflict: IdentityConflict) -> str:
        pairs = list(combinations(conflict.customers.all(), 2))
        comparisons = format_html_join(
            " ",
            '<a class="cx-btn cx-btn-small" href="{}?with={}">{}</a>',
            (
                (
                    reverse("admin:customers_customer_merge", args=[first.pk]),
                    second.pk,
                    _("Compare") if len(pairs) == 1 else f"{first} · {second}",
                )
                for first, second in pairs
            ),
        )
        return format_html(
            "{} "
            '<button class="cx-btn cx-btn-small cx-btn-plain" formmethod="post" formaction="{}">{}</button>',
            comparisons,
            reverse("admin:customers_identityconflict_dismiss", args=[conflict.pk]),
            _("Different people"),
        )


def within_sight(conflicts: QuerySet[IdentityConflict], request: HttpRequest) -> QuerySet[IdentityConflict]:
    """Those whose people this member of staff may all see."""
    if limit_of(request.user) is None:
        return conflicts
    seen = visible(Customer.everybody.all(), request.user)
    return conflicts.exclude(customers__in=Customer.everybody.exclude(pk__in=seen.values("pk")))


def link_to(customer: Customer) -> str:
    return format_html(
        '<a class="cx-link" href="{}"><bdi>{}</bdi></a>', reverse(PROFILE, args=[customer.pk]), customer
    )


@require_POST
def find_view(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(MAY_MERGE):
        raise PermissionDenied
    found = find_duplicates(at=timezone.now())
    messages.success(
        request,
        _("%(pairs)s pairs look alike. %(common)s likenesses were too common to say anything.")
        % {"pairs": found.pairs, "common": found.too_common},
    )
    return redirect("admin:customers_suggestedduplicate_changelist")


@require_POST
def dismiss_view(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm(MAY_MERGE):
        raise PermissionDenied
    seen = visible(Customer.objects.all(), request.user)
    dismiss_suggestion(
        suggestion=get_object_or_404(SuggestedDuplicate, pk=pk, first__in=seen, second__in=seen)
    )
    messages.success(request, _("They are different people: nobody will suggest them again."))
    return redirect("admin:customers_suggestedduplicate_changelist")


@require_POST
def dismiss_conflict_view(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm(MAY_MERGE):
        raise PermissionDenied
    conflict = get_object_or_404(within_sight(IdentityConflict.objects.all(), request), pk=pk)
    dismiss_conflict(conflict=conflict, by=member(request), at=timezone.now())
    messages.success(request, _("They stay different people."))
    return redirect("admin:customers_identityconflict_changelist")
