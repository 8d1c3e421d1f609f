"""From a line of a file to an answer that can be kept, or to the reason why not."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.imports.reading import Record
from customers.imports.rows import NO, YES, unescaped
from surveys.metrics import SCALES
from surveys.models import Question, ResponseImport
from surveys.questions.checking import AnswerRefused, Given, check_answer
from surveys.questions.questionnaires import Questionnaire
from surveys.questions.settings import OTHER, options_of
from surveys.switching.columns import FACTS, Place, places_in
from surveys.switching.moments import NotAMoment, moment_of
from surveys.switching.taken import language_from
from surveys.switching.tools import DATE, EMAIL, FINISHED, ID, LANGUAGE, tool_named

Kind = Question.Kind
LONGEST_ID = 100
LONGEST_SCORE = 3  # digits
SHOWN = 60  # characters of a cell in a reason
NOT_FINISHED = NO | {"partial", "started"}
SEPARATORS = (",", ";", "|", "\n")


class BadLine(ValueError):
    """A line that cannot be taken over; its words say why."""


@dataclass(slots=True)
class Row:
    """One answer as the file tells it; `problem` says why it cannot be taken over."""

    line: int
    cells: list[str]
    problem: str = ""
    submitted_at: datetime = datetime.min  # noqa: DTZ901  a row without a problem has its own
    email: str = ""
    language: str = ""
    is_complete: bool = True
    source_id: str = ""
    given: list[Given] = field(default_factory=list)


class RowReader:
    """Turns the records of one file into rows, by its mapping of columns."""

    def __init__(self, upload: ResponseImport, questionnaire: Questionnaire, *, at: datetime) -> None:
        self.width = len(upload.header)
        self.days_first, self.zone, self.at = upload.days_first, ZoneInfo(upload.time_zone), at
        self.header = upload.header
        self.main_language = upload.survey.language
        columns = {int(column): target for column, target in upload.mapping.items()}
        self.facts = {target: column for column, target in columns.items() if target in FACTS}
        places = places_in(questionnaire)
        self.places = {
            column: Place(not_required(places[target].question), places[target].part)
            for column, target in sorted(columns.items())
            if target in places
        }
        names = [name.lower() for name in upload.header]
        tests = tool_named(upload.tool).tests
        self.tests = {names.index(name): values for name, values in tests.items() if name in names}

    def rows(self, records: Iterator[Record]) -> Iterator[Row]:
        """Each record as a row; blank ones are left out."""
        for record in records:
            if record.problem or any(map(str.strip, record.cells)):
                yield self.read(record)

    def read(self, record: Record) -> Row:
        row = Row(record.line, record.cells, problem=record.problem)
        if not row.problem:
            try:
                self.fill(row, [unescaped(cell) for cell in record.cells])
            except (BadLine, NotAMoment) as error:
                row.problem = str(error)
        return row

    def fill(self, row: Row, cells: list[str]) -> None:
        self.check_shape(cells)
        cells += [""] * (self.width - len(cells))
        if any(cells[column].lower() in values for column, values in self.tests.items()):
            raise BadLine(_("It is a test, not an answer of a customer."))
        told = {target: cells[column] for target, column in self.facts.items()}
        row.submitted_at = moment_of(told[DATE], days_first=self.days_first, zone=self.zone)
        if row.submitted_at > self.at:
            raise BadLine(_("The date is still to come: %(date)s.") % {"date": told[DATE][:SHOWN]})
        row.email = told.get(EMAIL, "")
        row.language = language_from(told.get(LANGUAGE)) or self.main_language
        row.is_complete = told.get(FINISHED, "").casefold() not in NOT_FINISHED
        row.source_id = source_id_of(told.get(ID, ""), row.cells)
        row.given = list(self.answers_in(cells))
        if not row.given:
            raise BadLine(_("It holds no answer."))

    def check_shape(self, cells: Sequence[str]) -> None:
        if any(cells[self.width :]):
            raise BadLine(
                _("The row has %(n)s cells; the first line has %(width)s.")
                % {"n": len(cells), "width": self.width}
            )
        if "\x00" in "".join(cells):
            raise BadLine(_("The row holds a NUL character, which is not text."))

    def answers_in(self, cells: Sequence[str]) -> Iterator[Given]:
        """A question nobody asked there is not missing here. Raises BadLine, naming the column."""
        told: dict[Question, dict[int, tuple[str, str]]] = defaultdict(dict)
        for column, place in self.places.items():
            if cells[column]:
                told[place.question][column] = (place.part, cells[column])
        for question, parts in told.items():
            try:
                given = check_answer(question, self.answer_from(question, list(parts.values())))
            except AnswerRefused as refusal:
                column, (_part, cell) = next(iter(parts.items()))
                raise BadLine(
                    f"{refusal.sentence} {self.header[column][:SHOWN]}: {cell[:SHOWN]}"
                ) from refusal
            if not given.is_blank:
                yield given

    def answer_from(self, question: Question, parts: Sequence[tuple[str, str]]) -> Any:
        """Cells as check_answer takes an answer. Raises NotAMoment for a day that is none."""
        if question.kind == Kind.DATE:
            return moment_of(parts[0][1], days_first=self.days_first, zone=self.zone).date().isoformat()
        return answer_from(question, parts)


def not_required(question: Question) -> Question:
    """The same question, of which an answer in parts is taken too. Versions are shared: the original stays."""
    copied = copy(question)
    copied.is_required = False
    return copied


def source_id_of(number: str, cells: Sequence[str]) -> str:
    """The number in the tool it comes from, else a digest of the line: the same file twice adds nothing."""
    if number and len(number) <= LONGEST_ID:
        return number
    told = number or "\x1f".join(cells)
    return "line:" + hashlib.sha256(told.encode(errors="replace")).hexdigest()


def answer_from(question: Question, parts: Sequence[tuple[str, str]]) -> Any:
    """Options are found by their wording in any language, or by their short name."""
    text = parts[0][1]
    match question.kind:
        case kind if kind in SCALES:
            return number_in(text)
        case Kind.CHOICE | Kind.CHOICES:
            return choices_in(question, [cell for _part, cell in parts])
        case Kind.MATRIX:
            columns = keys_by_word(question)
            return {row: columns.get(cell.casefold(), cell) for row, cell in parts}
        case Kind.RANKING:
            return ranked(parts)
        case Kind.YESNO:
            return yes_or_no(text)
        case _:
            return text


def number_in(text: str) -> int | str:
    """“9”, “9.0”, “۹” and “9 - Very likely” are nines."""
    first = text.split(maxsplit=1)[0].removesuffix(".0")
    return int(first) if first.isdecimal() and len(first) <= LONGEST_SCORE else text


def keys_by_word(question: Question) -> dict[str, str]:
    return {
        word.casefold(): option["key"]
        for option in options_of(question)
        for word in (option["key"], *option["text"].values())
    }


def choices_in(question: Question, cells: Sequence[str]) -> dict[str, Any]:
    """What was chosen, in a cell each or several in one; words of their own are taken where they may be written."""
    keys, chosen, own = keys_by_word(question), [], []
    for cell in cells:
        whole = cell.casefold() in keys or question.kind == Kind.CHOICE
        for word in [cell] if whole else split(cell, keys):
            if word.casefold() in keys:
                chosen.append(keys[word.casefold()])
            else:
                own.append(word)
    if own and question.settings.get("other"):
        return {"keys": [*chosen, OTHER], "other": ", ".join(own)}
    return {"keys": chosen + own}


def split(cell: str, keys: Mapping[str, str]) -> list[str]:
    """The parts of a cell by the separator of which most are options."""

    def known(parts: Sequence[str]) -> int:
        return sum(part.casefold() in keys for part in parts)

    ways = [[part.strip() for part in cell.split(separator) if part.strip()] for separator in SEPARATORS]
    return max(ways, key=known)


def ranked(parts: Sequence[tuple[str, str]]) -> list[str]:
    """The options from the first place on, when each has the number of its own place; else what is refused."""
    places = {number_in(cell): option for option, cell in parts}
    wanted = range(1, len(parts) + 1)
    return (
        [places[place] for place in wanted] if places.keys() == set(wanted) else [cell for _, cell in parts]
    )


def yes_or_no(text: str) -> str:
    word = text.casefold()
    return "yes" if word in YES else "no" if word in NO else text
