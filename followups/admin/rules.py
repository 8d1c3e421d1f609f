"""Staff pages about the rules that open follow-ups: their list in order, and what they would make of an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.generic import TemplateView
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin

from events.boundary import id_from
from followups.clock import contact_due, load_levels
from followups.models import FollowUpRule, Signal
from followups.opening import active_members, owner_of
from followups.rules.matching import Check, Facts, checks, facts_of, rule_words, rules_in_order
from followups.rules.occasions import RECENT
from followups.rules.ratings import USUAL_SCALE, Rating
from followups.words import comment_of, score_of
from staff.absences import away_until
from staff.access import visible
from staff.calendars import load_week
from staff.limited import LimitedAdmin
from staff.models import User
from staff.views import member
from surveys.metrics import SCALES
from surveys.models import Survey, SurveyResponse

LATEST = 15
TRIED = [choice for choice in FollowUpRule.SIGNALS if choice[0] != Signal.AT_RISK]
NOT_ASKED: Mapping[str, tuple[str, ...]] = {
    Signal.REVIEW: ("survey", "fell_by"),
    Signal.MESSAGE: ("survey", "threshold", "fell_by"),
    Signal.CALL_REQUEST: ("survey", "threshold", "fell_by", "topic"),
    Signal.AT_RISK: ("survey", "threshold", "fell_by", "topic", "touchpoint"),
}


class FollowUpRuleForm(forms.ModelForm):
    """Says what is missing, and which conditions make no sense together."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        signal, policy = values.get("signal"), values.get("policy")
        if signal == Signal.AT_RISK and not values.get("segment"):
            self.add_error("segment", _("Choose the segment of those who may leave."))
        if signal == Signal.AT_RISK and policy == FollowUpRule.Policy.ALWAYS:
            message = _("A segment may hold thousands: say how many a day can be called.")
            self.add_error("policy", message)
        if policy == FollowUpRule.Policy.CAPACITY and not values.get("daily_capacity"):
            self.add_error("daily_capacity", _("Say how many a day can be called well."))
        for name in (*NOT_ASKED.get(signal or "", ()),):
            if values.get(name):
                self.add_error(name, _("This says nothing about what came in here: leave it empty."))
        self.check_threshold(values)
        return values

    def check_threshold(self, values: dict[str, Any]) -> None:
        """At the top of the scale it would call everybody unhappy; without a survey nobody knows the scale."""
        survey, threshold = values.get("survey"), values.get("threshold")
        if threshold is None or values.get("signal") != Signal.ANSWER:
            return
        if not isinstance(survey, Survey):
            message = _("Choose a survey, too: 6 is unhappy on one scale and happy on another.")
            self.add_error("threshold", message)
            return
        top = top_score(survey)
        if top is not None and threshold >= top:
            message = _("The highest score of this survey is %(top)s: choose a lower one.") % {"top": top}
            self.add_error("threshold", message)


def top_score(survey: Survey) -> int | None:
    """The highest score of a survey's first score question; None when it asks for none."""
    first = survey.questions.present().filter(kind__in=SCALES).first()
    return SCALES[first.kind][-1] if first else None


@admin.register(FollowUpRule)
class FollowUpRuleAdmin(LimitedAdmin):
    form = FollowUpRuleForm
    list_display = ["in_words", "policy", "team", "owner", "priority", "is_active"]
    list_select_related = ["survey", "topic", "touchpoint", "segment", "unit", "team", "owner"]
    list_before_template = "followups/rule_list_links.html"
    ordering_field = "position"
    hide_ordering_field = True
    autocomplete_fields = ["survey", "touchpoint", "segment"]
    show_full_result_count = False
    conditional_fields = {
        "survey": "signal == 'answer'",
        "threshold": "signal == 'answer' || signal == 'review'",
        "fell_by": "signal == 'answer'",
        "topic": "signal != 'call_request' && signal != 'at_risk'",
        "touchpoint": "signal != 'at_risk'",
        "daily_capacity": "policy == 'capacity'",
        "control_percent": "policy == 'capacity'",
    }
    fieldsets = (
        (
            pgettext_lazy("conditions of a rule", "When"),
            {
                "fields": [
                    "signal",
                    "survey",
                    "threshold",
                    "fell_by",
                    "topic",
                    "touchpoint",
                    "segment",
                    "unit",
                ]
            },
        ),
        (gettext_lazy("Whether to call"), {"fields": ["policy", "daily_capacity", "control_percent"]}),
        (
            gettext_lazy("Then"),
            {"fields": ["team", "owner", "priority", "business_hours", "playbook"]},
        ),
        (None, {"fields": ["is_active"]}),
    )

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(TryRulesView.as_view(model_admin=self))
        return [path("try/", page, name="followups_try_rules"), *super().get_urls()]

    @display(description=gettext_lazy("when"))
    def in_words(self, rule: FollowUpRule) -> str:
        return rule_words(rule)


