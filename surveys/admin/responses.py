from collections.abc import Iterator
from typing import Any

from defusedcsv import csv
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from events.columns import moment_column
from staff.access import visible
from staff.admin.downloads import Echo
from staff.audit import audit
from staff.limited import LimitedAdmin
from staff.models import AuditEntry
from staff.views import member
from surveys.admin.asking import AskView
from surveys.admin.files import file_view, link_to_file
from surveys.admin.interviews import interview_view
from surveys.metrics import band_of
from surveys.models import Answer, Interview, Question, ResponseImport, SurveyResponse
from surveys.questions.answer_words import words_of
from surveys.questions.wording import Voice, own_name, question_text

COMMENT_SHOWN = 120  # characters
EXPORTED_AT_ONCE = 500  # rows held in memory
EXPORT_HEAD = (
    "response", "submitted_at", "survey", "campaign", "customer_id", "customer", "touchpoint", "channel",
    "language", "source", "is_test", "nps", "csat", "ces", "comment",
)  # fmt: skip
COLOURS = {"good": "success", "middle": "warning", "bad": "danger", "none": "default"}


class AnswerInline(TabularInline):
    model = Answer
    fields = readonly_fields = ["asked", "score", "answered"]
    extra = 0
    can_delete = False
    hide_title = True
    verbose_name_plural = gettext_lazy("Answers")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Answer]:
        answers: QuerySet[Answer] = super().get_queryset(request)
        return answers.select_related("question__survey", "survey_response").order_by("question__position")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @display(description=gettext_lazy("question"))
    def asked(self, answer: Answer) -> str:
        return question_text(answer.question, voice_of_answer(answer))

    @display(description=gettext_lazy("answer"))
    def answered(self, answer: Answer) -> str:
        if answer.question.kind == Question.Kind.FILE and answer.value:
            return link_to_file(answer)
        return words_of(answer, voice_of_answer(answer))


def voice_of_answer(answer: Answer) -> Voice:
    return Voice(answer.survey_response.language, answer.question.survey.language)


class SourceFilter(admin.SimpleListFilter):
    """The tools that answers were imported from, as the imports name them: responses are too many to be asked."""

    title = gettext_lazy("source")
    parameter_name = "source"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        imports = visible(ResponseImport.objects.filter(taken_count__gt=0), request.user).order_by("source")
        return [(source, source) for source in imports.values_list("source", flat=True).distinct()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[SurveyResponse]) -> QuerySet[SurveyResponse]:
        return queryset.filter(source=self.value()) if self.value() else queryset


@admin.register(SurveyResponse)
class SurveyResponseAdmin(LimitedAdmin):
    """What customers answered; nobody edits it."""

    shown_submitted_at = moment_column(SurveyResponse, "submitted_at")
    list_display = [
        "shown_submitted_at",
        "shown_score",
        "customer",
        "shown_comment",
        "survey",
        "touchpoint",
        "shown_language",
        "shown_mark",
    ]
    list_filter = [
        "survey",
        "score_kind",
        ("submitted_at", RangeDateFilter),
        "has_comment",
        "touchpoint",
        "channel",
        "language",
        SourceFilter,
        "is_test",
    ]
    list_filter_submit = True
    list_select_related = ["customer", "survey", "touchpoint", "campaign"]
    list_before_template = "surveys/response_export.html"
    search_fields = ["^customer__first_name", "^customer__last_name", "=customer__identities__value"]
    inlines = [AnswerInline]
    readonly_fields = ["shown_language", "shown_interviewer"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    fields = [
        ("survey", "campaign"),
        ("customer", "touchpoint"),
        ("submitted_at", "channel"),
        "shown_interviewer",
        ("shown_language", "source", "is_test"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SurveyResponse]:
        comments = Answer.objects.exclude(text="").order_by("question__position")
        responses: QuerySet[SurveyResponse] = super().get_queryset(request)
        return responses.prefetch_related(Prefetch("answers", comments, to_attr="comments"))

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("export/", door(self.export), name="surveys_surveyresponse_export"),
            path("files/<int:pk>/", door(file_view), name="surveys_surveyresponse_file"),
            path("ask/<int:pk>/", door(AskView.as_view(model_admin=self)), name="surveys_surveyresponse_ask"),
            path("ask/<int:pk>/<int:survey>/", door(interview_view), name="surveys_surveyresponse_interview"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """The filtered list as a CSV file, in a stream that never holds more than a few rows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            chosen = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return redirect("admin:surveys_surveyresponse_changelist")
        audit(
            user=member(request),
            action=AuditEntry.Action.EXPORTED,
            subject=SurveyResponse(),
            at=timezone.now(),
            filters=sorted(request.GET),
        )
        responses = (
            SurveyResponse.objects.filter(pk__in=chosen.order_by().values("pk"))
            .select_related("survey", "campaign", "customer", "touchpoint")
            .prefetch_related(Prefetch("answers", Answer.objects.select_related("question")))
        )
        return StreamingHttpResponse(
            csv_lines(responses),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="responses.csv"'},
        )

    @display(description=gettext_lazy("score"), ordering="score", label=COLOURS)
    def shown_score(self, response: SurveyResponse) -> tuple[str, str]:
        if response.score is None:
            return "none", "–"
        return band_of(response.score_kind, response.score), f"{response.score_kind.upper()} {response.score}"

    @display(description=gettext_lazy("comment"))
    def shown_comment(self, response: SurveyResponse) -> str:
        return Truncator(" · ".join(answer.text for answer in response.comments)).chars(COMMENT_SHOWN)  # type: ignore[attr-defined]  # prefetched

    @display(description=gettext_lazy("language"), ordering="language")
    def shown_language(self, response: SurveyResponse) -> str:
        return own_name(response.language)

    @display(description="", label={"test": "info", "import": "default"}, empty_value=" ")
    def shown_mark(self, response: SurveyResponse) -> tuple[str, Any] | None:
        """That it is a test, or where it was imported from."""
        if response.is_test:
            return "test", gettext_lazy("Test")
        return ("import", response.source) if response.source else None

    @display(description=gettext_lazy("typed by"))
    def shown_interviewer(self, response: SurveyResponse) -> str:
        """The member of staff who typed it, while talking to the customer."""
        interview = Interview.objects.select_related("typed_by").filter(survey_response=response).first()
        return str(interview) if interview else "–"


def csv_lines(responses: QuerySet[SurveyResponse]) -> Iterator[str]:
    """The export line by line; cells a spreadsheet would take for a formula are defused."""
    writer = csv.writer(Echo())
    yield "\ufeff"  # without it, Excel takes UTF-8 for Latin
    yield writer.writerow(EXPORT_HEAD)
    for response in responses.iterator(chunk_size=EXPORTED_AT_ONCE):
        yield writer.writerow(csv_row(response))


def csv_row(response: SurveyResponse) -> list[object]:
    answers = {"nps": "", "csat": "", "ces": "", "comment": ""}
    for answer in sorted(response.answers.all(), key=lambda answer: answer.question.position):
        said = answer.text if answer.score is None else str(answer.score)
        kind = answer.question.kind
        if kind not in answers:
            continue
        answers[kind] = f"{answers[kind]} | {said}" if answers[kind] else said
    return [
        response.pk,
        response.submitted_at.isoformat(),
        response.survey.name,
        response.campaign.name if response.campaign else "",
        response.customer_id or "",
        str(response.customer or ""),
        response.touchpoint.name if response.touchpoint else "",
        response.channel,
        response.language,
        response.source,
        int(response.is_test),
        *answers.values(),
    ]
