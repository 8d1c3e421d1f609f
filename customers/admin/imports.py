from collections.abc import Iterator, Sequence
from typing import Any

from defusedcsv import csv
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView, TemplateView
from unfold.decorators import display
from unfold.views import UnfoldModelAdminViewMixin

from customers.admin.import_forms import ColumnsForm, FileForm
from customers.imports.columns import MappingError, known_sources
from customers.imports.files import UnreadableFile, receive_file
from customers.imports.previewing import first_cells
from customers.imports.running import discard_import, start_import, try_again
from customers.imports.trying import LARGEST_ON_A_PAGE, Trial, try_import
from customers.imports.uploads import AlreadyStarted
from customers.models import CustomerImport, RefusedRow
from staff.access import visible
from staff.admin.downloads import Echo
from staff.limited import LimitedAdmin
from staff.views import member

MAY_IMPORT = "customers.add_customerimport"
MAY_SEE = "customers.view_customerimport"
REFUSED_SHOWN = 20
State = CustomerImport.State
TONES = {
    State.UPLOADED: "warn",
    State.WAITING: "info",
    State.RUNNING: "info",
    State.DONE: "good",
    State.FAILED: "bad",
}
LABELS = {
    State.UPLOADED: "warning",
    State.WAITING: "info",
    State.RUNNING: "info",
    State.DONE: "success",
    State.FAILED: "danger",
}


class UploadView(UnfoldModelAdminViewMixin, FormView):
    """First step: the file."""

    title = gettext_lazy("Import customers")
    permission_required = MAY_IMPORT
    template_name = "customers/import_upload.html"
    form_class = FileForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(sources=known_sources(), **kwargs)

    def form_valid(self, form: FileForm) -> HttpResponse:
        file = form.cleaned_data["file"]
        try:
            customer_import = receive_file(
                blocks=file.chunks(),
                file_name=file.name,
                encoding=form.cleaned_data["encoding"],
                sheet=form.cleaned_data["sheet"].strip(),
                source=form.cleaned_data["source"],
                by=member(self.request),
                at=timezone.now(),
            )
        except UnreadableFile as error:
            form.add_error("file", str(error))
            return self.form_invalid(form)
        return redirect("admin:customers_customerimport_columns", customer_import.pk)

    def form_invalid(self, form: FileForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)


class ColumnsView(UnfoldModelAdminViewMixin, FormView):
    """Second step: which column is what."""

    permission_required = MAY_IMPORT
    template_name = "customers/import_columns.html"
    form_class = ColumnsForm

    @property
    def title(self) -> str:
        return self.customer_import.file_name

    @cached_property
    def customer_import(self) -> CustomerImport:
        return get_object_or_404(
            visible(CustomerImport.objects.all(), self.request.user), pk=self.kwargs["pk"]
        )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.has_permission() and self.customer_import.state != State.UPLOADED:
            return self.show_import()
        reply: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return reply

    def show_import(self) -> HttpResponse:
        return redirect("admin:customers_customerimport_change", self.customer_import.pk)

    def get_form(self, form_class: Any = None) -> ColumnsForm:
        return ColumnsForm(self.customer_import, self.request.POST or None)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(customer_import=self.customer_import, **kwargs)
        context["may_try"] = self.customer_import.size <= LARGEST_ON_A_PAGE
        context["columns"] = context["form"].column_fields(first_cells(self.customer_import))
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "discard" in request.POST:
            discard_import(customer_import=self.customer_import)
            messages.success(request, _("The file was thrown away; nothing was imported."))
            return redirect("admin:customers_customerimport_changelist")
        reply: HttpResponse = super().post(request, *args, **kwargs)
        return reply

    def form_valid(self, form: ColumnsForm) -> HttpResponse:
        if "try" in self.request.POST:
            if self.customer_import.size > LARGEST_ON_A_PAGE:
                return self.form_invalid(form)
            return self.render_to_response(self.get_context_data(form=form, trial=self.trial(form)))
        try:
            start_import(
                customer_import=self.customer_import,
                mapping=form.cleaned_data["mapping"],
                defaults=form.defaults,
            )
        except AlreadyStarted as error:
            messages.info(self.request, str(error))
        except MappingError as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        return self.show_import()

    def trial(self, form: ColumnsForm) -> Trial:
        """What the import would do; nothing of it stays."""
        *_chunks, trial = try_import(
            customer_import=self.customer_import,
            mapping=form.cleaned_data["mapping"],
            defaults=form.defaults,
            at=timezone.now(),
        )
        return trial

    def form_invalid(self, form: ColumnsForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)


