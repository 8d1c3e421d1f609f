"""The page on which a colleague opens a follow-up by hand."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from customers.models import Customer
from customers.searching import search_customers
from events.boundary import id_from
from followups.models import Priority
from followups.pages.forms import LONGEST_TEXT, OUT_OF_SIGHT
from followups.pages.inbox import teams_of
from followups.working.by_hand import open_by_hand
from followups.working.steps import ChangedMeanwhile, OutOfSight
from staff.access import visible
from staff.models import Team, User
from staff.people import people_in_teams
from staff.views import member

FOUND_AT_MOST = 8


class NewFollowUpForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What happened"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea({"rows": 4, "dir": "auto"}),
    )
    team = forms.ModelChoiceField(Team.objects.order_by("name"), label=gettext_lazy("Team"))
    owner = forms.ModelChoiceField(people_in_teams(), label=gettext_lazy("Owner"))
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )


class NewFollowUpView(UnfoldModelAdminViewMixin, TemplateView):
    """First whom it is about, then what happened and who cares for it."""

    title = gettext_lazy("New follow-up")
    permission_required = "followups.change_followup"
    template_name = "followups/new.html"

    @cached_property
    def user(self) -> User:
        return member(self.request)

    @cached_property
    def customer(self) -> Customer | None:
        number = id_from(self.request.GET.get("customer"))
        return visible(Customer.objects.filter(pk=number), self.user).first() if number else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        looked_for = self.request.GET.get("q", "").strip()
        found = []
        if looked_for and not self.customer:
            found = list(
                search_customers(visible(Customer.objects.all(), self.user), looked_for)[:FOUND_AT_MOST]
            )
        mine = teams_of(self.user)
        initial = {"owner": self.user.pk, "team": mine[0] if mine else None}
        return super().get_context_data(
            customer=self.customer,
            looked_for=looked_for,
            found=found,
            form=kwargs.pop("form", None) or NewFollowUpForm(initial=initial),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        if not self.user.has_perm("followups.change_followup"):
            raise PermissionDenied
        form = NewFollowUpForm(request.POST)
        if self.customer is None:
            form.add_error(None, _("Choose a customer first: this one is not there any more."))
        if self.customer is None or not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=400)
        try:
            follow_up, is_new = open_by_hand(
                customer=self.customer, by=self.user, at=timezone.now(), **form.cleaned_data
            )
        except OutOfSight:
            form.add_error("owner", OUT_OF_SIGHT)
            return self.render_to_response(self.get_context_data(form=form), status=400)
        except ChangedMeanwhile:
            form.add_error(None, _("Somebody changed this customer’s follow-up just now: send it again."))
            return self.render_to_response(self.get_context_data(form=form), status=409)
        told = (
            _("Opened.")
            if is_new
            else _("This customer has an open follow-up: your words stand there as a note.")
        )
        messages.success(request, told)
        return redirect("admin:followups_follow_up", follow_up.pk)
