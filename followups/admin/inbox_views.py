"""The inbox."""

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

from events.boundary import id_from
from followups.models import FollowUp, SavedView
from followups.pages.bulk_form import BulkForm
from followups.pages.forms import TakeForm
from followups.pages.inbox import COUNTED_AT_MOST, Tab, count_tabs, page_of, teams_of
from followups.pages.narrowing import NarrowForm, SaveViewForm, TooManyViews, drop_view, save_view
from followups.working.bulk import Done
from followups.working.steps import ChangedMeanwhile
from staff.access import visible
from staff.views import member

MAY_CHANGE = "followups.change_followup"


def tab_from(request: HttpRequest, *, otherwise: Tab) -> Tab:
    asked = request.GET.get("tab") or request.POST.get("tab")
    return Tab(asked) if asked in Tab.values else otherwise


class InboxView(UnfoldModelAdminViewMixin, TemplateView):
    """Whom to call next."""

    title = gettext_lazy("Inbox")
    permission_required = "followups.view_followup"
    template_name = "followups/inbox.html"

    @cached_property
    def narrow(self) -> NarrowForm:
        return NarrowForm(self.request.GET)

    @property
    def tab(self) -> Tab:
        return tab_from(self.request, otherwise=Tab.MINE)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if "narrow" not in request.GET:
            return super().get(request, **kwargs)
        return self.show_filters(request)

    def show_filters(self, request: HttpRequest) -> HttpResponse:
        """Loaded after the page: its choices are of no use to who only works the list."""
        here = f"tab={self.tab}{self.narrow.query}"
        context = {
            "tab": self.tab,
            "narrow": self.narrow,
            "here": here,
            "address": f"{request.path}?{here}",
            "views": SavedView.objects.filter(user=member(request)),
            "save": SaveViewForm(),
        }
        return render(request, "followups/narrow.html", context)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, at = member(self.request), timezone.now()
        teams = teams_of(user)
        counts = count_tabs(user=user, teams=teams, at=at)
        after = id_from(self.request.GET.get("after"))
        query = self.narrow.query
        return super().get_context_data(
            tab=self.tab,
            tabs=[{"tab": each, "count": counts.get(each)} for each in Tab],
            is_capped=counts["all"] >= COUNTED_AT_MOST,
            page=page_of(self.tab, user=user, teams=teams, at=at, after=after, narrow=self.narrow.condition),
            narrowed=query,
            here=f"tab={self.tab}{query}",
            is_first_page=not after,
            may_change=user.has_perm(MAY_CHANGE),
            is_in_a_team=bool(teams),
            bulk=kwargs.pop("bulk", None) or BulkForm(),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        """One step for all that were chosen, or for the view itself."""
        if "save" in request.POST or "drop" in request.POST:
            return self.keep_view(request)
        user = member(request)
        if not user.has_perm(MAY_CHANGE):
            raise PermissionDenied
        form = BulkForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(bulk=form), status=400)
        tell_done(request, form.work(by=user, at=timezone.now()))
        return redirect(request.get_full_path())

    def keep_view(self, request: HttpRequest) -> HttpResponse:
        """Keep this list under a name, or forget another."""
        user, form = member(request), SaveViewForm(request.POST)
        dropped = id_from(request.POST.get("drop"))
        try:
            if dropped:
                drop_view(user=user, pk=dropped)
            elif form.is_valid():
                query = f"tab={self.tab}{self.narrow.query}"
                save_view(user=user, name=form.cleaned_data["name"], query=query)
                messages.success(request, _("Kept: it stands above the list from now on."))
            else:
                messages.error(request, _("Give the view a name of up to 60 characters."))
        except TooManyViews:
            messages.error(request, _("You keep thirty views: forget one of them first."))
        return redirect(request.get_full_path())


def tell_done(request: HttpRequest, done: Done) -> None:
    if done.changed:
        n = done.changed
        messages.success(
            request, ngettext("%(n)s follow-up changed.", "%(n)s follow-ups changed.", n) % {"n": n}
        )
    if done.out_of_sight:
        n = done.out_of_sight
        words = ngettext(
            "%(n)s follow-up stays where it is: its new owner may not see the customer.",
            "%(n)s follow-ups stay where they are: their new owner may not see the customers.",
            n,
        )
        messages.warning(request, words % {"n": n})
    if done.missed:
        n = done.missed
        words = ngettext(
            "%(n)s follow-up was changed by somebody else first: look at it again.",
            "%(n)s follow-ups were changed by somebody else first: look at them again.",
            n,
        )
        messages.warning(request, words % {"n": n})


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
