"""The board of improvements, the page of one, and how a new one is proposed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from events.boundary import id_from
from events.dates import say_date
from followups.improvements.board import board_of, of_follow_up, open_for
from followups.improvements.effects import effect_of
from followups.improvements.raising import count_people, voices_seen_by
from followups.improvements.showing import Voice, fates_in_words, texts_of, voices_of
from followups.improvements.telling import (
    CampaignAsleep,
    NoCampaign,
    NothingToSay,
    foresee_telling,
    ledger_of,
)
from followups.improvements.working import NotHappenedYet, TooEarly, measured_from
from followups.models import FollowUp, Improvement
from followups.pages.improvement_about import BoardForm, ChooseForm, ProposeForm, RaisedForm
from followups.pages.improvement_forms import FORMS
from followups.working.steps import ChangedMeanwhile, NotInThisState
from staff.access import visible
from staff.models import User
from staff.views import member
from surveys.metrics import HEADLINES
from surveys.models import SurveyResponse

MAY_CHANGE, MAY_ADD = "followups.change_improvement", "followups.add_improvement"
MAY_READ_VOICES = "followups.view_followup"
VOICES = 10
State = Improvement.State
NEXT_STEP = {
    State.PROPOSED: "plan",
    State.PLANNED: "start",
    State.DOING: "finish",
    State.DONE: "measure",
    State.DECLINED: "take_up_again",
}
CHANGED = gettext_lazy(
    "Somebody else changed this improvement in the meantime, so nothing was saved. "
    "What you typed is still here: look at the history, then send it again."
)
NOT_NOW = gettext_lazy("In its present state this cannot be done, so nothing was saved.")
WHY_NOT_TOLD = {
    NothingToSay: gettext_lazy("Write first what was done: under “What customers read”."),
    NoCampaign: gettext_lazy(
        "No campaign is chosen that tells customers: somebody who may has to choose one under “Telling customers”."
    ),
    CampaignAsleep: gettext_lazy(
        "The campaign that tells customers does not send now: launch it, or choose another one."
    ),
}


class BoardView(UnfoldModelAdminViewMixin, TemplateView):
    """What is proposed, planned, being done, done and measured."""

    title = gettext_lazy("Improvements")
    permission_required = "followups.view_improvement"
    template_name = "followups/improvements.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, at = member(self.request), timezone.now()
        form = BoardForm(self.request.GET, user=user)
        columns = board_of(user, form.chosen(), at=at, today=timezone.localdate())
        return super().get_context_data(
            columns=columns,
            is_empty=not any(column.total for column in columns),
            form=form,
            may_add=user.has_perm(MAY_ADD),
            may_choose_campaign=user.has_perm("followups.view_tellingcampaign"),
            **kwargs,
        )


class ProposeView(UnfoldModelAdminViewMixin, TemplateView):
    """A new improvement, or one that is there, for what somebody chose: a cause, a topic, some follow-ups."""

    title = gettext_lazy("New improvement")
    permission_required = "followups.add_improvement"
    template_name = "followups/improvement_new.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = member(self.request)
        raised_form = RaisedForm(self.request.POST or self.request.GET)
        raised = raised_form.raised()
        follow_ups, answers = raised.count(user)
        return super().get_context_data(
            raised_form=raised_form,
            raised=raised,
            follow_ups=follow_ups,
            answers=answers,
            form=kwargs.pop("form", None)
            or ProposeForm(user=user, initial=first_words(self.request.GET, user)),
            choose=kwargs.pop("choose", None) or ChooseForm(user=user),
            may_choose=bool(follow_ups or answers) and open_for(user).exists(),
            **kwargs,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        user, at = member(request), timezone.now()
        is_there = request.POST.get("action") == "choose"
        form: Any = (ChooseForm if is_there else ProposeForm)(request.POST, user=user)
        raised_form = RaisedForm(request.POST)
        if not (form.is_valid() and raised_form.is_valid()):
            again = {"choose" if is_there else "form": form}
            return self.render_to_response(self.get_context_data(**again), status=400)
        improvement, sentence = form.work(raised=raised_form.raised(), by=user, at=at)
        messages.success(request, sentence)
        return redirect("admin:followups_improvement_page", pk=improvement.pk)


@require_POST
@permission_required(MAY_ADD, raise_exception=True)
def improve_chosen_view(request: HttpRequest) -> HttpResponse:
    """From rows chosen in the inbox, each its follow-up and version, to an improvement for all of them."""
    chosen = [row.partition(":")[0] for row in request.POST.getlist("chosen")]
    if not chosen:
        messages.warning(request, _("Choose at least one follow-up first."))
        return redirect(reverse("admin:followups_inbox"))
    return redirect(reverse("admin:followups_propose", query={"follow_ups": ",".join(chosen)}))


def first_words(asked: QueryDict, user: User) -> dict[str, Any]:
    """What the page an idea came from says of it."""
    raised = RaisedForm(asked).raised()
    if raised.cause:
        return {"title": raised.cause.name, "root_cause": raised.cause}
    if raised.topic:
        return {"title": raised.topic.name}
    if follow_up := visible(raised.chosen_follow_ups(), user).select_related("survey_response").first():
        return {"root_cause": follow_up.root_cause_id, **where_and_what(follow_up.survey_response)}
    return where_and_what(visible(raised.chosen_answers(), user).first())


def where_and_what(answer: SurveyResponse | None) -> dict[str, Any]:
    if answer is None:
        return {}
    metric = answer.score_kind if answer.score_kind in HEADLINES else "nps"
    return {"touchpoint": answer.touchpoint_id, "metric": metric}


@dataclass(frozen=True)
class Worked:
    """What came of a form: the sentence for who sent it, or the form again with what is wrong."""

    sentence: str = ""
    form: Any = None
    status: int = 400


class ImprovementView(UnfoldModelAdminViewMixin, TemplateView):
    """Its plan, who raised it, what customers are told, what came of it, and what to do next."""

    permission_required = "followups.view_improvement"
    template_name = "followups/improvement.html"

    @property
    def title(self) -> str:
        return self.improvement.title

    @cached_property
    def improvement(self) -> Improvement:
        related = ("unit", "root_cause", "touchpoint", "survey", "owner")
        wanted = Improvement.objects.select_related(*related)
        return get_object_or_404(visible(wanted, self.request.user), pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, at, improvement = member(self.request), timezone.now(), self.improvement
        bound, failed = kwargs.pop("bound", {}), kwargs.pop("failed", "")
        forms = {
            name: bound.get(name) or form(improvement=improvement, user=user) for name, form in FORMS.items()
        }
        voices, older = self.voices(user)
        return super().get_context_data(
            improvement=improvement,
            forms=forms,
            failed=failed,
            next_step=next_step(improvement, at=at),
            texts=texts_of(improvement, first=get_language() or ""),
            people=count_people([improvement.pk]).get(improvement.pk, 0),
            voices=voices,
            older=older,
            effect=effect_of(improvement, at=at),
            measured_from=measured_from(improvement),
            steps=improvement.steps.select_related("author"),
            may_change=user.has_perm(MAY_CHANGE),
            may_read_voices=user.has_perm(MAY_READ_VOICES),
            **self.telling(at),
            **kwargs,
        )

    def voices(self, user: User) -> tuple[list[Voice], int | None]:
        """A page of them and where the next one begins; none for who may not read what customers said."""
        if not user.has_perm(MAY_READ_VOICES):
            return [], None
        rows = voices_seen_by(user, self.improvement)
        if below := id_from(self.request.GET.get("voices")):
            rows = rows.filter(pk__lt=below)
        shown = list(rows[: VOICES + 1])
        older = shown[VOICES - 1].pk if len(shown) > VOICES else None
        return voices_of(self.improvement, shown[:VOICES]), older

    def telling(self, at: datetime) -> dict[str, Any]:
        """What became of who was told, and what would become of the others when somebody asks to see it."""
        ledger = ledger_of(self.improvement)
        told = {"ledger": ledger, "fates": fates_in_words(ledger.fates)}
        if not self.improvement.is_finished:
            return told
        if "tell" not in self.request.GET and self.request.POST.get("action") != "tell":
            return told
        try:
            campaign, fates = foresee_telling(self.improvement, at=at)
        except tuple(WHY_NOT_TOLD) as error:
            return told | {"why_not_told": WHY_NOT_TOLD[type(error)]}
        return told | {
            "foreseen": fates_in_words(fates),
            "is_foreseen": True,
            "to_tell": sum(fate.people for fate in fates if not fate.is_excluded),
            "campaign": campaign,
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        user, improvement = member(request), self.improvement
        name = request.POST.get("action", "")
        if not user.has_perm(MAY_CHANGE):
            raise PermissionDenied
        if name not in FORMS:
            return HttpResponse(status=400)
        worked = self.work(name, user)
        if worked.form is None:
            messages.success(request, worked.sentence)
            return redirect(reverse("admin:followups_improvement_page", args=[improvement.pk]))
        bound = {"bound": {name: worked.form}, "failed": name}
        return self.render_to_response(self.get_context_data(**bound), status=worked.status)

    def work(self, name: str, user: User) -> Worked:
        improvement, make = self.improvement, FORMS[name]
        form = make(self.request.POST, improvement=improvement, user=user)
        if not form.is_valid():
            return Worked(form=form)
        try:
            told = form.work(by=user, at=timezone.now())
        except ChangedMeanwhile as error:
            self.improvement.refresh_from_db()
            typed = self.request.POST.copy()
            typed["version"] = str(self.improvement.version)
            form = make(typed, improvement=self.improvement, user=user)
            form.add_error(None, str(NOT_NOW if isinstance(error, NotInThisState) else CHANGED))
            return Worked(form=form, status=409)
        except (NotHappenedYet, TooEarly, NothingToSay, NoCampaign, CampaignAsleep) as error:
            form.add_error(None, why_not(error))
            return Worked(form=form)
        return Worked(sentence=str(told or form.done))


def next_step(improvement: Improvement, *, at: datetime) -> str:
    """The form that stands open; what came of it is written down when the days to compare are over."""
    until = measured_from(improvement)
    if improvement.state == State.DONE and until and at < until:
        return ""
    return NEXT_STEP.get(State(improvement.state), "")


def why_not(error: Exception) -> str:
    match error:
        case TooEarly():
            sentence = _(
                "The days to compare are over on %(day)s: measure it then, or compare fewer days under “About”."
            )
            return sentence % {"day": say_date(error.until)}
        case NotHappenedYet():
            return _("Choose a day that is not still to come.")
    return str(WHY_NOT_TOLD[type(error)])


def improvements_card(follow_up: FollowUp, user: User) -> dict[str, Any]:
    """What the page of a follow-up shows of the improvements it stands for; empty for who may not see them."""
    if not user.has_perm("followups.view_improvement"):
        return {}
    return {"linked": of_follow_up(follow_up, user), "may_link": user.has_perm(MAY_ADD)}
