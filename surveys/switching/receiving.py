"""Taking in a file of answers: it is kept in UTF-8 until it is imported, or refused in words that say what to do."""

import tempfile
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.core.files import File
from django.utils.translation import gettext as _

from customers.imports.files import UnreadableFile, table_of, write_as_utf8
from customers.imports.workbooks import UnreadableWorkbook
from staff.models import User
from surveys.models import ResponseImport, Survey
from surveys.switching.heads import read_head
from surveys.switching.taken import NotReadable
from surveys.switching.tools import tool_named


def receive_answers(
    *,
    survey: Survey,
    blocks: Iterable[bytes],
    file_name: str,
    encoding: str = "",
    sheet: str = "",
    by: User,
    at: datetime,
) -> ResponseImport:
    """Keep an uploaded table of answers to `survey`; its columns are matched next. Raises NotReadable.

    `encoding` and `sheet` are as for files of customers.
    """
    if survey.version_id is None:
        raise NotReadable(_("Publish the survey first: answers are matched with the questions it asks."))
    with tempfile.TemporaryFile() as copy:
        try:
            size = write_as_utf8(table_of(blocks, sheet=sheet), copy, encoding=encoding)
        except (UnreadableFile, UnreadableWorkbook) as error:
            raise NotReadable(str(error)) from error
        head = read_head(copy)
        copy.seek(0)
        tool = tool_named(head.tool)
        return ResponseImport.objects.create(
            survey=survey,
            version_id=survey.version_id,
            file=File(copy, name="answers.csv"),
            file_name=file_name[-255:],
            delimiter=head.delimiter,
            header=head.header,
            labels=head.labels,
            tool=head.tool,
            source=tool.name,
            time_zone=head.zone or tool.zone or settings.TIME_ZONE,
            days_first=tool.days_first,
            size=size,
            position=head.position,
            line=head.line,
            created_by=by,
            created_at=at,
        )
