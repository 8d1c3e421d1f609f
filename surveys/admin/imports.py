"""The staff pages by which answers of another tool come in: the file, its columns, and what became of it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin

from customers.admin.imports import LABELS, REFUSED_SHOWN, ProgressPage, refused_file
from customers.imports.uploads import AlreadyStarted
from events.boundary import id_from
from events.columns import moment_column
from staff.access import limit_of, visible
from staff.limited import LimitedAdmin
from staff.views import member
from surveys.admin.import_forms import AnswersForm, ColumnsForm, known_sources
from surveys.admin.results import MAY_IMPORT
from surveys.models import ResponseImport, Survey
from surveys.switching.columns import ColumnsRefused
from surveys.switching.looking import cells_by_column, first_lines, look
from surveys.switching.receiving import receive_answers
from surveys.switching.running import asked_in, discard_import, start_import, try_again
from surveys.switching.taken import NotReadable
from surveys.switching.tools import tool_named

MAY_SEE = "surveys.view_responseimport"
REFUSED = 422
State = ResponseImport.State


class UploadView(UnfoldModelAdminViewMixin, FormView):
    """First step: the file, and the survey it answers."""

    title = gettext_lazy("Import answers")
    permission_required = MAY_IMPORT
    template_name = "surveys/import_upload.html"
    form_class = AnswersForm

    def get_initial(self) -> dict[str, Any]:
        return {"survey": self.request.GET.get("survey", "")}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context["has_surveys"] = context["form"].fields["survey"].queryset.exists()
        asked_for = id_from(self.request.GET.get("survey"))
        context["unpublished"] = Survey.objects.filter(pk=asked_for, version=None).first()
        return context

    def form_valid(self, form: AnswersForm) -> HttpResponse:
        given = form.cleaned_data
        try:
            upload = receive_answers(
                survey=given["survey"],
                blocks=given["file"].chunks(),
                file_name=given["file"].name,
                encoding=given["encoding"],
                sheet=given["sheet"].strip(),
                by=member(self.request),
                at=timezone.now(),
            )
        except NotReadable as problem:
            form.add_error("file", str(problem))
            return self.form_invalid(form)
        return redirect("admin:surveys_responseimport_columns", upload.pk)

    def form_invalid(self, form: AnswersForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=REFUSED)


class ColumnsView(UnfoldModelAdminViewMixin, FormView):
    """Second step: which column is what, and a look at how the first lines would be read."""

    permission_required = MAY_IMPORT
    template_name = "surveys/import_columns.html"
    form_class = ColumnsForm

    @property
    def title(self) -> str:
        return self.upload.file_name

    @cached_property
    def upload(self) -> ResponseImport:
        uploads = ResponseImport.objects.select_related("survey", "created_by")
        return get_object_or_404(visible(uploads, self.request.user), pk=self.kwargs["pk"])

    @cached_property
    def lines(self) -> list[list[str]]:
        return first_lines(self.upload)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.has_permission() and self.upload.state != State.UPLOADED:
            return self.show_import()
        reply: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return reply

    def show_import(self) -> HttpResponse:
        return redirect("admin:surveys_responseimport_change", self.upload.pk)

    def get_form(self, form_class: Any = None) -> ColumnsForm:
        return ColumnsForm(self.upload, asked_in(self.upload), self.lines, self.request.POST or None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        upload = self.upload
        context: dict[str, Any] = super().get_context_data(
            upload=upload,
            tool=tool_named(upload.tool).name if upload.tool else "",
            sources=known_sources(upload),
            unit=limit_of(self.request.user),
            **kwargs,
        )
        context["columns"] = list(context["form"].columns(cells_by_column(self.lines, len(upload.header))))
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "discard" in request.POST:
            discard_import(upload=self.upload)
            messages.success(request, _("The file was thrown away; nothing was imported."))
            return redirect("admin:surveys_responseimport_changelist")
        reply: HttpResponse = super().post(request, *args, **kwargs)
        return reply

    def form_valid(self, form: ColumnsForm) -> HttpResponse:
        at = timezone.now()
        try:
            if "try" in self.request.POST:
                found = look(self.upload, at=at, **form.chosen)
                return self.render_to_response(self.get_context_data(form=form, look=found))
            start_import(upload=self.upload, by=member(self.request), at=at, **form.chosen)
        except AlreadyStarted as error:
            messages.info(self.request, str(error))
        except ColumnsRefused as problem:
            form.add_error(None, str(problem))
            return self.form_invalid(form)
        return self.show_import()

    def form_invalid(self, form: ColumnsForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=REFUSED)


class ProgressView(ProgressPage):
    """How far it is, and what came of it."""

    model, may_import, permission_required = ResponseImport, MAY_IMPORT, MAY_SEE
    whole, part = "surveys/import.html", "surveys/import_progress.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        refused = self.upload.refused_lines.all()[:REFUSED_SHOWN]
        return super().get_context_data(upload=self.upload, refused=refused, **kwargs)

    def go_on(self) -> None:
        try_again(upload=self.upload)


@admin.register(ResponseImport)
class ResponseImportAdmin(LimitedAdmin):
    shown_created_at = moment_column(ResponseImport, "created_at")
    list_display = [
        "file_name",
        "survey",
        "source",
        "shown_state",
        "taken_count",
        "again_count",
        "refused_count",
        "created_by",
        "shown_created_at",
    ]
    list_filter = ["state", "survey"]
    list_select_related = ["created_by", "survey"]
    search_fields = ["file_name", "source"]
    show_full_result_count = False
    sortable_by = ()

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        start = "surveys_responseimport"
        return [
            path("<int:pk>/columns/", door(ColumnsView.as_view(model_admin=self)), name=f"{start}_columns"),
            path("<int:pk>/change/", door(ProgressView.as_view(model_admin=self)), name=f"{start}_change"),
            path("<int:pk>/refused/", door(self.refused), name=f"{start}_refused"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        reply: HttpResponseBase = UploadView.as_view(model_admin=self)(request)
        return reply

    def has_delete_permission(self, request: HttpRequest, obj: ResponseImport | None = None) -> bool:
        return False

    def refused(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The lines that were not taken over, as they stood in the file, each with its reason: to be mended."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        upload = get_object_or_404(visible(ResponseImport.objects.all(), request.user), pk=pk)
        heads = [upload.header, upload.labels] if upload.labels else [upload.header]
        return refused_file(upload.refused_lines.all(), heads, upload.delimiter, name=f"refused-{pk}.csv")

    @display(description=gettext_lazy("state"), label=LABELS)
    def shown_state(self, upload: ResponseImport) -> tuple[str, str]:
        return upload.state, upload.get_state_display()
