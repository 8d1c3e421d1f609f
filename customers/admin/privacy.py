"""Staff pages about a customer's rights: a download of everything, erasure with its receipt, and how long we keep what."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin

from customers.admin.paging import KeysetChangeList, KeysetPaginator
from customers.models import Channel, Consent, Customer, Erasure, RetentionRule
from customers.opt_in import CannotAsk, request_opt_in
from customers.privacy.erasing import AlreadyErased, erase_customer, is_genuine, receipt_of
from customers.privacy.holdings import ImportInTheWay
from customers.privacy.personal import retentions
from customers.privacy.retention import COUNTED_AT_MOST, count_due
from customers.privacy.telling import export_customer
from staff.access import limit_of, visible
from staff.audit import audit
from staff.models import AuditEntry
from staff.views import member

MAY_EXPORT = "customers.export_customer"
MAY_ERASE = "customers.erase_customer"
PROFILE = "admin:customers_customer_change"
LONGEST_WORDING = 2_000
LONGEST_RECEIPT = 20_000
REFUSED, GONE = 422, 410


@require_POST
def export_view(request: HttpRequest, pk: int) -> HttpResponse:
    if not request.user.has_perm(MAY_EXPORT):
        raise PermissionDenied
    customer = get_object_or_404(visible(Customer.objects.all(), request.user), pk=pk)
    return HttpResponse(
        export_customer(customer=customer, by=member(request), at=timezone.now()),
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="customer-{pk}.zip"',
            "Cache-Control": "no-store",
        },
    )


@require_POST
def ask_opt_in_view(request: HttpRequest, pk: int) -> HttpResponse:
    """A mail asks the customer to confirm what they agreed to."""
    if not request.user.has_perm("customers.change_consent"):
        raise PermissionDenied
    customer = get_object_or_404(visible(Customer.objects.all(), request.user), pk=pk)
    wording = request.POST.get("wording", "").strip().replace("\x00", "")[:LONGEST_WORDING]
    purpose = request.POST.get("purpose", "")
    if not wording or purpose not in Consent.Purpose.values:
        messages.error(request, _("Choose a purpose and write what they are asked to agree to."))
        return redirect(PROFILE, pk)
    try:
        request_opt_in(
            customer=customer,
            purpose=purpose,
            channel=Channel.EMAIL,
            wording=wording,
            by=member(request),
            at=timezone.now(),
        )
    except CannotAsk as error:
        messages.error(request, str(error))
    else:
        audit(
            user=member(request),
            action=AuditEntry.Action.CHANGED,
            subject=customer,
            at=timezone.now(),
            fields=["consent"],
        )
        messages.success(request, _("The mail is on its way. They agree when they press the button in it."))
    return redirect(PROFILE, pk)


class EraseView(UnfoldModelAdminViewMixin, TemplateView):
    """Says what goes and what stays; the customer's number, typed, erases."""

    title = gettext_lazy("Erase a customer")
    permission_required = MAY_ERASE
    template_name = "customers/erase.html"

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(visible(Customer.objects.all(), self.request.user), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(
            customer=self.customer, reasons=Erasure.Reason.choices, **kwargs
        )
        return context

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.POST.get("number", "").strip() != str(self.customer.pk):
            return self.refuse(_("Type the number %(number)s to erase this customer.") % {"number": pk})
        reason = request.POST.get("reason", "")
        if reason not in Erasure.Reason.values:
            return self.refuse(_("Choose a reason."))
        try:
            erasure = erase_customer(
                customer=self.customer, by=member(request), at=timezone.now(), reason=reason
            )
        except ImportInTheWay:
            return self.refuse(_("A file with this customer is being imported. Try again when it is done."))
        except AlreadyErased:
            return redirect(PROFILE, pk)
        return redirect("admin:customers_erasure_change", erasure.pk)

    def refuse(self, problem: str) -> HttpResponse:
        typed = self.request.POST
        return self.render_to_response(self.get_context_data(problem=problem, typed=typed), status=REFUSED)


class ReceiptView(UnfoldModelAdminViewMixin, TemplateView):
    permission_required = MAY_ERASE
    template_name = "customers/erasure.html"

    @property
    def title(self) -> str:
        return str(self.erasure)

    @cached_property
    def erasure(self) -> Erasure:
        return get_object_or_404(
            visible_erasures(Erasure.objects.select_related("by"), self.request), pk=self.kwargs["pk"]
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(
            erasure=self.erasure, is_genuine=is_genuine(receipt_of(self.erasure)), **kwargs
        )
        return context


class ErasedView(UnfoldModelAdminViewMixin, TemplateView):
    """Where an erased customer was; for everybody who may not erase there never was anybody."""

    title = gettext_lazy("Erased")
    permission_required = "customers.view_customer"
    template_name = "customers/erased.html"

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        self.setup(request, pk=pk)
        erasure = Erasure.objects.filter(customer_number=pk).first()
        if erasure is None or not request.user.has_perm(MAY_ERASE) or limit_of(request.user):
            raise Http404
        return self.render_to_response(self.get_context_data(erasure=erasure), status=GONE)


class CheckReceiptView(UnfoldModelAdminViewMixin, TemplateView):
    title = gettext_lazy("Check a receipt")
    permission_required = MAY_ERASE
    template_name = "customers/check_receipt.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        typed = request.POST.get("receipt", "")[:LONGEST_RECEIPT]
        try:
            is_ours = is_genuine(json.loads(typed))
        except (ValueError, RecursionError):
            is_ours = False
        return self.render_to_response(self.get_context_data(typed=typed, is_checked=True, is_ours=is_ours))


class Unchangeable(ModelAdmin):
    """A list to read, behind `permission`."""

    permission = ""
    sortable_by = ()
    show_full_result_count = False
    list_per_page = 50
    paginator = KeysetPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(self.permission)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Erasure)
class ErasureAdmin(Unchangeable):
    permission = MAY_ERASE
    list_display = ["customer_number", "reason", "by", "at", "is_verified"]
    list_select_related = ["by"]
    list_before_template = "customers/erasure_list_links.html"

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path(
                "check/",
                door(CheckReceiptView.as_view(model_admin=self)),
                name="customers_erasure_check",
            ),
            path(
                "<int:pk>/change/",
                door(ReceiptView.as_view(model_admin=self)),
                name="customers_erasure_change",
            ),
            path("<int:pk>/receipt/", door(self.receipt), name="customers_erasure_receipt"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Erasure]:
        return visible_erasures(super().get_queryset(request), request)

    def receipt(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        erasure = get_object_or_404(visible_erasures(Erasure.objects.all(), request), pk=pk)
        name = f'attachment; filename="erasure-{erasure.customer_number}.json"'
        return JsonResponse(receipt_of(erasure), headers={"Content-Disposition": name})


def visible_erasures(erasures: QuerySet[Erasure], request: HttpRequest) -> QuerySet[Erasure]:
    """For those who see only a unit: of customers who belonged to it."""
    if limit_of(request.user) is None:
        return erasures
    seen = visible(Customer.everybody.all(), request.user).order_by().values("pk")
    return erasures.filter(customer_number__in=seen)


@admin.register(RetentionRule)
class RetentionRuleAdmin(ModelAdmin):
    """One row a kind of data; the list says how many rows each rule would touch now."""

    list_display = ["shown_kind", "months", "is_active", "shown_due", "last_run_at", "last_count"]
    fields = ["shown_kind", "shown_effect", "shown_due", "months", "is_active"]
    readonly_fields = ["shown_kind", "shown_effect", "shown_due"]
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).filter(kind__in=retentions())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rules are for everybody's data, so not for those who see only a unit."""
        return request.user.has_perm(MAY_ERASE) and limit_of(request.user) is None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("kind of data"))
    def shown_kind(self, rule: RetentionRule) -> str:
        return str(retentions()[rule.kind].title)

    @display(description=gettext_lazy("what happens then"))
    def shown_effect(self, rule: RetentionRule) -> str:
        return str(retentions()[rule.kind].what_happens)

    @display(description=gettext_lazy("would be touched now"))
    def shown_due(self, rule: RetentionRule) -> str:
        n = count_due(rule, at=timezone.now())
        return _("%(n)s or more") % {"n": n} if n >= COUNTED_AT_MOST else str(n)
