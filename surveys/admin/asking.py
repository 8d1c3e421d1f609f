"""Asking one customer, by a member of staff: their answer is typed during a call, or their link is handed out."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from customers.models import Customer
from events.boundary import id_from
from staff.access import visible
from staff.views import member
from surveys.answering.responses import SurveyClosed
from surveys.models import Survey
from surveys.ways.handing import MayNotBeAsked, hand_out_link, handout_of, number_of, waiting_by_hand

MAY_TYPE, MAY_HAND_OUT = "surveys.add_surveyresponse", "surveys.add_invitation"


def asked_by_staff(at: datetime) -> QuerySet[Survey]:
    """Surveys that take answers."""
    is_over = Q(closes_at__lte=at)
    return Survey.objects.filter(is_open=True).exclude(version=None).exclude(is_over).order_by("name")


def customer_shown_to(request: HttpRequest, pk: int) -> Customer:
    """Raises Http404."""
    return get_object_or_404(visible(Customer.objects.all(), request.user), pk=pk)


class AskView(UnfoldModelAdminViewMixin, TemplateView):
    """One customer, one survey: the form for the answer beside the link to hand out."""

    permission_required = MAY_TYPE
    template_name = "surveys/ask.html"

    @property
    def title(self) -> str:
        return _("Ask %(customer)s") % {"customer": self.customer}

    @cached_property
    def customer(self) -> Customer:
        return customer_shown_to(self.request, self.kwargs["pk"])

    @cached_property
    def surveys(self) -> list[Survey]:
        return list(asked_by_staff(timezone.now()))

    @property
    def survey(self) -> Survey | None:
        """The one chosen, else the first."""
        wanted = id_from(self.request.GET.get("survey"))
        chosen = (survey for survey in self.surveys if survey.pk == wanted)
        return next(chosen, self.surveys[0] if self.surveys else None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        survey = self.survey
        waiting = waiting_by_hand(survey, self.customer) if survey else None
        return super().get_context_data(
            customer=self.customer,
            number=number_of(self.customer),
            surveys=self.surveys,
            survey=survey,
            handout=handout_of(waiting, survey) if waiting and survey else None,
            may_hand_out=self.request.user.has_perm(MAY_HAND_OUT),
            **kwargs,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A link to the chosen survey is handed out."""
        if not request.user.has_perm(MAY_HAND_OUT):
            raise PermissionDenied
        survey = self.survey
        if survey is None:
            raise Http404
        try:
            hand_out_link(survey=survey, customer=self.customer, by=member(request), at=timezone.now())
        except (MayNotBeAsked, SurveyClosed) as refusal:
            messages.error(request, str(refusal) or _("The survey takes no answers."))
        address = reverse("admin:surveys_surveyresponse_ask", args=[pk])
        return redirect(f"{address}?survey={survey.pk}")
