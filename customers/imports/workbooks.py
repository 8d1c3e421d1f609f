"""Excel workbooks become the CSV a person would have saved: row by row, with limits on what a file can cost."""

import csv
import io
import tempfile
import zipfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from typing import IO, Any, Self
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

MOST_ROWS = 1_048_576  # what a sheet of Excel holds
MOST_CELLS = 1_000  # of one row
MOST_PARTS = 1_000
LARGEST_PART = 20_000_000  # bytes, of what describes the sheets
LARGEST = 2_000_000_000  # bytes, unpacked
MOST_PACKED = 200  # times smaller than unpacked
PACKING_MATTERS = 50_000_000  # bytes, unpacked
LONGEST_TEXT = 500_000  # bytes between two tags
ROWS_A_BLOCK = 1_000
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
TEXT, SOUNDS, ITEM = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("t", "rPh", "si"))


class UnreadableWorkbook(ValueError):
    """A workbook that cannot be read; its words say why and what to do."""


def csv_of_workbook(blocks: Iterable[bytes], *, sheet: str = "") -> Iterator[bytes]:
    """The sheet of this name, else the first, as blocks of CSV; its row n is line n. Raises UnreadableWorkbook."""
    with tempfile.TemporaryFile() as copy:
        for block in blocks:
            copy.write(block)
        try:
            with WorkbookReader.opened(copy) as workbook:
                yield from blocks_of(workbook.rows(sheet))
        except UnreadableWorkbook:
            raise
        except (*BROKEN, ParseError, DefusedXmlException) as error:
            raise UnreadableWorkbook(
                _(
                    "This workbook is damaged. Open it in Excel and save it again, or save the sheet as “CSV UTF-8”."
                )
            ) from error


BROKEN = (
    zipfile.BadZipFile, InvalidFileException, ValueError, KeyError, IndexError, TypeError, AttributeError,
    OverflowError, NotImplementedError, RuntimeError, EOFError,
)  # fmt: skip


def refuse_old_workbook(start: bytes, blocks: Iterable[bytes]) -> None:
    """Say whether a file of Microsoft's older format is protected or an .xls. Raises UnreadableWorkbook."""
    end = start
    for block in (start, *blocks):
        if ENCRYPTED in end[-len(ENCRYPTED) :] + block:
            raise UnreadableWorkbook(
                _(
                    "The workbook is protected with a password. Remove the password in Excel and save it again."
                )
            )
        end = block
    raise UnreadableWorkbook(
        _("This is a workbook of the old format .xls. Open it and save it as .xlsx or as “CSV UTF-8”.")
    )


def blocks_of(rows: Iterator[list[str]]) -> Iterator[bytes]:
    text = io.StringIO()
    header = [" ".join(name.split()) for name in next(rows, [""])]
    csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(header)
    writer = csv.writer(text, lineterminator="\n")
    for n, row in enumerate(rows, start=1):
        if row == [""]:
            text.write("\n")
        else:
            writer.writerow(row)
        if n % ROWS_A_BLOCK == 0:
            yield text.getvalue().encode(errors="replace")
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode(errors="replace")


