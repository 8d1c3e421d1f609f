"""The inbox and the page of one follow-up."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from customers.models import Identity
from followups.bulk import Done
from followups.forms import FORMS, BulkForm, TakeForm, WorkForm
from followups.inbox import COUNTED_AT_MOST, Row, Tab, count_tabs, neighbours, page_of, rows_of, teams_of
from followups.models import FollowUp
from followups.thread import conversation_of
from followups.visits import LOOKS_EVERY, visit
from followups.words import answers_of, score_of
from followups.working import AlreadyResolved, ChangedMeanwhile, InThePast, NotInThisState
from staff.access import visible
from staff.views import member

MAX_ID = 2**63 - 1
MAY_CHANGE = "followups.change_followup"
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


def tab_from(request: HttpRequest, *, otherwise: Tab) -> Tab:
    asked = request.GET.get("tab") or request.POST.get("tab")
    return Tab(asked) if asked in Tab.values else otherwise


def number_from(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < len(str(MAX_ID)) else None


class InboxView(UnfoldModelAdminViewMixin, TemplateView):
    """Whom to call next."""

    title = gettext_lazy("Follow-ups")
    permission_required = "followups.view_followup"
    template_name = "followups/inbox.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, at = member(self.request), timezone.now()
        tab = tab_from(self.request, otherwise=Tab.MINE)
        teams = teams_of(user)
        counts = count_tabs(user=user, teams=teams, at=at)
        after = number_from(self.request.GET.get("after"))
        return super().get_context_data(
            tab=tab,
            tabs=[{"tab": each, "count": counts.get(each)} for each in Tab],
            is_capped=counts["all"] >= COUNTED_AT_MOST,
            page=page_of(tab, user=user, teams=teams, at=at, after=after),
            is_first_page=after is None,
            may_change=user.has_perm(MAY_CHANGE),
            is_in_a_team=bool(teams),
            bulk=kwargs.pop("bulk", None) or BulkForm(),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """One step for all that were chosen."""
        user = member(request)
        if not user.has_perm(MAY_CHANGE):
            raise PermissionDenied
        form = BulkForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(bulk=form), status=400)
        tell_done(request, form.work(by=user, at=timezone.now()))
        return redirect(request.get_full_path())


def tell_done(request: HttpRequest, done: Done) -> None:
    if done.changed:
        n = done.changed
        messages.success(
            request, ngettext("%(n)s follow-up changed.", "%(n)s follow-ups changed.", n) % {"n": n}
        )
    if done.missed:
        n = done.missed
        words = ngettext(
            "%(n)s follow-up was changed by somebody else first: look at it again.",
            "%(n)s follow-ups were changed by somebody else first: look at them again.",
            n,
        )
        messages.warning(request, words % {"n": n})


class FollowUpView(UnfoldModelAdminViewMixin, TemplateView):
    """One customer's words, the clock, what was done, and what to do next."""

    permission_required = "followups.view_followup"
    template_name = "followups/follow_up.html"

    @property
    def title(self) -> str:
        return self.row.customer

    @cached_property
    def follow_up(self) -> FollowUp:
        related = ("customer", "owner", "team__calendar", "rule", "root_cause")
        wanted = FollowUp.objects.select_related(
            *related, "survey_response__survey", "survey_response__touchpoint"
        )
        return get_object_or_404(visible(wanted, self.request.user), pk=self.kwargs["pk"])

    @cached_property
    def row(self) -> Row:
        return rows_of([self.follow_up], at=timezone.now())[0]

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "who" not in request.GET:
            return super().get(request, **kwargs)
        others = visit(follow_up=self.follow_up, by=member(request), at=timezone.now())
        return render(request, "followups/visitors.html", {"others": others})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, at, follow_up = member(self.request), timezone.now(), self.follow_up
        teams = teams_of(user)
        tab = tab_from(self.request, otherwise=tab_of(follow_up, teams=teams, user_id=user.pk))
        before, after = neighbours(follow_up, tab=tab, user=user, teams=teams, at=at)
        initial = {"version": follow_up.version, "priority": follow_up.priority}
        forms = {name: form(initial=initial) for name, form in FORMS.items()}
        return super().get_context_data(
            follow_up=follow_up,
            row=self.row,
            tab=tab,
            before=before,
            after=after,
            next_step=NEXT_STEP[FollowUp.State(follow_up.state)],
            forms=forms | kwargs.pop("bound", {}),
            failed=kwargs.pop("failed", ""),
            answers=answers_of(follow_up.survey_response),
            joined=joined_to(follow_up),
            steps=follow_up.steps.select_related("author"),
            legs=follow_up.legs.select_related("root_cause") if follow_up.leg > 1 else (),
            emails=self.addresses[Identity.Kind.EMAIL],
            phones=self.addresses[Identity.Kind.PHONE],
            looks_every=int(LOOKS_EVERY.total_seconds()),
            may_change=user.has_perm(MAY_CHANGE),
            conversation=kwargs.pop("conversation", None)
            or conversation_of(follow_up, may_write=user.has_perm(MAY_CHANGE)),
            may_see_customer=user.has_perm("customers.view_customer"),
            **kwargs,
        )

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
            except InThePast:
                form.add_error("until", _("Choose a day that is still to come."))
                return self.show_again(name, form, 400)
            messages.success(request, form.done)
            return redirect(request.get_full_path())
        return self.show_again(name, form, 400)

    def show_again(self, name: str, form: WorkForm, status: int) -> HttpResponse:
        return self.render_to_response(self.get_context_data(bound={name: form}, failed=name), status=status)


def joined_to(follow_up: FollowUp) -> list[dict[str, Any]]:
    """What the customer answered since it was opened, as it is shown."""
    joined = follow_up.joined.select_related("survey_response__survey")
    return [
        {
            "response": each.survey_response,
            "score": score_of(each.survey_response),
            "answers": answers_of(each.survey_response),
        }
        for each in joined
    ]


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


@require_POST
@permission_required(MAY_CHANGE, raise_exception=True)
def take_follow_up_view(request: HttpRequest, pk: int) -> HttpResponse:
    """The inbox's one click."""
    follow_up = get_object_or_404(visible(FollowUp.objects.all(), request.user), pk=pk)
    form = TakeForm(request.POST)
    if form.is_valid():
        try:
            form.work(follow_up=follow_up, by=member(request), at=timezone.now())
        except ChangedMeanwhile:
            messages.warning(request, _("Somebody else was faster: look who has it now."))
        else:
            messages.success(request, form.done)
    return redirect(f"{reverse('admin:followups_inbox')}?tab={tab_from(request, otherwise=Tab.MINE)}")
