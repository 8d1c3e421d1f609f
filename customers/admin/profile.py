"""Everything about one customer on one page; other rooms lend their panels."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, OuterRef, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from customers.admin.privacy import MAY_ERASE, MAY_EXPORT, ErasedView
from customers.identities import make_primary
from customers.merging.comparing import look_alikes
from customers.models import Channel, Consent, Customer, Identity, Suppression
from customers.panels import panels_of
from staff.access import visible
from staff.audit import audit, audit_look
from staff.models import AuditEntry
from staff.views import member

MAY_MERGE = "customers.merge_customer"
MAY_SEE_LOOKS = "staff.view_auditentry"
LOOKS_SHOWN = 5
LONGEST_KEY = 19  # digits of a key that fits the database
CHANNEL_OF_KIND = {Identity.Kind.EMAIL: Channel.EMAIL, Identity.Kind.PHONE: Channel.SMS}


class ProfileView(UnfoldModelAdminViewMixin, TemplateView):
    permission_required = "customers.view_customer"
    template_name = "customers/profile.html"

    @property
    def title(self) -> str:
        return str(self.customer)

    @cached_property
    def customer(self) -> Customer:
        """Whoever has the number: present, merged or erased; `look_alikes` are counted for those who may merge."""
        found = Customer.everybody.select_related("unit")
        if self.request.user.has_perm(MAY_MERGE):
            found = found.annotate(look_alikes=look_alikes(user=member(self.request)))
        return get_object_or_404(visible(found, self.request.user), pk=self.kwargs["pk"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The customer; where an erased one was, those who may erase find the receipt."""
        if self.customer.merged_into_id:
            return redirect("admin:customers_customer_change", self.customer.merged_into_id)
        if self.customer.erased_at:
            return ErasedView(model_admin=self.model_admin).answer(request, **kwargs)
        page: HttpResponse = super().get(request, *args, **kwargs)
        return page

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, at = member(self.request), timezone.now()
        audit_look(user=user, subject=self.customer, at=at)
        panels = panels_of(customer=self.customer, user=user, at=at, request=self.request)
        return super().get_context_data(
            customer=self.customer,
            rests_until=self.rests_until(at),
            identities=identities_of(self.customer) if user.has_perm("customers.view_identity") else [],
            consents=self.customer.consents.all() if user.has_perm("customers.view_consent") else [],
            may_see_segments=user.has_perm("customers.view_segment"),
            main_panels=[panel for panel in panels if panel["place"] == "main"],
            side_panels=[panel for panel in panels if panel["place"] != "main"],
            may_change=user.has_perm("customers.change_customer"),
            may_change_identity=user.has_perm("customers.change_identity"),
            may_change_consent=user.has_perm("customers.change_consent"),
            may_export=user.has_perm(MAY_EXPORT),
            may_erase=user.has_perm(MAY_ERASE),
            may_merge=user.has_perm(MAY_MERGE),
            look_alikes=getattr(self.customer, "look_alikes", 0),
            purposes=Consent.Purpose.choices,
            may_see_looks=user.has_perm(MAY_SEE_LOOKS),
            **kwargs,
        )

    def rests_until(self, at: datetime) -> datetime | None:
        """Until when they asked for a rest from surveys, if that is still to come."""
        until = self.customer.snoozed_until
        return until if until and until > at else None

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """An identity becomes the one by which the customer is reached."""
        if not request.user.has_perm("customers.change_identity"):
            raise PermissionDenied
        chosen = request.POST.get("primary", "")
        identity = get_object_or_404(
            visible(Identity.objects.all(), request.user),
            pk=chosen if chosen.isdecimal() and len(chosen) < LONGEST_KEY else 0,
            customer=pk,
        )
        at = timezone.now()
        make_primary(identity=identity, at=at)
        audit(
            user=member(request),
            action=AuditEntry.Action.CHANGED,
            subject=identity.customer,
            at=at,
            fields=["primary"],
        )
        return redirect("admin:customers_customer_change", pk)


def looks_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that says who looked at the customer last."""
    if not (request.user.has_perm(MAY_SEE_LOOKS) and request.user.has_perm("customers.view_customer")):
        raise PermissionDenied
    customer = get_object_or_404(visible(Customer.objects.all(), request.user), pk=pk)
    entries = AuditEntry.objects.filter(subject_kind="customers.customer", subject=customer.pk)
    context = {"customer": customer, "looks": entries.select_related("user")[:LOOKS_SHOWN]}
    return render(request, "customers/customer_looks.html", context)


def identities_of(customer: Customer) -> QuerySet[Identity]:
    """Each with `is_suppressed`: nobody may write there."""
    channel = Case(
        *(When(kind=kind, then=Value(channel)) for kind, channel in CHANNEL_OF_KIND.items()),
        default=Value(""),
    )
    suppressed = Suppression.objects.filter(channel=OuterRef("channel"), digest=OuterRef("digest"))
    identities = customer.identities.annotate(channel=channel)
    return identities.annotate(is_suppressed=Exists(suppressed)).order_by("kind", "-is_primary", "pk")
