"""The page of one follow-up."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from customers.models import Identity
from customers.panels import panels_of
from followups.admin.improvement_views import improvements_card
from followups.admin.inbox_views import MAY_CHANGE, tab_from
from followups.models import FollowUp
from followups.pages.beside import beside
from followups.pages.forms import FORMS, Refused, WorkForm
from followups.pages.inbox import Row, Tab, neighbours, rows_of, teams_of
from followups.pages.narrowing import NarrowForm
from followups.pages.said import all_said
from followups.pages.thread import conversation_of
from followups.working.steps import AlreadyResolved, ChangedMeanwhile, NotInThisState
from followups.working.visits import LOOKS_EVERY, visit
from staff.access import visible
from staff.audit import audit_look
from staff.views import member

NEXT_STEP = {
    FollowUp.State.OPEN: "contact",
    FollowUp.State.CONTACTED: "resolve",
    FollowUp.State.WAITING: "go_on",
    FollowUp.State.RESOLVED: "note",
}
CHANGED = gettext_lazy(
    "Somebody else changed this follow-up in the meantime, so nothing was saved. "
    "What you typed is still here: look at the history, then send it again."
)
NOT_NOW = gettext_lazy("In its present state this cannot be done, so nothing was saved.")
RESOLVED = gettext_lazy("This follow-up was resolved in the meantime, so nothing was saved.")

WHY_NOT = {AlreadyResolved: RESOLVED, NotInThisState: NOT_NOW}


class FollowUpView(UnfoldModelAdminViewMixin, TemplateView):
    """One customer's words, the clock, what was done, and what to do next."""

    permission_required = "followups.view_followup"
    template_name = "followups/follow_up.html"

    @property
    def title(self) -> str:
        return self.row.customer

    @cached_property
    def follow_up(self) -> FollowUp:
        related = ("customer", "owner", "team__calendar", "rule__segment", "root_cause")
        signals = ("survey_response__survey", "survey_response__touchpoint", "interaction__touchpoint")
        wanted = FollowUp.objects.with_names().select_related(*related, *signals)
        return get_object_or_404(visible(wanted, self.request.user), pk=self.kwargs["pk"])

    @cached_property
    def row(self) -> Row:
        return rows_of([self.follow_up], at=timezone.now())[0]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "person" in request.GET:
            return self.show_person(request)
        if "who" not in request.GET:
            return super().get(request, **kwargs)
        others = visit(follow_up=self.follow_up, by=member(request), at=timezone.now())
        return render(request, "followups/visitors.html", {"others": others})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, at, follow_up = member(self.request), timezone.now(), self.follow_up
        teams = teams_of(user)
        tab = tab_from(self.request, otherwise=tab_of(follow_up, teams=teams, user_id=user.pk))
        narrow = NarrowForm(self.request.GET)
        before, after = neighbours(follow_up, tab=tab, user=user, teams=teams, at=at, narrow=narrow.condition)
        step = NEXT_STEP[FollowUp.State(follow_up.state)]
        conversation = kwargs.pop("conversation", None) or conversation_of(
            follow_up, may_write=user.has_perm(MAY_CHANGE)
        )
        initial = {"version": follow_up.version, "priority": follow_up.priority}
        forms = {name: form(initial=initial) for name, form in FORMS.items()}
        return super().get_context_data(
            follow_up=follow_up,
            row=self.row,
            tab=tab,
            narrowed=narrow.query,
            before=before,
            after=after,
            next_step="reply" if step == "contact" and conversation.has_open_way else step,
            forms=forms | kwargs.pop("bound", {}),
            failed=kwargs.pop("failed", ""),
            said=all_said(follow_up),
            **beside(follow_up, user=user, at=at),
            steps=follow_up.steps.select_related("author"),
            legs=follow_up.legs.select_related("root_cause") if follow_up.leg > 1 else (),
            improvements=improvements_card(follow_up, user),
            emails=self.addresses[Identity.Kind.EMAIL],
            phones=self.addresses[Identity.Kind.PHONE],
            looks_every=int(LOOKS_EVERY.total_seconds()),
            may_change=user.has_perm(MAY_CHANGE),
            conversation=conversation,
            may_see_customer=user.has_perm("customers.view_customer"),
            **kwargs,
        )

    def show_person(self, request: HttpRequest) -> HttpResponse:
        """The customer in all, loaded after the page: their panels would cost it twenty queries."""
        customer, user = self.follow_up.customer, member(request)
        if customer is None or not user.has_perm("customers.view_customer"):
            raise PermissionDenied
        at = timezone.now()
        audit_look(user=user, subject=customer, at=at)
        panels = panels_of(customer=customer, user=user, at=at, request=request, company_only=True)
        long_ones_last = sorted(panels, key=lambda panel: panel["place"] == "main")
        return render(request, "followups/person.html", {"panels": long_ones_last, "customer": customer})

    @cached_property
    def addresses(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {Identity.Kind.EMAIL: [], Identity.Kind.PHONE: []}
        identities = Identity.objects.filter(customer=self.follow_up.customer_id, kind__in=found)
        for kind, value in identities.order_by("-is_primary", "pk").values_list("kind", "value"):
            found[kind].append(value)
        return found

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        user, follow_up = member(request), self.follow_up
        name = request.POST.get("action", "")
        if not user.has_perm(MAY_CHANGE):
            raise PermissionDenied
        if name not in FORMS:
            return HttpResponse(status=400)
        form = FORMS[name](request.POST)
        if form.is_valid():
            try:
                form.work(follow_up=follow_up, by=user, at=timezone.now())
            except ChangedMeanwhile as error:
                return self.show_again(name, changed_form(FORMS[name], follow_up, error, request), 409)
            except Refused as refusal:
                form.add_error(refusal.field, str(refusal.words))
                return self.show_again(name, form, 400)
            messages.success(request, form.done)
            return redirect(request.get_full_path())
        return self.show_again(name, form, 400)

    def show_again(self, name: str, form: WorkForm, status: int) -> HttpResponse:
        return self.render_to_response(self.get_context_data(bound={name: form}, failed=name), status=status)


def tab_of(follow_up: FollowUp, *, teams: list[int], user_id: int) -> Tab:
    """The tab in which somebody who comes by a link goes on."""
    if follow_up.state == FollowUp.State.RESOLVED:
        return Tab.RESOLVED
    if follow_up.state == FollowUp.State.WAITING:
        return Tab.WAITING
    if follow_up.owner_id == user_id:
        return Tab.MINE
    if follow_up.team_id in teams:
        return Tab.TEAM
    return Tab.UNASSIGNED if follow_up.owner_id is None else Tab.OVERDUE


def changed_form(
    form_class: type[WorkForm], follow_up: FollowUp, error: ChangedMeanwhile, request: HttpRequest
) -> WorkForm:
    """The form again with what was typed, now about the version the page shows."""
    typed = request.POST.copy()
    typed["version"] = str(follow_up.version)
    form = form_class(typed)
    form.add_error(None, str(WHY_NOT.get(type(error), CHANGED)))
    return form
