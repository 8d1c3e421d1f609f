"""The survey page's form: what was answered so far, as it came, beside what is wrong with it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from surveys.answering.responses import AnswersRefused
from surveys.answering.uploads import ticket_of
from surveys.metrics import SCALES, band_of
from surveys.models import Question
from surveys.questions.checking import NO, YES, first_score_question
from surveys.questions.conditions import ALWAYS, Condition, settled
from surveys.questions.questionnaires import Questionnaire
from surveys.questions.settings import OTHER, is_asked, options_of, rows_of
from surveys.questions.walking import Walk
from surveys.questions.wording import Voice, in_digits, question_text, scale_ends

Kind = Question.Kind
LONGEST_NUMBER = 3  # digits; no scale is longer
TEMPLATES = {
    **dict.fromkeys(SCALES, "scale"),
    Kind.CHOICE: "choice",
    Kind.CHOICES: "choice",
    Kind.YESNO: "choice",
    Kind.MATRIX: "matrix",
    Kind.RANKING: "ranking",
    Kind.COMMENT: "comment",
    Kind.FILE: "file",
    Kind.STATEMENT: "statement",
}
INPUTS = {
    Kind.TEXT: {"type": "text"},
    Kind.NUMBER: {"type": "text", "inputmode": "decimal"},
    Kind.DATE: {"type": "date"},
    Kind.EMAIL: {"type": "email", "autocomplete": "email", "inputmode": "email"},
    Kind.PHONE: {"type": "tel", "autocomplete": "tel", "inputmode": "tel"},
}


class Typed(Protocol):
    """What a browser sent: Django's QueryDict."""

    def get(self, name: str, /) -> str | None: ...
    def getlist(self, name: str, /) -> list[str]: ...


@dataclass
class Point:
    """One number of a scale, or one option."""

    value: str
    label: str
    meaning: str
    is_chosen: bool
    face: str = ""  # of five: how it looks as a face


@dataclass
class Row:
    """One line of a matrix or a ranking."""

    name: str
    label: str
    points: list[Point]


@dataclass
class AskedQuestion:
    """A question as the page shows it; `answer` is what `check_answer` takes, or whatever came instead."""

    question: Question
    text: str
    help: str
    answer: Any
    is_shown: bool = True
    show_if: Condition = field(default_factory=dict)  # as the customer's browser works it out
    points: list[Point] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    ends: tuple[str, str] = ("", "")
    bands: dict[str, str] = field(default_factory=dict)
    plain_text: str = ""  # what it asks before any score is given
    problem: str | Promise = ""

    @property
    def name(self) -> str:
        return field_name(self.question)

    @property
    def template(self) -> str:
        return f"public/questions/{TEMPLATES.get(self.question.kind, 'line')}.html"

    @property
    def input(self) -> Mapping[str, str]:
        return INPUTS[Kind(self.question.kind)]

    @property
    def typed(self) -> str:
        """A text as it was typed, whatever the question."""
        return "" if self.answer is None or isinstance(self.answer, dict | list) else str(self.answer)

    @property
    def style(self) -> str:
        """How a scale is drawn."""
        stars = self.question.kind in {Kind.CSAT, Kind.CSAT3}
        style: str = self.question.settings.get("style", "stars" if stars else "numbers")
        return style

    @property
    def takes_other(self) -> bool:
        return bool(self.question.settings.get("other"))

    @property
    def other(self) -> str:
        """The customer's own words beside the options."""
        return str(self.answer.get("other", "")) if isinstance(self.answer, dict) else ""

    @property
    def kept_name(self) -> str:
        """The name of the file that was given."""
        return str(self.answer.get("name", "")) if isinstance(self.answer, dict) else ""

    @property
    def ticket(self) -> str:
        """What the form carries along for that file."""
        return ticket_of(self.answer) if isinstance(self.answer, dict) else ""

    @property
    def show_if_json(self) -> str:
        return json.dumps(self.show_if)

    @property
    def bands_json(self) -> str:
        return json.dumps({"": self.plain_text, **self.bands})

    @property
    def described_by(self) -> str:
        """The ids of what stands beside the question: its explanation, its problem, and the ends of its scale."""
        beside = {"help": self.help, "problem": self.problem, "ends": any(self.ends)}
        return " ".join(f"{self.name}-{part}" for part, there in beside.items() if there)

    @property
    def takes_many(self) -> bool:
        return self.question.kind == Kind.CHOICES


