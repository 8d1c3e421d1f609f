from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.forms.formsets import DELETION_FIELD_NAME
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from unfold.admin import ModelAdmin, StackedInline
from unfold.decorators import action, display
from unfold.views import UnfoldModelAdminViewMixin

from staff.models import User
from surveys.admin.texts import TextsField
from surveys.cautions import cautions_about
from surveys.models import Question, Survey
from surveys.public import preview_survey
from surveys.starting import STARTERS, start_survey
from surveys.wording import QUESTIONS, SURVEY, languages_of, own_name


class SurveyForm(forms.ModelForm):
    title = TextsField(label=gettext_lazy("Title"), standard=SURVEY["title"])
    intro = TextsField(label=gettext_lazy("Introduction"), standard=SURVEY["intro"])
    thanks = TextsField(label=gettext_lazy("Thank-you text"), standard=SURVEY["thanks"])


class QuestionForm(forms.ModelForm):
    text = TextsField(label=gettext_lazy("Wording"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].required = False
        if self.instance.kind:
            self.fields["text"].widget.standard = QUESTIONS[self.instance.kind]

    def keep(self) -> None:
        """The question has answers: it stays, and asks for the same kind of answer."""
        self.fields["kind"].disabled = True
        self.fields["kind"].help_text = _(
            "It has answers, so it stays and keeps its kind. To ask something else, add a question."
        )
        if DELETION_FIELD_NAME in self.fields:
            self.fields[DELETION_FIELD_NAME].disabled = True


class QuestionFormSet(forms.BaseInlineFormSet):
    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if form.instance.pk in self.answered:
            form.keep()

    @property
    def answered(self) -> set[int]:
        if not hasattr(self, "_answered"):
            questions = Question.objects.answered().filter(survey=self.instance.pk)
            self._answered = set(questions.values_list("pk", flat=True))
        return self._answered

    def clean(self) -> None:
        """A question without a position goes to the end."""
        super().clean()
        kept = [form for form in self.forms if form.has_changed() or form.instance.pk]
        last = max((form.cleaned_data.get("position") or 0 for form in kept if form.is_valid()), default=0)
        for form in kept:
            if form.cleaned_data.get("position") is None:
                last += 1
                form.instance.position = last


class QuestionInline(StackedInline):
    model = Question
    form = QuestionForm
    formset = QuestionFormSet
    fields = [("kind", "position"), "text", "is_required"]
    extra = 0
    ordering = ["position", "pk"]

    def get_extra(self, request: HttpRequest, obj: Survey | None = None, **kwargs: Any) -> int:
        return 0 if obj else 1


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
                "questions": [Question.Kind(kind).label for kind in starter.questions],
            }
            for slug, starter in STARTERS.items()
        ]
        return super().get_context_data(starters=starters, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        starter = STARTERS.get(request.POST.get("starter", ""))
        if starter is None or not isinstance(request.user, User):
            raise Http404
        survey = start_survey(starter=starter, language=request.user.language)
        messages.success(request, _("The survey is ready in all languages. Change what you like, then save."))
        return redirect("admin:surveys_survey_change", survey.pk)


@admin.register(Survey)
class SurveyAdmin(ModelAdmin):
    form = SurveyForm
    inlines = [QuestionInline]
    fieldsets = [
        (None, {"fields": [("name", "kind"), ("touchpoint", "language"), "is_open"]}),
        (
            gettext_lazy("Title, introduction and thank-you text"),
            {"fields": ["title", "intro", "thanks"], "classes": ["collapse"]},
        ),
    ]
    list_display = [
        "name",
        "shown_kind",
        "touchpoint",
        "shown_questions",
        "shown_languages",
        "is_open",
        "shown_preview",
    ]
    list_filter = ["kind", "is_open", "touchpoint"]
    list_select_related = ["touchpoint"]
    search_fields = ["name"]
    show_full_result_count = False
    actions_list = ["start_from_template"]
    actions_detail = ["open_preview"]
    change_form_before_template = "surveys/cautions.html"
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Survey]:
        surveys: QuerySet[Survey] = super().get_queryset(request)
        return surveys.prefetch_related("questions")

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("start/", door(StartersView.as_view(model_admin=self)), name="surveys_survey_start"),
            path("<int:pk>/preview/", door(self.preview), name="surveys_survey_preview"),
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
        cautions = list(cautions_about(survey)) if survey else []
        return super().changeform_view(
            request, object_id, form_url, {"cautions": cautions, **(extra_context or {})}
        )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A survey that was answered or is used by a campaign stays; it can be closed."""
        may_delete: bool = super().has_delete_permission(request, obj)
        if not isinstance(obj, Survey):
            return may_delete
        return may_delete and not obj.responses.exists() and not obj.campaigns.exists()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: each for name, each in super().get_actions(request).items() if name != "delete_selected"
        }

    @action(
        description=gettext_lazy("Start from a template"), url_path="start-from-template", permissions=["add"]
    )
    def start_from_template(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:surveys_survey_start")

    @action(description=gettext_lazy("Preview"), url_path="open-preview", attrs={"target": "_blank"})
    def open_preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return redirect("admin:surveys_survey_preview", object_id)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The page as customers see it; it takes no answers."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        survey = Survey.objects.prefetch_related("questions").filter(pk=pk).first()
        if survey is None:
            raise Http404
        return preview_survey(request, survey)

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
        return ", ".join(own_name(code) for code in languages_of(survey))

    @display(description="")
    def shown_preview(self, survey: Survey) -> str:
        return format_html(
            '<a class="cx-link" href="{}" target="_blank" rel="noopener">{}</a>',
            reverse("admin:surveys_survey_preview", args=[survey.pk]),
            _("Preview"),
        )
