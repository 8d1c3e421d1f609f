"""Taking in a file: it is kept in UTF-8 with plain line ends, or refused in words that say what to do. No guessing."""

import codecs
import csv
import io
import tempfile
from collections.abc import Iterable
from datetime import datetime
from typing import IO

from django.core.files import File
from django.utils.translation import gettext as _

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


class UnreadableFile(ValueError):
    """A file that cannot be read as a table; its words say why and what to do."""


def receive_file(
    *, blocks: Iterable[bytes], file_name: str, by: User | None = None, at: datetime
) -> CustomerImport:
    """Keep an uploaded table for an import; its columns are matched next. Raises UnreadableFile."""
    with tempfile.TemporaryFile() as copy:
        size = write_as_utf8(blocks, copy)
        copy.seek(0)
        delimiter, header = read_header(copy)
        position = copy.tell()
        copy.seek(0)
        return CustomerImport.objects.create(
            file=File(copy, name="customers.csv"),
            file_name=file_name[-255:],
            delimiter=delimiter,
            header=header,
            size=size,
            position=position,
            line=1,
            created_by=by,
            created_at=at,
        )


def write_as_utf8(blocks: Iterable[bytes], copy: IO[bytes]) -> int:
    """Write `blocks` to `copy` in UTF-8 with plain line ends; returns how many bytes. Raises UnreadableFile."""
    decoder: io.IncrementalNewlineDecoder | None = None
    lines = 1
    for raw in whole_blocks(blocks):
        block = raw
        if decoder is None:
            encoding, block = recognise(raw)
            decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
        try:
            text = decoder.decode(block)
        except UnicodeDecodeError as error:
            line = lines + error.object[: error.start].count(b"\n")
            raise UnreadableFile(NOT_UTF8() % {"line": line}) from error
        lines += text.count("\n")
        copy.write(text.encode())
    if decoder is None:
        raise UnreadableFile(_("The file is empty."))
    try:
        copy.write(decoder.decode(b"", final=True).encode())
    except UnicodeDecodeError as error:
        raise UnreadableFile(NOT_UTF8() % {"line": lines}) from error
    return copy.tell()


def NOT_UTF8() -> str:  # noqa: N802  a sentence in the reader's language
    return _(
        "Line %(line)s is not in UTF-8. Save the file again as “CSV UTF-8” (in Excel: Save As, "
        "“CSV UTF-8 (Comma delimited)”; in LibreOffice: character set “Unicode (UTF-8)”)."
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


def recognise(start: bytes) -> tuple[str, bytes]:
    """The encoding a file says it has, and its start without the mark. Raises UnreadableFile."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding, start.removeprefix(mark)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile(
            _("This is a workbook, not a CSV file. Open it and save the sheet as “CSV UTF-8”.")
        )
    if b"\x00" in start.partition(b"\n")[0]:
        raise UnreadableFile(_("This is not a text file. Save the table as “CSV UTF-8”."))
    return "utf-8", start


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
