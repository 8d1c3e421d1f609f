from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.views import UnfoldModelAdminViewMixin

from events.boundary import id_from
from staff.views import member
from surveys.admin.builder.urls import builder_urls
from surveys.admin.moments import guard_moment
from surveys.admin.results import MAY_IMPORT, ResultsView
from surveys.admin.taking_over import TakeOverView
from surveys.admin.texts import TextsField
from surveys.admin.translations import TranslationsView
from surveys.admin.versions import VersionsView
from surveys.answering.closing import closing_of_survey
from surveys.models import Question, Survey, SurveyVersion
from surveys.public.personal_links import preview_survey
from surveys.questions.questionnaires import draft_of, published
from surveys.questions.wording import SURVEY, languages_of, own_name
from surveys.writing.cautions import cautions_about
from surveys.writing.publishing import NotPublishable, has_unpublished_changes, publish_survey
from surveys.writing.starters import STARTERS, start_survey


class SurveyForm(forms.ModelForm):
    title = TextsField(label=gettext_lazy("Title"), standard=SURVEY["title"])
    intro = TextsField(label=gettext_lazy("Introduction"), standard=SURVEY["intro"])
    thanks = TextsField(label=gettext_lazy("Thank-you text"), standard=SURVEY["thanks"])
    review_url = forms.URLField(
        label=gettext_lazy("Where happy customers may write a review"), required=False, assume_scheme="https"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guard_moment(self, "closes_at")


class StartersView(UnfoldModelAdminViewMixin, TemplateView):
    """Start a survey from one of those that most organisations need first."""

    title = gettext_lazy("Start a survey")
    permission_required = "surveys.add_survey"
    template_name = "surveys/starters.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        starters = [
            {
                "slug": slug,
                "starter": starter,
                "questions": [asked.kind.label for asked in starter.questions],
            }
            for slug, starter in STARTERS.items()
        ]
        return super().get_context_data(starters=starters, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        slug = request.POST.get("starter", "")
        if slug not in STARTERS:
            raise Http404
        survey = start_survey(slug=slug, language=member(request).language)
        messages.success(
            request, _("The survey is ready in all languages. Change what you like, then publish.")
        )
        return redirect("admin:surveys_survey_build", survey.pk)


@admin.register(Survey)
class SurveyAdmin(ModelAdmin):
    form = SurveyForm
    fieldsets = [
        (None, {"fields": [("name", "kind"), ("touchpoint", "language"), "theme"]}),
        (gettext_lazy("Taking answers"), {"fields": [("is_open", "quota"), "closes_at"]}),
        (
            gettext_lazy("Title, introduction and thank-you text"),
            {"fields": ["title", "intro", "thanks", "review_url"], "classes": ["collapse"]},
        ),
    ]
    list_display = [
        "name",
        "shown_kind",
        "touchpoint",
        "shown_questions",
        "shown_languages",
        "takes_answers",
        "shown_results",
        "shown_preview",
    ]
    list_filter = ["kind", "is_open", "touchpoint"]
    list_select_related = ["touchpoint"]
    search_fields = ["name"]
    show_full_result_count = False
    actions_list = ["start_from_template", "take_over"]
    actions_detail = ["open_preview", "import_answers"]
    change_form_outer_before_template = "surveys/cautions.html"
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Survey]:
        surveys: QuerySet[Survey] = super().get_queryset(request)
        return surveys.prefetch_related(Prefetch("questions", Question.objects.present()))

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("start/", door(StartersView.as_view(model_admin=self)), name="surveys_survey_start"),
            path("from-file/", door(TakeOverView.as_view(model_admin=self)), name="surveys_survey_from_file"),
            path("<int:pk>/preview/", door(self.preview), name="surveys_survey_preview"),
            path(
                "<int:pk>/translations/",
                door(TranslationsView.as_view(model_admin=self)),
                name="surveys_survey_translations",
            ),
            path(
                "<int:pk>/results/",
                door(ResultsView.as_view(model_admin=self)),
                name="surveys_survey_results",
            ),
            path(
                "<int:pk>/versions/",
                door(VersionsView.as_view(model_admin=self)),
                name="surveys_survey_versions",
            ),
            path("<int:pk>/publish/", door(self.publish), name="surveys_survey_publish"),
            *builder_urls(self),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        survey = self.get_object(request, object_id) if object_id else None
        shown = extra_context or {}
        if survey:
            shown |= {
                "cautions": list(cautions_about(survey, at=timezone.now())),
                "to_publish": has_unpublished_changes(survey),
            }
        return super().changeform_view(request, object_id, form_url, shown)

    def save_model(self, request: HttpRequest, obj: Survey, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        """What the form has, and nothing else: meanwhile answers are counted, and versions published."""
        obj.save(update_fields=[*form.fields, "changed_at"] if change else None)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A survey that was answered or is used by a campaign or an import stays; it can be closed."""
        may_delete: bool = super().has_delete_permission(request, obj)
        if not isinstance(obj, Survey):
            return may_delete
        is_used = obj.responses.exists() or obj.campaigns.exists() or obj.response_imports.exists()
        return may_delete and not is_used

    def response_post_save_add(self, request: HttpRequest, obj: Survey) -> HttpResponse:
        return redirect("admin:surveys_survey_build", obj.pk)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: each for name, each in super().get_actions(request).items() if name != "delete_selected"
        }

    @action(
        description=gettext_lazy("Start from a template"), url_path="start-from-template", permissions=["add"]
    )
    def start_from_template(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:surveys_survey_start")

    @action(
        description=gettext_lazy("Take over from another tool"),
        url_path="take-over",
        permissions=["add"],
    )
    def take_over(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:surveys_survey_from_file")

    @action(description=gettext_lazy("Preview"), url_path="open-preview", attrs={"target": "_blank"})
    def open_preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:surveys_survey_preview", object_id)

    @action(
        description=gettext_lazy("Import answers"), url_path="import-answers", permissions=["import_answers"]
    )
    def import_answers(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect(f"{reverse('admin:surveys_responseimport_add')}?survey={object_id}")

    def has_import_answers_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(MAY_IMPORT)

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make the draft what customers see."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        survey = Survey.objects.filter(pk=pk).first()
        if survey is None or request.method != "POST":
            raise Http404
        try:
            version = publish_survey(survey=survey, by=member(request), at=timezone.now())
        except NotPublishable as refusal:
            for flaw in refusal.flaws:
                messages.error(
                    request, f"{flaw.question}: {flaw.sentence}" if flaw.question else str(flaw.sentence)
                )
        else:
            messages.success(
                request, _("Version %(number)d is what customers see now.") % {"number": version.number}
            )
        return redirect("admin:surveys_survey_change", pk)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The draft, or one of the versions, as customers see it; it takes no answers."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        survey = get_object_or_404(Survey, pk=pk)
        if (number := request.GET.get("version")) is None:
            return preview_survey(request, survey, draft_of(survey))
        version = get_object_or_404(SurveyVersion, survey=survey, number=id_from(number))
        return preview_survey(request, survey, published(version.pk))

    @display(
        description=gettext_lazy("kind"),
        ordering="kind",
        label={Survey.Kind.RELATIONSHIP: "info", Survey.Kind.TRANSACTIONAL: "primary"},
    )
    def shown_kind(self, survey: Survey) -> tuple[str, str]:
        return survey.kind, survey.get_kind_display()

    @display(description=gettext_lazy("questions"))
    def shown_questions(self, survey: Survey) -> str:
        return ", ".join(question.get_kind_display() for question in survey.questions.all())

    @display(description=gettext_lazy("languages"))
    def shown_languages(self, survey: Survey) -> str:
        return ", ".join(own_name(code) for code in languages_of(draft_of(survey, survey.questions.all())))

    @display(description=gettext_lazy("takes answers"), boolean=True)
    def takes_answers(self, survey: Survey) -> bool:
        return closing_of_survey(survey, at=timezone.now()) is None

    @display(description="")
    def shown_results(self, survey: Survey) -> str:
        return format_html(
            '<a class="cx-link" href="{}">{}</a>',
            reverse("admin:surveys_survey_results", args=[survey.pk]),
            _("Results"),
        )

    @display(description="")
    def shown_preview(self, survey: Survey) -> str:
        return format_html(
            '<a class="cx-link" href="{}">{}</a> · <a class="cx-link" href="{}" target="_blank" rel="noopener">{}</a>',
            reverse("admin:surveys_survey_build", args=[survey.pk]),
            _("Questions"),
            reverse("admin:surveys_survey_preview", args=[survey.pk]),
            _("Preview"),
        )