class KeptStrings:
    """The texts that the sheets share, kept on disk: there may be millions."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  closed with the workbook
        self.ends = array("Q", [0])

    def append(self, text: str) -> None:
        self.ends.append(self.ends[-1] + self.file.write(text.encode(errors="replace")))

    def __getitem__(self, n: int) -> str:
        start, end = self.ends[n], self.ends[n + 1]
        self.file.seek(start)
        return self.file.read(end - start).decode()


class WatchedPart:
    """A part of the workbook, read in blocks; a text without an end is refused before it is in memory."""

    def __init__(self, part: IO[bytes]) -> None:
        self.part = part
        self.since_tag = 0

    def read(self, size: int = -1) -> bytes:
        block = self.part.read(min(size, 1 << 16) if size > 0 else 1 << 16)
        self.since_tag = 0 if b"<" in block else self.since_tag + len(block)
        if self.since_tag > LONGEST_TEXT:
            raise UnreadableWorkbook(
                _("A cell of the workbook is far too long. Shorten it and save the workbook again.")
            )
        return block


class WorkbookReader(ExcelReader):
    """openpyxl's reader of parts, but for the shared texts, which it would hold in memory."""

    wb: Any

    @classmethod
    def opened(cls, file: IO[bytes]) -> Self:
        check_size(file)
        reader = cls(file, read_only=True, data_only=True, keep_links=False)
        reader.read()
        return reader

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.archive.close()
        if isinstance(self.shared_strings, KeptStrings):
            self.shared_strings.file.close()

    def read_strings(self) -> None:
        package: Any = self.package
        part = package.find(SHARED_STRINGS)
        if part is None:
            return
        self.shared_strings: Any = KeptStrings()
        with self.archive.open(part.PartName[1:]) as source:
            root = None
            for event, node in iterparse(WatchedPart(source), events=("start", "end"), forbid_dtd=True):
                root = node if root is None else root
                if event == "end" and node.tag == ITEM:
                    self.shared_strings.append(shared_text(node))
                    root.clear()

    def rows(self, name: str) -> Iterator[list[str]]:
        """The rows of a sheet as texts, without empty cells at their end; a row left out is one empty cell."""
        sheet = self.sheet(name)
        with self.archive.open(sheet._worksheet_path) as source:
            parser = WorkSheetParser(
                WatchedPart(source),
                self.shared_strings,
                data_only=True,
                epoch=self.wb.epoch,
                date_formats=self.wb._date_formats,
                timedelta_formats=self.wb._timedelta_formats,
            )
            width, reached = 0, 0
            for number, cells in parser.parse():
                if number > MOST_ROWS:
                    raise UnreadableWorkbook(
                        _("The sheet has more than %(most)s rows.") % {"most": MOST_ROWS}
                    )
                for _left_out in range(reached + 1, number):
                    yield [""]
                reached = max(reached, number)
                row = texts_of(cells, number=number)
                width = width or len(row)
                yield row + [""] * (width - len(row)) if any(row) else [""]

    def sheet(self, name: str) -> Any:
        sheets = {sheet.title: sheet for sheet in self.wb.worksheets}
        if not sheets:
            raise UnreadableWorkbook(_("The workbook has no sheet with cells."))
        if name and name not in sheets:
            raise UnreadableWorkbook(
                _("The workbook has no sheet “%(name)s”. It has: %(sheets)s.")
                % {"name": name, "sheets": ", ".join(sheets)}
            )
        return sheets[name] if name else next(iter(sheets.values()))


def check_size(file: IO[bytes]) -> None:
    """Refuse what would unpack to far more than it looks; the unpacking itself stops at the sizes named here."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise UnreadableWorkbook(
            _("This is not an Excel workbook (.xlsx). Open the table and save it as .xlsx or as “CSV UTF-8”.")
        )
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    described = [
        part for part in parts if not part.filename.startswith(("xl/worksheets/", "xl/sharedStrings"))
    ]
    if (
        len(parts) > MOST_PARTS
        or unpacked > LARGEST
        or unpacked > max(PACKING_MATTERS, MOST_PACKED * packed)
        or any(
            part.file_size > LARGEST_PART and part.filename.endswith((".xml", ".rels")) for part in described
        )
    ):
        raise UnreadableWorkbook(
            _(
                "The workbook unpacks to far too much. Copy the table to a new workbook, or save it as “CSV UTF-8”."
            )
        )


def shared_text(item: Any) -> str:
    """The text of a shared item, without the marks that say how it sounds."""
    parts = (run for run in item if run.tag != SOUNDS)
    return "".join(text.text or "" for run in parts for text in run.iter(TEXT))


def texts_of(cells: Sequence[dict[str, Any]], *, number: int) -> list[str]:
    filled = [(cell["column"], text) for cell in cells if (text := text_of_cell(cell["value"]))]
    width = max((column for column, _text in filled), default=0)
    if width > MOST_CELLS:
        raise UnreadableWorkbook(
            _("Row %(number)s reaches further than %(most)s columns. Delete what stands beside the table.")
            % {"number": number, "most": MOST_CELLS}
        )
    row = [""] * width
    for column, text in filled:
        row[column - 1] = text
    return row


def text_of_cell(value: object) -> str:
    """What the CSV of a cell would say: 2026-03-04, 12.5, 7 for 7.0, TRUE."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float() if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004  exact in a float
            return str(int(value))
        case datetime():
            return value.isoformat(" ", "seconds").removesuffix(" 00:00:00")
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)
