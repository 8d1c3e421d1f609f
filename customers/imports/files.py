"""Taking in a file: it is kept in UTF-8 with plain line ends, or refused in words that say what to do. No guessing."""

import codecs
import csv
import io
import tempfile
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import IO

from django.core.files import File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.imports.workbooks import OLE, ZIP, UnreadableWorkbook, csv_of_workbook, refuse_old_workbook
from customers.models import CustomerImport
from staff.models import User

DELIMITERS = (",", ";", "\t")
MOST_COLUMNS = 200
LONGEST_HEADER = 60_000
BLOCK = 1 << 20
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
ENCODINGS = {
    "": gettext_lazy("As the file says (UTF-8 or UTF-16)"),
    "cp1251": gettext_lazy("Windows-1251 (Cyrillic)"),
    "cp1250": gettext_lazy("Windows-1250 (Central Europe)"),
    "cp1252": gettext_lazy("Windows-1252 (Western Europe)"),
    "cp1256": gettext_lazy("Windows-1256 (Arabic, Persian)"),
    "gb18030": gettext_lazy("GB 18030 (Chinese)"),
}
PAGE_STARTS = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<head")


class UnreadableFile(ValueError):
    """A file that cannot be read as a table; its words say why and what to do."""


def receive_file(
    *,
    blocks: Iterable[bytes],
    file_name: str,
    encoding: str = "",
    sheet: str = "",
    source: str = "",
    by: User | None = None,
    at: datetime,
) -> CustomerImport:
    """Keep an uploaded table for an import; its columns are matched next. Raises UnreadableFile.

    `encoding` is one of ENCODINGS; `sheet` names the sheet of a workbook, the first unless it is said; `source` is
    the program whose external ids the file holds.
    """
    with tempfile.TemporaryFile() as copy:
        try:
            size = write_as_utf8(table_of(blocks, sheet=sheet), copy, encoding=encoding)
        except UnreadableWorkbook as error:
            raise UnreadableFile(str(error)) from error
        copy.seek(0)
        delimiter, header = read_header(copy)
        position = copy.tell()
        copy.seek(0)
        return CustomerImport.objects.create(
            file=File(copy, name="customers.csv"),
            file_name=file_name[-255:],
            source=source,
            delimiter=delimiter,
            header=header,
            size=size,
            position=position,
            line=1,
            created_by=by,
            created_at=at,
        )


def table_of(blocks: Iterable[bytes], *, sheet: str) -> Iterable[bytes]:
    """The blocks of a text file; those of a workbook become a text file. Raises UnreadableFile."""
    blocks = iter(whole_blocks(blocks))
    start = next(blocks, b"")
    if start.startswith(ZIP):
        return csv_of_workbook(chain([start], blocks), sheet=sheet)
    if start.startswith(OLE):
        refuse_old_workbook(start, blocks)
    if start.removeprefix(codecs.BOM_UTF8)[:100].lstrip().lower().startswith(PAGE_STARTS):
        raise UnreadableFile(
            _("This is a web page, not a table. Open it in Excel and save it as .xlsx or as “CSV UTF-8”.")
        )
    return chain([start], blocks) if start else ()


def write_as_utf8(blocks: Iterable[bytes], copy: IO[bytes], *, encoding: str = "") -> int:
    """Write `blocks` to `copy` in UTF-8 with plain line ends; returns how many bytes. Raises UnreadableFile."""
    decoder: io.IncrementalNewlineDecoder | None = None
    lines = 1
    for raw in whole_blocks(blocks):
        block = raw
        if decoder is None:
            recognised, block = recognise(raw, said=encoding)
            decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(recognised)(), translate=True)
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            line = lines + error.object[: error.start].count(b"\n")
            raise UnreadableFile(not_in(encoding) % {"line": line}) from error
        lines += text.count("\n")
        copy.write(text.encode())
    if decoder is None:
        raise UnreadableFile(_("The file is empty."))
    try:
        copy.write(decoder.decode(b"", final=True).encode())
    except UnicodeDecodeError as error:
        raise UnreadableFile(not_in(encoding) % {"line": lines}) from error
    return copy.tell()


def not_in(encoding: str) -> str:
    if encoding:
        return _("Line %(line)s is not in the encoding you chose. Choose another one.")
    return _(
        "Line %(line)s is not in UTF-8. Choose the encoding of the file, or save it again as “CSV UTF-8” (in Excel: "
        "Save As, “CSV UTF-8 (Comma delimited)”; in LibreOffice: character set “Unicode (UTF-8)”)."
    )


def whole_blocks(blocks: Iterable[bytes]) -> Iterable[bytes]:
    """`blocks` without empty ones; the first is long enough to hold a byte order mark."""
    start = b""
    blocks = iter(blocks)
    for block in blocks:
        start += block
        if len(start) > len(codecs.BOM_UTF8):
            break
    if start:
        yield start
    yield from filter(None, blocks)


def recognise(start: bytes, *, said: str = "") -> tuple[str, bytes]:
    """The encoding of a file, by its mark or as said, and its start without the mark. Raises UnreadableFile."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding, start.removeprefix(mark)
    line = start.partition(b"\n")[0][:1000]
    if b"\x00" not in line:
        return said or "utf-8", start
    for encoding, zeros, letters in (
        ("utf-16-le", line[1::2], line[::2]),
        ("utf-16-be", line[::2], line[1::2]),
    ):
        if zeros.count(0) * 2 > len(zeros) and not letters.rstrip(b"\x00").count(0):
            return encoding, start
    raise UnreadableFile(_("This is not a text file. Save the table as “CSV UTF-8” or as .xlsx."))


def read_header(file: IO[bytes]) -> tuple[str, list[str]]:
    """The delimiter and the names of the columns; leaves `file` after the header. Raises UnreadableFile."""
    line = file.readline(LONGEST_HEADER).decode(errors="replace")
    delimiter = max(DELIMITERS, key=lambda delimiter: len(cells_of(line, delimiter)))
    header = [" ".join(name.split())[:100] for name in cells_of(line, delimiter)]
    named = [name.casefold() for name in header if name]
    if not named:
        raise UnreadableFile(_("The first line must hold the names of the columns, and it is empty."))
    if len(line) >= LONGEST_HEADER or len(header) > MOST_COLUMNS:
        raise UnreadableFile(_("The file has more than %(most)s columns.") % {"most": MOST_COLUMNS})
    twice = sorted({name for name in header if named.count(name.casefold()) > 1})
    if twice:
        raise UnreadableFile(
            _("The column “%(name)s” stands twice in the first line. Rename or delete one.")
            % {"name": twice[0]}
        )
    return delimiter, header


def cells_of(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error as error:
        raise UnreadableFile(_("The first line must hold the names of the columns.")) from error
