from collections.abc import Iterator
from typing import Any

import phonenumbers
from defusedcsv import csv
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from customers.admin.attributes import AttributesField
from customers.admin.merging import CompareView
from customers.admin.paging import KeysetChangeList, KeysetPaginator
from customers.admin.privacy import EraseView, ask_opt_in_view, export_view
from customers.admin.profile import ProfileView, looks_view
from customers.admin.segments import put_on_list
from customers.consent import record_consent, unsubscribe
from customers.identities import NotAnIdentity, digest_of, ensure_primaries, normal_form
from customers.models import Channel, Consent, Customer, Identity, Segment
from customers.searching import search_customers
from customers.segments import RuleError, members
from staff.access import limit_of, visible
from staff.admin.downloads import Echo
from staff.audit import audit
from staff.limited import LimitedAdmin
from staff.models import AuditEntry
from staff.unit_filter import UnitFilter
from staff.views import member

EXPORTED_AT_ONCE = 1_000
MOST_SEGMENTS = 200  # offered as filters
LONGEST_KEY = 19  # digits of a key that fits the database
EXPORT_HEAD = (
    "customer", "external_id", "email", "phone", "first_name", "last_name", "language", "country",
    "time_zone", "customer_since", "left_date", "preferred_channel", "consent", "attributes",
)  # fmt: skip


class CustomerForm(forms.ModelForm):
    attributes = AttributesField()
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=[(code, code) for code in sorted(phonenumbers.SUPPORTED_REGIONS)],
        initial=settings.COUNTRY,
        widget=UnfoldAdminSelectWidget,
    )
    preferred_channel = forms.ChoiceField(
        label=gettext_lazy("Prefers"),
        choices=[("", gettext_lazy("No preference")), *Channel.choices],
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=gettext_lazy("Campaigns use this channel first, where they have it and an address for it."),
    )