class TryForm(forms.Form):
    """Something that nobody gave: an answer, a review, a message, or a request to be called."""

    signal = forms.ChoiceField(label=gettext_lazy("What came in"), choices=TRIED, initial=Signal.ANSWER)
    survey = forms.ModelChoiceField(
        Survey.objects.order_by("name"), label=gettext_lazy("Survey"), required=False
    )
    score = forms.IntegerField(
        label=gettext_lazy("Score, or stars of five"), min_value=0, max_value=10, required=False
    )
    comment = forms.CharField(
        label=gettext_lazy("Comment"),
        required=False,
        max_length=5000,
        widget=forms.Textarea({"rows": 3, "dir": "auto"}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Its language"), choices=settings.LANGUAGES)
    days_ago = forms.IntegerField(
        label=gettext_lazy("Days from when it happened until we hear of it"), min_value=0, required=False
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("signal") == Signal.ANSWER:
            self.check_answer(values)
        elif values.get("signal") == Signal.REVIEW and (values.get("score") or 0) > USUAL_SCALE:
            self.add_error("score", _("A review has up to five stars."))
        return values

    def check_answer(self, values: dict[str, Any]) -> None:
        survey, score = values.get("survey"), values.get("score")
        if survey is None and "survey" not in self.errors:
            self.add_error("survey", _("Choose the survey that was answered."))
        if score is None and "score" not in self.errors:
            self.add_error("score", _("Give a score."))
        if not isinstance(survey, Survey) or score is None:
            return
        first = survey.questions.present().filter(kind__in=SCALES).first()
        if first is None:
            self.add_error("survey", _("This survey asks for no score, so it opens no follow-up."))
            return
        scale = SCALES[first.kind]
        if score not in scale:
            told = {"lowest": scale[0], "highest": scale[-1]}
            self.add_error("score", _("From %(lowest)s to %(highest)s.") % told)
        values["score_kind"] = first.kind

    @property
    def is_recent(self) -> bool:
        return (self.cleaned_data["days_ago"] or 0) <= RECENT.days

    def facts(self) -> Facts:
        values = self.cleaned_data
        signal, score = values["signal"], values["score"]
        said = {"language": values["language"], "comments": [values["comment"]]}
        if signal != Signal.ANSWER:
            is_rated = signal == Signal.REVIEW and score is not None
            return Facts(signal=signal, rating=Rating(score, USUAL_SCALE) if is_rated else None, **said)
        return Facts(
            survey=values["survey"].pk,
            touchpoint=values["survey"].touchpoint_id,
            score_kind=values["score_kind"],
            score=score,
            **said,
        )


@dataclass(frozen=True)
class Tried:
    """A rule and what its conditions say of an answer; `decides` for the first that fits."""

    rule: FollowUpRule
    checks: list[Check]
    decides: bool


@dataclass(frozen=True)
class Outcome:
    """What the rule that decides would bring."""

    rule: FollowUpRule
    owner: User | None
    due_at: datetime


def tried(rules: list[FollowUpRule], facts: Facts) -> list[Tried]:
    found = False
    rows = []
    for rule in rules:
        theirs = list(checks(rule, facts))
        fits = all(check.holds for check in theirs)
        rows.append(Tried(rule, theirs, decides=fits and not found))
        found |= fits
    return rows


def outcome_of(rows: list[Tried], facts: Facts, *, at: datetime) -> Outcome | None:
    rule = next((row.rule for row in rows if row.decides), None)
    if rule is None or not rule.opens:
        return None
    away = away_until(at=at)
    members = active_members([rule.team], away=away)[rule.team_id]
    owner = owner_of(rule, members, unit=facts.unit, away=away)
    due = contact_due(rule, load_levels()[rule.priority], load_week(rule.team.calendar), at=at)
    return Outcome(rule=rule, owner=owner, due_at=due)


class TryRulesView(UnfoldModelAdminViewMixin, TemplateView):
    """What would this answer have opened? Of one that was given, or of one that is made up."""

    title = gettext_lazy("Try the rules")
    permission_required = "followups.view_followuprule"
    template_name = "followups/try_rules.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        at, rules = timezone.now(), rules_in_order()
        form = TryForm(self.request.GET if "signal" in self.request.GET else None)
        given = self.given
        facts, is_recent = None, True
        if given:
            facts = facts_of([given], rules, at=at)[given.pk]
        elif form.is_bound and form.is_valid():
            facts, is_recent = form.facts(), form.is_recent
        rows = tried(rules, facts) if facts else []
        return super().get_context_data(
            form=form,
            given=given,
            given_score=score_of(given) if given else "",
            given_comment=comment_of(given) if given else "",
            latest=[(each, score_of(each), comment_of(each)) for each in self.answers[:LATEST]],
            is_tried=facts is not None,
            rows=rows,
            decides=next((row.rule for row in rows if row.decides), None),
            outcome=outcome_of(rows, facts, at=at) if facts and is_recent else None,
            is_recent=is_recent,
            **kwargs,
        )

    @cached_property
    def answers(self) -> Any:
        """Answers with a score, the newest first, of customers whom the person may see."""
        scored = SurveyResponse.objects.counted().filter(score__isnull=False)
        mine = visible(scored, member(self.request))
        return mine.select_related("survey").prefetch_related("answers").order_by("-submitted_at", "-pk")

    @cached_property
    def given(self) -> SurveyResponse | None:
        number = id_from(self.request.GET.get("response"))
        found: SurveyResponse | None = self.answers.filter(pk=number).first() if number else None
        return found
