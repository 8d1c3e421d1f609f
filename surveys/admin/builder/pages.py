"""The builder's page, and the fields of one question that it fetches."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from staff.views import member
from surveys.admin.builder.changes import MAY_CHANGE
from surveys.admin.builder.desk import Desk, desk_of, direction_of
from surveys.admin.builder.forms import PARTS, QuestionForm
from surveys.questions.condition_words import band_words, op_words
from surveys.questions.kinds import GROUPS, GUIDES
from surveys.writing.drafting import was_published

MAY_VIEW = "surveys.view_survey"


class BuilderView(UnfoldModelAdminViewMixin, TemplateView):
    permission_required = MAY_VIEW
    template_name = "surveys/builder.html"

    @property
    def title(self) -> str:
        return self.desk.survey.name

    @cached_property
    def desk(self) -> Desk:
        return desk_of(self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        desk = self.desk
        context: dict[str, Any] = super().get_context_data(
            **desk.context,
            news=desk.news,
            before=PARTS["before"](desk.survey),
            after=PARTS["after"](desk.survey),
            direction=direction_of(desk.survey),
            groups=[(name, [(kind, kind.label, GUIDES[kind]) for kind in kinds]) for name, kinds in GROUPS],
            words=script_words(),
            may_change=self.request.user.has_perm(MAY_CHANGE),
            **kwargs,
        )
        return context


def script_words() -> dict[str, Any]:
    """What the page's script says."""
    return {
        "ops": op_words(),
        "bands": band_words(),
        "all": _("All of these hold"),
        "any": _("Any of these holds"),
        "always": _("Always"),
        "never": _("Never"),
        "subject": _("What is looked at"),
        "comparison": _("How it is compared"),
        "value": _("Compared with"),
        "match": _("How many must hold"),
        "add": _("Add a condition"),
        "remove": _("Remove the condition"),
        "nested": _("Conditions stand within one another here; this page shows them as they are."),
        "clear": _("Remove it and start anew"),
        "page": _("Page %(number)s"),
        "saving": _("Saving…"),
        "saved": _("Saved"),
        "notSaved": _("Not saved. What you typed is still here: correct it or try again."),
        "removeQuestion": _("Remove this question?"),
    }


@require_safe
def show_editor(request: HttpRequest, pk: int, question: int) -> HttpResponse:
    """The fields of one question."""
    user = member(request)
    if not user.has_perm(MAY_VIEW):
        raise PermissionDenied
    desk = desk_of(pk)
    chosen = desk.question(question)
    form = QuestionForm(chosen, kind_is_fixed=was_published(chosen))
    shown = desk.editor(chosen, form) | {"may_change": user.has_perm(MAY_CHANGE)}
    return render(request, "surveys/builder_editor.html", shown)
