"""Excel workbooks are read like the CSV a person would have saved; what could cost too much is refused before."""

import io
import zipfile
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook

from customers.imports.columns import guess_mapping
from customers.imports.files import UnreadableFile, receive_file
from customers.imports.running import run_imports, start_import
from customers.imports.workbooks import csv_of_workbook
from customers.models import Customer, CustomerImport
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def workbook(*rows: list[object], **sheets: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for name, more in sheets.items():
        sheet = book.create_sheet(name)
        for row in more:
            sheet.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_part(content: bytes, name: str, text: bytes) -> bytes:
    """The same workbook with another text in one of its parts, or with one part more."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in {*old.namelist(), name}:
            new.writestr(part, text if part == name else old.read(part))
    return changed.getvalue()


def part_of(content: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(name)


def received(content: bytes, **options: str) -> CustomerImport:
    return receive_file(blocks=[content], file_name="a.xlsx", at=NOON, **options)


def test_cells_become_the_text_a_csv_would_hold():
    content = workbook(
        ["a;b", "two\nlines", "c"],
        [38761234567, 12.5, 7.0],
        [],
        [date(2026, 3, 4), datetime(2026, 3, 4, 5, 6), time(7, 8)],
        [True, None, 'x, "y"\nСара 王'],
        ["last"],
    )

    assert b"".join(csv_of_workbook([content])).decode() == (
        '"a;b","two lines","c"\n'
        "38761234567,12.5,7\n"
        "\n"
        "2026-03-04,2026-03-04 05:06:00,07:08:00\n"
        'TRUE,,"x, ""y""\nСара 王"\n'
        "last,,\n"
    )


def test_a_workbook_is_imported_by_the_lines_of_its_sheet():
    customer_import = received(
        workbook(["e-mail", "first name", "note; more"], ["a@mail.example", "Ana"], ["foo@", "Bo"])
    )
    start_import(customer_import=customer_import, mapping=guess_mapping(customer_import.header), defaults={})
    run_imports(at=NOON)

    assert customer_import.header == ["e-mail", "first name", "note; more"]
    assert list(Customer.objects.values_list("first_name", flat=True)) == ["Ana"]
    assert list(customer_import.refused_rows.values_list("line", "cells")) == [(3, ["foo@", "Bo", ""])]


def test_another_sheet_can_be_chosen():
    content = workbook(["first"], People=[["email"], ["a@mail.example"]])

    assert received(content, sheet="People").header == ["email"]
    assert received(content).header == ["first"]
    with pytest.raises(UnreadableFile, match=r"no sheet “Other”\. It has: Sheet, People\."):
        received(content, sheet="Other")


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%s</worksheet>'
SHARED = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType="'
    b'application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)
ROW = b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>'
FIRST = ROW % (1, 1, b"email")
LONG = (FIRST + ROW % (2, 2, b"x" * 10_000_000)).replace(b"x" * 100, b"xyzzy" * 20)
MANY_ROWS = FIRST + ROW % (999_999_999, 999_999_999, b"a@mail.example")
FAR_COLUMN = FIRST + b'<row r="2"><c r="XFD2"><v>1</v></c></row>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xd0\xcf\x11\xe0 and more", "This is a workbook of the old format .xls."),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "The workbook is protected with a"),
        (b" <html><table><tr><td>email</td></tr></table>", "This is a web page, not a table."),
        (b"PK\x03\x04rest of a workbook", "This workbook is damaged."),
        (workbook(["email"])[:-200], "This workbook is damaged."),
        (workbook(), "The first line must hold the names of the columns, and it is empty."),
        (workbook(["email", None, "E-mail", "email"]), "The column “email” stands twice"),
    ],
)
def test_what_is_no_readable_workbook_is_refused_in_words(content, words):
    with pytest.raises(UnreadableFile) as refusal:
        received(content)

    assert str(refusal.value).startswith(words)
    assert not CustomerImport.objects.exists()


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (
            SHEET % (b"<sheetData>" + b"0" * 60_000_000 + b"</sheetData>"),
            "The workbook unpacks to far too much.",
        ),
        (SHEET % (b"<sheetData>" + LONG + b"</sheetData>"), ""),
        (SHEET % (b"<sheetData>" + MANY_ROWS + b"</sheetData>"), "The sheet has more than 1048576 rows."),
        (SHEET % (b"<sheetData>" + FAR_COLUMN + b"</sheetData>"), "Row 2 reaches further than 1000 columns."),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + SHEET % b"<sheetData/>", "This workbook is damaged."),
    ],
    ids=["bomb", "long cell", "rows", "columns", "entities"],
)
def test_what_would_cost_too_much_is_refused_before_it_does(sheet, words):
    content = with_part(workbook(["email"]), "xl/worksheets/sheet1.xml", sheet)

    with pytest.raises(UnreadableFile) as refusal:
        received(content)

    assert str(refusal.value).startswith(words or "A cell of the workbook is far too long.")


def test_texts_that_cells_share_are_read_without_their_sounds():
    shared = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>email</t></si>'
        b"<si><t>\xe7\x8e\x8b</t><rPh sb='0' eb='1'><t>wang</t></rPh></si>"
        b"<si><r><t>a@mail</t></r><r><rPr><b/></rPr><t>.example</t></r></si><si/></sst>"
    )
    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="s"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c></row>' % (n, n, a, n, b)
        for n, a, b in [(1, 0, 1), (2, 2, 3), (3, 2, 1)]
    )
    content = with_part(
        workbook(["x"]), "xl/worksheets/sheet1.xml", SHEET % (b"<sheetData>%s</sheetData>" % rows)
    )

    content = with_part(content, "xl/sharedStrings.xml", shared)
    types = part_of(content, "[Content_Types].xml").replace(b"</Types>", SHARED + b"</Types>")

    table = csv_of_workbook([with_part(content, "[Content_Types].xml", types)])

    assert b"".join(table).decode() == '"email","王"\na@mail.example,\na@mail.example,王\n'


def test_a_huge_declared_dimension_costs_nothing():
    sheet = SHEET % (b'<dimension ref="A1:XFD1048576"/><sheetData>' + FIRST + b"</sheetData>")

    received_import = received(with_part(workbook(["x"]), "xl/worksheets/sheet1.xml", sheet))

    assert (received_import.header, received_import.size) == (["email"], len(b'"email"\n'))
