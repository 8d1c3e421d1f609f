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

from staff.admin_downloads import Echo
from staff.audit import audit
from staff.limited import LimitedAdmin
from staff.models import AuditEntry
from staff.views import member
from surveys.metrics import band_of
from surveys.models import Answer, SurveyResponse
from surveys.wording import own_name, question_text

COMMENT_SHOWN = 120  # characters
EXPORTED_AT_ONCE = 500  # rows held in memory
EXPORT_HEAD = (
    "response", "submitted_at", "survey", "campaign", "customer_id", "customer", "touchpoint", "channel",
    "language", "is_test", "nps", "csat", "ces", "comment",
)  # fmt: skip
COLOURS = {"good": "success", "middle": "warning", "bad": "danger", "none": "default"}


class AnswerInline(TabularInline):
    model = Answer
    fields = readonly_fields = ["asked", "score", "text"]
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
        survey = answer.question.survey
        return question_text(answer.question, answer.survey_response.language, main=survey.language)


@admin.register(SurveyResponse)
class SurveyResponseAdmin(LimitedAdmin):
    """What customers answered; nobody edits it."""

    list_display = [
        "submitted_at",
        "shown_score",
        "customer",
        "shown_comment",
        "survey",
        "touchpoint",
        "shown_language",
        "shown_test",
    ]
    list_filter = [
        "survey",
        "score_kind",
        ("submitted_at", RangeDateFilter),
        "has_comment",
        "touchpoint",
        "channel",
        "language",
        "is_test",
    ]
    list_filter_submit = True
    list_select_related = ["customer", "survey", "touchpoint", "campaign"]
    list_before_template = "surveys/response_export.html"
    search_fields = ["^customer__first_name", "^customer__last_name", "=customer__identities__value"]
    inlines = [AnswerInline]
    readonly_fields = ["shown_language"]
    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    fields = [
        ("survey", "campaign"),
        ("customer", "touchpoint"),
        ("submitted_at", "channel"),
        ("shown_language", "is_test"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SurveyResponse]:
        comments = Answer.objects.exclude(text="").order_by("question__position")
        responses: QuerySet[SurveyResponse] = super().get_queryset(request)
        return responses.prefetch_related(Prefetch("answers", comments, to_attr="comments"))

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [path("export/", door(self.export), name="surveys_surveyresponse_export"), *super().get_urls()]

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

    @display(description="", label={"test": "info"}, empty_value=" ")
    def shown_test(self, response: SurveyResponse) -> tuple[str, Any] | None:
        return ("test", gettext_lazy("Test")) if response.is_test else None


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
        int(response.is_test),
        *answers.values(),
    ]
