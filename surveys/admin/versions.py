"""The versions of a survey: what each asked, since when, and what changed."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.views import UnfoldModelAdminViewMixin

from staff.access import visible
from staff.views import member
from surveys.models import Survey, SurveyResponse, SurveyVersion
from surveys.questions.questionnaires import draft_of, questionnaire_from
from surveys.writing.changes import changes_between


@dataclass(frozen=True)
class ShownVersion:
    version: SurveyVersion
    changes: list[str]  # since the one before; of the first there are none
    responses: int


class VersionsView(UnfoldModelAdminViewMixin, TemplateView):
    """Newest first, with what the draft would change on top."""

    title = gettext_lazy("Versions")
    permission_required = "surveys.view_survey"
    template_name = "surveys/versions.html"

    @cached_property
    def survey(self) -> Survey:
        return get_object_or_404(Survey, pk=self.kwargs["pk"])

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, language = member(self.request), translation.get_language() or ""
        versions = list(self.survey.versions.select_related("published_by").order_by("number"))
        asked = [questionnaire_from(each.contents, survey_id=self.survey.pk) for each in versions]
        draft = draft_of(self.survey)
        changes = [list(changes_between(*pair, language)) for pair in pairwise([*asked, draft])]
        responses = visible(SurveyResponse.objects.counted().filter(survey=self.survey), user)
        counted = dict(responses.order_by().values_list("version").annotate(Count("pk")))
        shown = [
            ShownVersion(version, since, counted.get(version.pk, 0))
            for version, since in zip(versions, [[], *changes], strict=False)
        ]
        context: dict[str, Any] = super().get_context_data(
            survey=self.survey,
            versions=shown[::-1],
            to_publish=changes[-1] if changes else [],
            may_see_results=user.has_perm("surveys.view_surveyresponse"),
            **kwargs,
        )
        return context
