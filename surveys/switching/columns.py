"""Which column of a file is what: facts about the answer, and answers to the questions of a published survey."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.models import Question
from surveys.questions.checking import first_score_question
from surveys.questions.questionnaires import Questionnaire
from surveys.questions.settings import options_of, rows_of
from surveys.switching.tools import (
    COMMENT,
    DATE,
    EMAIL,
    FINISHED,
    ID,
    LANGUAGE,
    SCORE,
    UNKNOWN,
    Tool,
    tool_named,
)

Kind = Question.Kind
FACTS: Mapping[str, Promise] = {
    DATE: gettext_lazy("Date of the answer"),
    EMAIL: gettext_lazy("E-mail address of the customer"),
    ID: gettext_lazy("Number of the answer there"),
    LANGUAGE: gettext_lazy("Language"),
    FINISHED: gettext_lazy("Whether they finished"),
}
NOT_IMPORTED = {Kind.STATEMENT, Kind.FILE}
IN_PARTS = {Kind.MATRIX: rows_of, Kind.RANKING: options_of}
SCORE_IN_HEAD = re.compile(r"how likely|recommend|0\s*(?:[-–]|to)\s*10|\bnps\b", re.IGNORECASE)
COMMENT_IN_HEAD = re.compile(r"reason|comment|why\b|tell us|feedback|improve", re.IGNORECASE)
GROUPS = re.compile(r"_NPS_GROUP\Z| - (?:group|topics|parent topics|sentiment)\Z", re.IGNORECASE)


class ColumnsRefused(ValueError):
    """Columns that cannot be matched this way; its words say why."""


@dataclass(frozen=True)
class Place:
    """Where a cell's answer belongs: a question, or one row of a matrix, or one option's place in a ranking."""

    question: Question
    part: str = ""

    @property
    def target(self) -> str:
        return ":".join(filter(None, ("question", str(self.question.pk), self.part)))

    @property
    def takes_many(self) -> bool:
        """Whether several columns may answer it, each with one of the choices."""
        return self.question.kind == Kind.CHOICES


def places_in(questionnaire: Questionnaire) -> dict[str, Place]:
    """Everything of a survey that a column may answer, by its target."""
    places = (
        Place(question, part)
        for question in questionnaire.questions
        if question.kind not in NOT_IMPORTED
        for part in parts_of(question)
    )
    return {place.target: place for place in places}


def parts_of(question: Question) -> list[str]:
    parts = IN_PARTS.get(Kind(question.kind))
    return [part["key"] for part in parts(question)] if parts else [""]


def check_mapping(mapping: Mapping[str, str], *, width: int, questionnaire: Questionnaire) -> None:
    """Raises ColumnsRefused for what cannot work."""
    places = places_in(questionnaire)
    targets = list(mapping.values())
    for column, target in mapping.items():
        if not column.isdecimal() or int(column) >= width or target not in {*FACTS, *places}:
            raise ColumnsRefused(_("The survey was published anew meanwhile. Look at the columns once more."))
        if targets.count(target) > 1 and not (target in places and places[target].takes_many):
            raise ColumnsRefused(
                _("Two columns are matched with the same. Choose “Do not import” for one of them.")
            )
    if DATE not in targets:
        raise ColumnsRefused(_("Say which column holds the date of the answer."))
    if not places.keys() & set(targets):
        raise ColumnsRefused(_("Say which columns hold answers: none is matched with a question yet."))


def guess_mapping(
    header: Sequence[str], labels: Sequence[str], *, tool: str, questionnaire: Questionnaire
) -> dict[str, str]:
    """What each column probably is, as far as its names tell: {"3": "date", "5": "question:12"}."""
    guess = Guess(header, labels, tool_named(tool))
    guess.take_facts()
    guess.take_same_words(questionnaire)
    guess.take_score_and_comment(questionnaire)
    return dict(sorted(guess.found.items(), key=lambda each: int(each[0])))


class Guess:
    """Columns and what they were taken for; none is taken twice, and nothing is taken from two."""

    def __init__(self, header: Sequence[str], labels: Sequence[str], tool: Tool) -> None:
        self.names = [name.lower() for name in header]
        self.labels = [label.lower() for label in labels] or [""] * len(header)
        self.tool = tool
        self.found: dict[str, str] = {}

    def take(self, column: int, target: str, *, many: bool = False) -> None:
        if str(column) not in self.found and (many or target not in self.found.values()):
            self.found[str(column)] = target

    def take_facts(self) -> None:
        """The tool's own names for them, in its order of trust; else the usual ones."""
        for columns in (self.tool.columns, UNKNOWN.columns):
            for name, target in columns.items():
                if name in self.names and target in FACTS:
                    self.take(self.names.index(name), target)

    def take_same_words(self, questionnaire: Questionnaire) -> None:
        """Columns headed with a question's short name or its text in any language."""
        for place in places_in(questionnaire).values():
            wanted = set(words_for(place))
            for column, (name, label) in enumerate(zip(self.names, self.labels, strict=True)):
                if {plain_words(name), plain_words(label), plain_words(f"{name} {label}")} & wanted:
                    self.take(column, place.target, many=place.takes_many)

    def take_score_and_comment(self, questionnaire: Questionnaire) -> None:
        comment = next((each for each in questionnaire.questions if each.kind == Kind.COMMENT), None)
        for target, question, pattern in (
            (SCORE, first_score_question(questionnaire.questions), SCORE_IN_HEAD),
            (COMMENT, comment, COMMENT_IN_HEAD),
        ):
            if question is not None:
                for column in self.headed(target, pattern):
                    self.take(column, Place(question).target)

    def headed(self, target: str, pattern: re.Pattern[str]) -> Iterator[int]:
        """Columns named so by the tool, or by anybody; then those whose head sounds like it."""
        for columns in (self.tool.columns, UNKNOWN.columns):
            for name, meant in columns.items():
                if meant == target and name in self.names:
                    yield self.names.index(name)
        for column, (name, label) in enumerate(zip(self.names, self.labels, strict=True)):
            if not GROUPS.search(name) and (pattern.search(name) or pattern.search(label)):
                yield column


def words_for(place: Place) -> Iterator[str]:
    """How a column for it may be headed; some tools give each of several choices a column of its own."""
    question = place.question
    heads = [question.key, *question.text.values()]
    if not place.part:
        options = options_of(question) if place.takes_many else []
        yield from map(plain_words, (*heads, *(text for each in options for text in each["text"].values())))
        return
    part = next(each for each in IN_PARTS[Kind(question.kind)](question) if each["key"] == place.part)
    for head in heads:
        for text in (place.part, *part["text"].values()):
            yield plain_words(f"{head} {text}")


def plain_words(text: str) -> str:
    """Letters and digits only: “Parts [Seat]”, “parts_seat” and “Parts - Seat” are the same words."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))