class ResponseForm:
    """One page of a questionnaire in one language, with what the customer answered so far."""

    def __init__(
        self,
        questionnaire: Questionnaire,
        *,
        voice: Voice,
        walked: Walk,
        answers: Mapping[int, Any],
        page: int = 0,
        order: str = "",
    ) -> None:
        self.page = page
        self.walked = walked
        self.sentence: str | Promise = ""
        visible = walked.visible
        self.asked = [
            shown(
                question,
                voice=voice,
                answer=answers.get(question.pk),
                band=walked.band,
                order=order,
                is_shown=question.pk in visible,
                show_if=settled(question.show_if, walked.known),
            )
            for question in questionnaire.pages[page]
        ]

    def refuse(self, refusal: AnswersRefused) -> None:
        """Show each problem beside its question."""
        self.sentence = refusal.sentence
        for asked in self.asked:
            if asked.is_shown and (problem := refusal.problems.get(asked.question.pk)):
                asked.problem = problem.sentence

    @property
    def problems(self) -> list[AskedQuestion]:
        return [asked for asked in self.asked if asked.problem]

    @property
    def takes_files(self) -> bool:
        return any(asked.question.kind == Kind.FILE for asked in self.asked)

    @property
    def comments(self) -> list[AskedQuestion]:
        """Texts that were typed: given back when they cannot be taken."""
        texts = {Kind.COMMENT, Kind.TEXT}
        return [asked for asked in self.asked if asked.question.kind in texts and asked.typed.strip()]


def shown(
    question: Question,
    *,
    voice: Voice,
    answer: Any,
    band: str = "",
    order: str = "",
    is_shown: bool = True,
    show_if: Condition = ALWAYS,
) -> AskedQuestion:
    return AskedQuestion(
        question,
        text=question_text(question, voice, band=band),
        help=voice.say(question.help),
        answer=answer,
        is_shown=is_shown,
        show_if=show_if,
        points=points_of(question, voice=voice, answer=answer, order=order),
        rows=lines_of(question, voice=voice, answer=answer, order=order),
        ends=scale_ends(question, voice) if question.kind in SCALES else ("", ""),
        plain_text=question_text(question, voice),
        bands={
            each: question_text(question, voice, band=each) for each in question.settings.get("bands", {})
        },
    )


def field_name(question: Question) -> str:
    return f"q{question.pk}"


def points_of(question: Question, *, voice: Voice, answer: Any, order: str) -> list[Point]:
    if question.kind in SCALES:
        return numbers_of(question, voice=voice, answer=answer)
    if question.kind == Kind.YESNO:
        chosen = {True: YES, False: NO}.get(answer) if isinstance(answer, bool) else answer
        return [Point(YES, _("Yes"), "", chosen == YES), Point(NO, _("No"), "", chosen == NO)]
    if question.kind in {Kind.CHOICE, Kind.CHOICES}:
        keys = answer["keys"] if isinstance(answer, dict) and "keys" in answer else answer
        chosen = set(keys if isinstance(keys, list) else [keys])
        options = in_order(question, options_of(question), order)
        return [
            Point(option["key"], voice.say(option["text"]), "", option["key"] in chosen) for option in options
        ] + ([Point(OTHER, _("Other"), "", OTHER in chosen)] if question.settings.get("other") else [])
    return []