class ProgressPage(UnfoldModelAdminViewMixin, TemplateView):
    """How far an import of any kind is, and what came of it. `whole` and `part` are its templates."""

    model: type[Any]
    may_import: str
    whole: str
    part: str

    @property
    def title(self) -> str:
        return str(self.upload.file_name)

    @cached_property
    def upload(self) -> Any:
        uploads: QuerySet[Any] = self.model._default_manager.select_related("created_by")
        return get_object_or_404(visible(uploads, self.request.user), pk=self.kwargs["pk"])

    def address(self, page: str) -> str:
        return f"admin:{self.model._meta.app_label}_{self.model._meta.model_name}_{page}"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.has_perm(self.may_import) and self.upload.state == State.UPLOADED:
            return redirect(self.address("columns"), self.upload.pk)
        reply: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return reply

    def get_template_names(self) -> list[str]:
        return [self.part if "progress" in self.request.GET else self.whole]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        upload = self.upload
        return super().get_context_data(
            tone=TONES[State(upload.state)],
            is_moving=upload.state in {State.WAITING, State.RUNNING},
            may_try_again=upload.state == State.FAILED and self.request.user.has_perm(self.may_import),
            **kwargs,
        )

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go on with one that failed."""
        if not request.user.has_perm(self.may_import):
            raise PermissionDenied
        self.go_on()
        return redirect(self.address("change"), pk)

    def go_on(self) -> None:
        raise NotImplementedError


class ProgressView(ProgressPage):
    model, may_import, permission_required = CustomerImport, MAY_IMPORT, MAY_SEE
    whole, part = "customers/import.html", "customers/import_progress.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        refused = self.upload.refused_rows.all()[:REFUSED_SHOWN]
        return super().get_context_data(customer_import=self.upload, refused=refused, **kwargs)

    def go_on(self) -> None:
        try_again(customer_import=self.upload)


@admin.register(CustomerImport)
class CustomerImportAdmin(LimitedAdmin):
    list_display = [
        "file_name",
        "source",
        "shown_state",
        "rows_read",
        "created_count",
        "updated_count",
        "unchanged_count",
        "refused_count",
        "created_by",
        "created_at",
    ]
    list_filter = ["state"]
    list_select_related = ["created_by"]
    search_fields = ["file_name", "source"]
    show_full_result_count = False
    sortable_by = ()

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/columns/",
                door(ColumnsView.as_view(model_admin=self)),
                name="customers_customerimport_columns",
            ),
            path(
                "<int:pk>/change/",
                door(ProgressView.as_view(model_admin=self)),
                name="customers_customerimport_change",
            ),
            path("<int:pk>/refused/", door(self.refused), name="customers_customerimport_refused"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        reply: HttpResponseBase = UploadView.as_view(model_admin=self)(request)
        return reply

    def has_delete_permission(self, request: HttpRequest, obj: CustomerImport | None = None) -> bool:
        return False

    def refused(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The rows that were not imported, as they stood in the file, with the reason: to be mended and sent again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        customer_import = get_object_or_404(visible(CustomerImport.objects.all(), request.user), pk=pk)
        rows = RefusedRow.objects.filter(customer_import=customer_import)
        return refused_file(
            rows, [customer_import.header], customer_import.delimiter, name=f"refused-{pk}.csv"
        )

    @display(description=gettext_lazy("state"), label=LABELS)
    def shown_state(self, customer_import: CustomerImport) -> tuple[str, str]:
        return customer_import.state, customer_import.get_state_display()


def refused_file(
    rows: QuerySet[Any], heads: Sequence[Sequence[str]], delimiter: str, *, name: str
) -> StreamingHttpResponse:
    """Rows of a file that were refused, below the lines that stood above them there, each with the reason."""
    return StreamingHttpResponse(
        refused_lines(rows, heads, delimiter),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def refused_lines(rows: QuerySet[Any], heads: Sequence[Sequence[str]], delimiter: str) -> Iterator[str]:
    """What an earlier download of this kind had added is not added twice."""
    header = heads[0]
    added = [_("line in the file"), _("why not imported")]
    own = [index for index, name in enumerate(header) if name not in added]
    width = len(header)
    writer = csv.writer(Echo(), delimiter=delimiter)
    yield "\ufeff" + writer.writerow([*(header[index] for index in own), *added])
    for head in heads[1:]:
        yield writer.writerow([*(head[index] for index in own), "", ""])
    for row in rows.order_by("pk").iterator(chunk_size=1_000):
        cells = [*row.cells, *[""] * width]
        shown = [*(cells[index] for index in own), *row.cells[width:]]
        yield writer.writerow([*shown, row.line, row.reason])