class IdentityForm(forms.ModelForm):
    """An identity in its normal form, with the digest that goes with it."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind, value = cleaned.get("kind"), cleaned.get("value")
        if kind and value:
            try:
                cleaned["value"] = normal_form(kind=kind, value=value, country="")
            except NotAnIdentity as error:
                raise ValidationError({"value": str(error)}) from error
            self.instance.digest = digest_of(cleaned["value"])
            if self.instance.pk is None:
                self.instance.is_primary = False  # the first of its kind becomes it after saving
        return cleaned


class IdentityInline(TabularInline):
    model = Identity
    form = IdentityForm
    fields = ["kind", "value", "source", "is_primary"]
    readonly_fields = ["is_primary"]
    extra = 0
    hide_title = True
    ordering = ["kind", "-is_primary", "pk"]

    def get_extra(self, request: HttpRequest, obj: Customer | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1


class ConsentInline(TabularInline):
    model = Consent
    fields = ["purpose", "channel", "state", "source", "at"]
    readonly_fields = ["source", "at"]
    extra = 0
    hide_title = True
    can_delete = False


class SegmentFilter(SimpleListFilter):
    title = gettext_lazy("segment")
    parameter_name = "segment"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        segments = Segment.objects.order_by("name")[:MOST_SEGMENTS]
        return [(str(segment.pk), segment.name) for segment in segments]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        chosen = self.value() or ""
        is_key = chosen.isdecimal() and len(chosen) < LONGEST_KEY
        segment = Segment.objects.filter(pk=chosen).first() if is_key else None
        if segment is None:
            return queryset
        try:
            return queryset.filter(pk__in=members(segment=segment, at=timezone.now()).values("pk"))
        except RuleError as error:
            messages.error(request, str(error))
            return queryset.none()


class SurveyConsentFilter(SimpleListFilter):
    title = gettext_lazy("surveys by e-mail")
    parameter_name = "consent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in Consent.State]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Customer]) -> QuerySet[Customer]:
        if self.value() not in Consent.State.values:
            return queryset
        asked = Consent.objects.filter(
            purpose=Consent.Purpose.SURVEY, channel="email", state=str(self.value())
        )
        return queryset.filter(pk__in=asked.values("customer"))


@admin.register(Customer)
class CustomerAdmin(LimitedAdmin):
    form = CustomerForm
    inlines = [IdentityInline, ConsentInline]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("first_name", "last_name"),
                    ("language", "country"),
                    ("time_zone",),
                    ("customer_since", "left_date"),
                    ("unit", "preferred_channel"),
                ]
            },
        ),
        (gettext_lazy("Attributes"), {"fields": ["attributes"]}),
    ]
    list_display = [
        "shown_name",
        "shown_email",
        "shown_phone",
        "unit",
        "language",
        "country",
        "customer_since",
    ]
    list_select_related = ["unit"]
    list_filter = [SegmentFilter, UnitFilter, "language", SurveyConsentFilter]
    list_filter_submit = True
    search_fields = ["first_name"]
    search_help_text = gettext_lazy("Name, e-mail, phone or customer number")
    sortable_by = ()
    paginator = KeysetPaginator
    list_per_page = 50
    show_full_result_count = False
    list_before_template = "customers/customer_list_links.html"
    actions = ["put_on_list"]
    warn_unsaved_form = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        customers: QuerySet[Customer] = super().get_queryset(request)
        return customers.prefetch_related(
            Prefetch("identities", Identity.objects.order_by("-is_primary", "pk"))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        return search_customers(queryset, search_term), False

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        profile = ProfileView.as_view(model_admin=self)
        return [
            path("export/", door(self.export), name="customers_customer_export"),
            path("<int:pk>/change/", door(profile), name="customers_customer_change"),
            path("<int:pk>/edit/", door(self.edit), name="customers_customer_edit"),
            path("<int:pk>/unsubscribe/", door(self.take_out), name="customers_customer_unsubscribe"),
            path(
                "<int:pk>/merge/",
                door(CompareView.as_view(model_admin=self)),
                name="customers_customer_merge",
            ),
            path("<int:pk>/looks/", door(looks_view), name="customers_customer_looks"),
            path("<int:pk>/ask/", door(ask_opt_in_view), name="customers_customer_ask"),
            path("<int:pk>/file/", door(export_view), name="customers_customer_file"),
            path(
                "<int:pk>/erase/",
                door(EraseView.as_view(model_admin=self)),
                name="customers_customer_erase",
            ),
            *super().get_urls(),
        ]

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        page: HttpResponse = self.change_view(request, str(pk))
        return page

    def response_post_save_change(self, request: HttpRequest, obj: Customer) -> HttpResponse:
        return redirect("admin:customers_customer_change", obj.pk)

    def response_post_save_add(self, request: HttpRequest, obj: Customer) -> HttpResponse:
        return redirect("admin:customers_customer_change", obj.pk)

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: Any) -> None:
        obj.updated_at = timezone.now()
        if not change:
            obj.created_at = obj.updated_at
        obj.unit = obj.unit or limit_of(request.user)
        super().save_model(request, obj, form, change)
        audit(
            user=member(request),
            action=AuditEntry.Action.CHANGED if change else AuditEntry.Action.CREATED,
            subject=obj,
            at=obj.updated_at,
            fields=form.changed_data,
        )

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False  # a customer is erased, with a receipt

    def has_put_on_list_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("customers.change_segment")

    @admin.action(description=gettext_lazy("Put on a list…"), permissions=["put_on_list"])
    def put_on_list(self, request: HttpRequest, customers: QuerySet[Customer]) -> HttpResponse | None:
        return put_on_list(request, customers)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        if change and formset.has_changed():
            audit(
                user=member(request),
                action=AuditEntry.Action.CHANGED,
                subject=form.instance,
                at=timezone.now(),
                fields=[formset.model._meta.model_name],
            )
        if formset.model is Consent:
            for consent in formset.save(commit=False):
                record_consent(
                    customer=form.instance,
                    purpose=consent.purpose,
                    channel=consent.channel,
                    state=consent.state,
                    source=f"staff: {request.user}"[:120],
                    by=member(request),
                    at=timezone.now(),
                )
            return
        super().save_formset(request, form, formset, change)
        ensure_primaries(customer=form.instance)

    def take_out(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        return take_out_view(request, pk)

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The filtered list as a CSV file, in a stream that never holds more than some rows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            chosen = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect("admin:customers_customer_changelist")
        audit(
            user=member(request),
            action=AuditEntry.Action.EXPORTED,
            subject=Customer(),
            at=timezone.now(),
            filters=sorted(request.GET),
        )
        return StreamingHttpResponse(
            csv_lines(chosen),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="customers.csv"'},
        )

    @display(description=gettext_lazy("customer"))
    def shown_name(self, customer: Customer) -> str:
        return str(customer)

    @display(description=gettext_lazy("e-mail"))
    def shown_email(self, customer: Customer) -> str:
        return left_to_right(first_of(customer, Identity.Kind.EMAIL))

    @display(description=gettext_lazy("phone"))
    def shown_phone(self, customer: Customer) -> str:
        return left_to_right(first_of(customer, Identity.Kind.PHONE))


def left_to_right(text: str) -> str:
    return format_html('<bdi dir="ltr">{}</bdi>', text) if text else ""


@require_POST
def take_out_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody asked us on the phone to stop writing."""
    if not request.user.has_perm("customers.change_consent"):
        raise PermissionDenied
    customer = get_object_or_404(visible(Customer.objects.all(), request.user), pk=pk)
    at = timezone.now()
    unsubscribe(customer=customer, source=f"staff: {member(request)}"[:120], at=at)
    audit(user=member(request), action=AuditEntry.Action.CHANGED, subject=customer, at=at, fields=["consent"])
    messages.success(request, _("%(customer)s gets no more surveys by e-mail.") % {"customer": customer})
    return redirect("admin:customers_customer_change", pk)


def first_of(customer: Customer, kind: str) -> str:
    return next((identity.value for identity in customer.identities.all() if identity.kind == kind), "")


def csv_lines(customers: QuerySet[Customer]) -> Iterator[str]:
    """The file for spreadsheets: what a customer wrote is never calculated; our import reads it back."""
    writer = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(EXPORT_HEAD)
    consents = Consent.objects.filter(purpose=Consent.Purpose.SURVEY, channel="email")
    after = None
    while True:
        page = customers.filter(pk__lt=after) if after else customers
        rows = list(
            page.order_by("-pk").prefetch_related(Prefetch("consents", consents, to_attr="survey_consents"))[
                :EXPORTED_AT_ONCE
            ]
        )
        for customer in rows:
            yield writer.writerow(exported(customer))
        if len(rows) < EXPORTED_AT_ONCE:
            return
        after = rows[-1].pk


def exported(customer: Any) -> list[Any]:
    states = [consent.state for consent in customer.survey_consents]
    attributes = "; ".join(f"{name}: {value}" for name, value in customer.attributes.items())
    return [
        customer.pk,
        first_of(customer, Identity.Kind.EXTERNAL),
        first_of(customer, Identity.Kind.EMAIL),
        first_of(customer, Identity.Kind.PHONE),
        customer.first_name,
        customer.last_name,
        customer.language,
        customer.country,
        customer.time_zone,
        customer.customer_since or "",
        customer.left_date or "",
        customer.preferred_channel,
        {Consent.State.GRANTED: "yes", Consent.State.WITHDRAWN: "no"}.get(states[0], "") if states else "",
        attributes,
    ]