def numbers_of(question: Question, *, voice: Voice, answer: Any) -> list[Point]:
    scale = SCALES[question.kind]
    lowest, highest = scale_ends(question, voice)
    meanings = {scale[0]: lowest, scale[-1]: highest}
    return [
        Point(
            str(number),
            in_digits(number, voice.language),
            meanings.get(number, ""),
            number == answer and not isinstance(answer, bool),
            face=band_of(question.kind, number),
        )
        for number in scale
    ]


def lines_of(question: Question, *, voice: Voice, answer: Any, order: str) -> list[Row]:
    name = field_name(question)
    if question.kind == Kind.MATRIX:
        marked = answer if isinstance(answer, dict) else {}
        return [
            Row(
                f"{name}-{row['key']}",
                voice.say(row["text"]),
                [
                    Point(each["key"], voice.say(each["text"]), "", marked.get(row["key"]) == each["key"])
                    for each in options_of(question)
                ],
            )
            for row in rows_of(question)
        ]
    if question.kind == Kind.RANKING:
        places = places_of(answer)
        options = in_order(question, options_of(question), order)
        return [
            Row(
                f"{name}-{option['key']}",
                voice.say(option["text"]),
                [
                    Point(
                        str(place),
                        in_digits(place, voice.language),
                        "",
                        places.get(option["key"]) == str(place),
                    )
                    for place in range(1, len(options) + 1)
                ],
            )
            for option in options
        ]
    return []


def in_order(question: Question, options: list[dict[str, Any]], order: str) -> list[dict[str, Any]]:
    """The options in an order of this person's own, if the question says so: the same at every look."""
    if not question.settings.get("shuffle"):
        return options
    return Random(f"{order}:{question.pk}").sample(options, len(options))  # noqa: S311  nobody gains by guessing it


def places_of(answer: Any) -> dict[str, str]:
    """The place of each option, as it was typed or ranked."""
    if isinstance(answer, dict):
        return dict(answer.get("places", {}))
    ranked = answer if isinstance(answer, list) else []
    return {key: str(place) for place, key in enumerate(ranked, start=1)}


def answers_in(typed: Typed, questions: Iterable[Question]) -> dict[int, Any]:
    """What a browser sent, as `check_answer` takes it; what it cannot take stays as it came, to be shown again."""
    return {question.pk: answer_in(typed, question) for question in questions if is_asked(question)}


def answer_in(typed: Typed, question: Question) -> Any:
    name = field_name(question)
    match question.kind:
        case kind if kind in SCALES:
            return number_in(typed.get(name))
        case Kind.CHOICE | Kind.CHOICES:
            keys = typed.getlist(name)
            other = typed.get(f"{name}-{OTHER}") or ""
            return {"keys": keys, "other": other} if keys and question.settings.get("other") else keys or None
        case Kind.MATRIX:
            rows = {row["key"]: typed.get(f"{name}-{row['key']}") for row in rows_of(question)}
            return {row: column for row, column in rows.items() if column} or None
        case Kind.RANKING:
            places = {each["key"]: typed.get(f"{name}-{each['key']}") or "" for each in options_of(question)}
            return ranking_in({key: place for key, place in places.items() if place}, len(places))
        case Kind.FILE:
            return None  # surveys/answering/uploads.py takes files
    return typed.get(name) or None


def number_in(text: str | None) -> int | str | None:
    if not text:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else text


def ranking_in(places: Mapping[str, str], options: int) -> list[str] | dict[str, Any] | None:
    if not places:
        return None
    if sorted(places.values()) == sorted(str(place) for place in range(1, options + 1)):
        return sorted(places, key=lambda key: int(places[key]))
    return {"places": dict(places)}


def chosen_score(questionnaire: Questionnaire, score: str | None) -> dict[int, Any]:
    """A score chosen in the mail (`?score=9`), as if it had been typed; sending it is still up to the customer."""
    first = first_score_question(questionnaire.questions)
    return {first.pk: number_in(score)} if first and score else {}
