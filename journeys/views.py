"""A customer's timeline, and a journey map with live figures."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from customers.models import Customer
from events.boundary import id_from
from journeys.forms import InteractionForm
from journeys.maps import columns_of
from journeys.models import Interaction, JourneyMap
from journeys.timeline import Timeline, timeline_of
from staff.access import limit_of, visible
from staff.models import User
from staff.views import member

NOTE = "note"
MAY_NOTE = "journeys.add_interaction"


@dataclass(frozen=True)
class Period:
    """A choice of days on the map, today included."""

    days: int
    label: str | Promise


PERIODS = (
    Period(30, _("30 days")),
    Period(90, _("90 days")),
    Period(365, _("12 months")),
)


def timeline_context(customer: Customer, user: User, timeline: Timeline) -> dict[str, Any]:
    """What every template of the timeline needs."""
    return {
        "customer": customer,
        "timeline": timeline,
        "kinds": Interaction.Kind,
        "may_note": user.has_perm(MAY_NOTE),
    }


class TimelineView(UnfoldModelAdminViewMixin, TemplateView):
    """The timeline on a page of its own; to htmx it gives only the part that changes."""

    permission_required = ("customers.view_customer", "journeys.view_interaction")
    template_name = "journeys/timeline.html"

    @property
    def title(self) -> str:
        return str(self.customer)

    @cached_property
    def customer(self) -> Customer:
        return get_object_or_404(visible(Customer.objects.all(), self.request.user), pk=self.kwargs["pk"])

    @cached_property
    def timeline(self) -> Timeline:
        return timeline_of(
            self.customer,
            kind=self.request.GET.get("kind", ""),
            before=id_from(self.request.GET.get("before")),
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        reply: HttpResponse
        if request.headers.get("HX-Request") is None:
            reply = super().get(request, *args, **kwargs)
        else:
            part = "rows" if request.GET.get("before") else "list"
            reply = render(request, f"journeys/timeline_{part}.html", self.parts())
        patch_vary_headers(reply, ["HX-Request"])
        return reply

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add a note or a contact; `?note` shows the form for it."""
        user, is_htmx = member(request), request.headers.get("HX-Request") is not None
        if not user.has_perm(MAY_NOTE):
            raise PermissionDenied
        form = InteractionForm(request.POST, at=timezone.now())
        is_valid = form.is_valid()
        if is_valid:
            form.work(customer=self.customer, by=user)
            if not is_htmx:
                return redirect(reverse("admin:journeys_timeline", args=[self.customer.pk]))
        parts = self.parts() if is_valid else self.parts() | {"interaction_form": form}
        if is_htmx:
            return render(request, "journeys/timeline_list.html", parts)
        return self.render_to_response(self.get_context_data(**parts), status=400)

    def parts(self) -> dict[str, Any]:
        user = member(self.request)
        parts = timeline_context(self.customer, user, self.timeline)
        if NOTE in self.request.GET and user.has_perm(MAY_NOTE):
            parts["interaction_form"] = InteractionForm(at=timezone.now())
        return parts

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**(self.parts() | kwargs))


class JourneyMapView(UnfoldModelAdminViewMixin, TemplateView):
    """Stages as columns, touchpoints as cards, with the scores and contacts of a period."""

    permission_required = "journeys.view_journeymap"
    template_name = "journeys/map.html"

    @property
    def title(self) -> str:
        return self.journey_map.name

    @cached_property
    def journey_map(self) -> JourneyMap:
        return get_object_or_404(JourneyMap.objects.select_related("persona"), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        asked = id_from(self.request.GET.get("days"))
        period = next((each for each in PERIODS if each.days == asked), PERIODS[1])
        end = timezone.localdate()
        start = end - timedelta(days=period.days - 1)
        user = member(self.request)
        unit = limit_of(user)
        return super().get_context_data(
            journey_map=self.journey_map,
            columns=columns_of(self.journey_map, start=start, end=end, unit=unit),
            unit=unit,
            periods=PERIODS,
            period=period,
            start=start,
            end=end,
            may_change=user.has_perm("journeys.change_journeymap"),
            **kwargs,
        )
