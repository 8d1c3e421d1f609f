"""Looking into a file before it is imported: what its columns hold, and how its first lines would be read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from django.utils.translation import get_language

from customers.imports.reading import Lines, Record, read_records
from surveys.models import Answer, ResponseImport
from surveys.questions.answer_words import words_of
from surveys.questions.wording import Voice, question_text
from surveys.switching.columns import check_mapping
from surveys.switching.importing import known_customers, not_there_yet
from surveys.switching.moments import order_in
from surveys.switching.rows import Row, RowReader
from surveys.switching.running import asked_in
from surveys.switching.tools import DATE

SHOWN = 3  # cells of a column
LONGEST_CELL = 80
LOOKED_AT = 1_000  # lines
EXAMPLES = 10


@dataclass(frozen=True)
class Example:
    """A line as it would be taken: when, from whom (whether they are known), and the answers in words."""

    line: int
    at: datetime
    is_known: bool
    answers: list[tuple[str, str]]


@dataclass
class Look:
    """What would become of the first lines; nothing was written."""

    read: int = 0
    taken: int = 0
    again: int = 0
    refused: int = 0
    is_whole: bool = True  # there are no more lines than these
    examples: list[Example] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)


@contextmanager
def records_of(upload: ResponseImport) -> Iterator[Iterator[Record]]:
    with upload.file.open("rb") as file:
        lines = Lines(file, position=upload.position, line=upload.line)
        yield read_records(lines, delimiter=upload.delimiter)


def first_lines(upload: ResponseImport) -> list[list[str]]:
    """The first lines that can be read, as wide as the header."""
    width = len(upload.header)
    with records_of(upload) as records:
        good = (record.cells for record in records if not record.problem)
        return [[*cells, *[""] * width][:width] for cells in islice(good, LOOKED_AT)]


def cells_by_column(lines: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """For each column, the first cells in which something stands."""
    return [
        [
            cell.strip()[:LONGEST_CELL]
            for cell in islice(filter(str.strip, (line[column] for line in lines)), SHOWN)
        ]
        for column in range(width)
    ]


def guess_order(lines: Sequence[Sequence[str]], mapping: dict[str, str], usual: bool) -> bool:  # noqa: FBT001  a fact
    """Whether days stand before months in the column of dates; `usual` when both would do."""
    column = next((int(column) for column, target in mapping.items() if target == DATE), None)
    found = None if column is None else order_in(line[column] for line in lines)
    return usual if found is None else found


def look(
    upload: ResponseImport,
    *,
    mapping: Mapping[str, str],
    days_first: bool,
    time_zone: str,
    source: str,
    at: datetime,
) -> Look:
    """How the first lines would be read with these columns; nothing is written. Raises ColumnsRefused."""
    questionnaire = asked_in(upload)
    check_mapping(mapping, width=len(upload.header), questionnaire=questionnaire)
    upload = copy(upload)
    upload.mapping, upload.source = dict(mapping), source
    upload.days_first, upload.time_zone = days_first, time_zone
    voice = Voice(get_language() or "", upload.survey.language)
    found = Look()
    with records_of(upload) as records:
        rows = list(islice(RowReader(upload, questionnaire, at=at).rows(records), LOOKED_AT + 1))
    found.is_whole = len(rows) <= LOOKED_AT
    rows = rows[:LOOKED_AT]
    good = [row for row in rows if not row.problem]
    fresh = not_there_yet(good, upload)
    known = known_customers({row.email for row in fresh[:EXAMPLES]}, seen_by=upload.created_by)
    found.read, found.taken, found.again = len(rows), len(fresh), len(good) - len(fresh)
    found.refused = len(rows) - len(good)
    found.problems = [(row.line, row.problem) for row in rows if row.problem][:EXAMPLES]
    found.examples = [
        Example(row.line, row.submitted_at, row.email in known, answers_in_words(row, voice))
        for row in fresh[:EXAMPLES]
    ]
    return found


def answers_in_words(row: Row, voice: Voice) -> list[tuple[str, str]]:
    answers = (
        Answer(question=given.question, score=given.score, text=given.text, value=given.value)
        for given in row.given
    )
    return [
        (
            question_text(answer.question, voice) or answer.question.key,
            str(answer.score) if answer.score is not None else words_of(answer, voice),
        )
        for answer in answers
    ]
