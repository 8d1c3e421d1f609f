"""The audit trail: who looked at whom, and who changed what. Read only."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from customers.admin.privacy import Unchangeable
from customers.models import Customer
from staff.access import limit_of, lookups, visible
from staff.models import AuditEntry

LONGEST_KEY = 19  # digits of a key that fits the database
CUSTOMER = "customers.customer"


@admin.register(AuditEntry)
class AuditEntryAdmin(Unchangeable):
    permission = "staff.view_auditentry"
    list_display = ["at", "user", "action", "shown_subject", "shown_detail"]
    list_display_links = None
    list_filter = ["action", "at", ("user", admin.RelatedOnlyFieldListFilter)]
    list_filter_submit = True
    list_select_related = ["user"]
    search_fields = ["subject"]
    search_help_text = _("Customer number")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        """For those who see only a unit: what was done to its customers, and to what is nobody's data."""
        entries: QuerySet[AuditEntry] = super().get_queryset(request)
        if limit_of(request.user) is None:
            return entries
        seen = visible(Customer.everybody.all(), request.user).order_by().values("pk")
        is_theirs = Q(subject_kind=CUSTOMER, subject__in=seen)
        return entries.filter(is_theirs | ~Q(subject_kind__in=[label.lower() for label in lookups()]))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        is_key = term.isdecimal() and len(term) < LONGEST_KEY
        return queryset.filter(subject_kind=CUSTOMER, subject=int(term) if is_key else 0), False

    @display(description=_("about"))
    def shown_subject(self, entry: AuditEntry) -> str:
        if entry.subject_kind == CUSTOMER and entry.subject:
            address = reverse("admin:customers_customer_change", args=[entry.subject])
            return format_html(
                '<a class="cx-link" href="{}">{} {}</a>', address, _("Customer"), entry.subject
            )
        return f"{entry.subject_kind} {entry.subject or ''}"

    @display(description=_("detail"))
    def shown_detail(self, entry: AuditEntry) -> str:
        return ", ".join(
            f"{name}: {', '.join(map(str, part)) if isinstance(part, list) else part}"
            for name, part in entry.detail.items()
        )
