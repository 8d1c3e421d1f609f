"""Any list of the staff site as a file: the rows and columns as shown, streamed, and nothing in it is calculated."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from defusedcsv import csv
from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Model, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import localize
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from events.columns import moment_in
from staff.audit import audit
from staff.models import AuditEntry
from staff.views import member

AT_ONCE = 1_000  # rows read together
MOST_ROWS_OF_A_WORKBOOK = 100_000
LONGEST_CELL = 32_767  # characters a workbook takes
CSV, WORKBOOK = "csv", "xlsx"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int | float | Decimal


def download_list(request: HttpRequest, app: str, model: str, form: str) -> HttpResponseBase:
    """The list of `model` as the same address shows it: its filters, search, order, columns and limits."""
    model_admin = next(
        (each for known, each in admin.site._registry.items() if known._meta.label_lower == f"{app}.{model}"),
        None,
    )
    if model_admin is None or form not in {CSV, WORKBOOK}:
        raise Http404
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    shown = reverse(f"admin:{app}_{model}_changelist")
    try:
        rows = model_admin.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        return redirect(shown)
    if (
        form == WORKBOOK
        and len(rows.values_list("pk")[: MOST_ROWS_OF_A_WORKBOOK + 1]) > MOST_ROWS_OF_A_WORKBOOK
    ):
        messages.error(
            request,
            _("A workbook takes %(most)s rows here. Narrow the list, or download it as CSV.")
            % {"most": localize(MOST_ROWS_OF_A_WORKBOOK)},
        )
        return redirect(f"{shown}?{request.GET.urlencode()}")
    audit(
        user=member(request),
        action=AuditEntry.Action.EXPORTED,
        subject=model_admin.model(),
        at=timezone.now(),
        filters=sorted(request.GET),
        form=form,
    )
    columns = columns_of(model_admin, request)
    table = in_language(translation.get_language(), lines(rows, columns, model_admin))
    name = f"{model}-{timezone.localdate():%Y-%m-%d}.{form}"
    if form == CSV:
        return StreamingHttpResponse(
            csv_lines(table),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    return FileResponse(workbook_of(table), as_attachment=True, filename=name, content_type=WORKBOOK_TYPE)


def columns_of(model_admin: Any, request: HttpRequest) -> list[tuple[str, str]]:
    """The name and the heading of each column; those without a heading, such as buttons, stay on the page."""
    named = (
        (name, capfirst(str(label_for_field(name, model_admin.model, model_admin))))
        for name in model_admin.get_list_display(request)
        if isinstance(name, str)
    )
    return [(name, heading) for name, heading in named if heading.strip()]


def lines(rows: QuerySet[Any], columns: Sequence[tuple[str, str]], model_admin: Any) -> Iterator[list[Cell]]:
    yield [heading for _name, heading in columns]
    for row in rows.iterator(chunk_size=AT_ONCE):
        yield [cell_of(row, name, model_admin) for name, _heading in columns]


def in_language(language: str | None, table: Iterator[list[Cell]]) -> Iterator[list[Cell]]:
    """The file is written after the page's own language has ended."""
    while True:
        with translation.override(language):
            line = next(table, None)
        if line is None:
            return
        yield line


def cell_of(row: Model, name: str, model_admin: Any) -> Cell:
    """What the column shows, as text or a number; dates as ISO writes them, in the installation's time zone."""
    try:
        field, _attribute, value = lookup_field(name, row, model_admin)
    except ObjectDoesNotExist:
        return ""
    if field is not None and getattr(field, "flatchoices", None):
        value = getattr(row, f"get_{field.name}_display")()
    elif field is not None and field.is_relation:
        value = getattr(row, field.name)
    return plain(value)


def plain(value: Any) -> Cell:
    cell: Cell
    match value:
        case None:
            cell = ""
        case bool():
            cell = _("Yes") if value else _("No")
        case int() | float() | Decimal():
            cell = value
        case datetime():
            cell = timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
        case date():
            cell = value.isoformat()
        case [_key, label]:  # a coloured label
            cell = plain(label)
        case _:
            cell = moment_in(value) or " ".join(strip_tags(str(value)).split())
    return cell


class Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def csv_lines(table: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """For spreadsheets: marked as UTF-8, and what begins like a formula is quoted."""
    writer = csv.writer(Echo())
    yield "\ufeff"
    for line in table:
        yield writer.writerow(line)


def workbook_of(table: Iterable[Sequence[Cell]]) -> Any:
    """A workbook in a file that disappears when it is closed; texts stay texts, whatever they begin with."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for line in table:
        sheet.append([workbook_cell(sheet, value) for value in line])
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    book.save(file)
    file.seek(0)
    return file


def workbook_cell(sheet: Any, value: Cell) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value)[:LONGEST_CELL])
    cell.data_type = "s"
    return cell
