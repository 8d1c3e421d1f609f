"""A customer's whole send history on a page of its own."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from customers.models import Customer
from events.boundary import id_from
from staff.access import visible
from surveys.ledger.fates import story
from surveys.ledger.history import eligibility_of, history_of


class HistoryView(UnfoldModelAdminViewMixin, TemplateView):
    """What they were sent, what waits and why, what was not sent and why, and from when they may be asked again."""

    permission_required = ("customers.view_customer", "surveys.view_invitation")
    template_name = "surveys/history.html"

    @property
    def title(self) -> str:
        return str(self.customer)

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(visible(Customer.objects.all(), self.request.user), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        before = id_from(self.request.GET.get("before"))
        history = history_of(self.customer, before=before)
        return super().get_context_data(
            customer=self.customer,
            rows=[{"invitation": each, "why": story(each)} for each in history.rows],
            next_before=history.next_before,
            is_first=not before,
            eligible=eligibility_of(self.customer, at=timezone.now()),
            **kwargs,
        )
