"""The survey page's form: what was typed, as it came, beside what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise

from surveys.metrics import SCALES
from surveys.models import Question, Survey
from surveys.responses import AnswersRefused, first_score_question
from surveys.wording import in_digits, question_text, scale_ends

LONGEST_NUMBER = 3  # digits; no scale is longer


@dataclass
class Point:
    """One number of a scale."""

    value: str
    label: str
    meaning: str
    is_chosen: bool


@dataclass
class AskedQuestion:
    question: Question
    text: str
    typed: str
    points: list[Point] = field(default_factory=list)
    problem: str | Promise = ""

    @property
    def name(self) -> str:
        return field_name(self.question)

    @property
    def lowest(self) -> str:
        return self.points[0].meaning

    @property
    def highest(self) -> str:
        return self.points[-1].meaning


class ResponseForm:
    """A survey in one language, with what the customer typed so far."""

    def __init__(self, survey: Survey, *, language: str, typed: Mapping[str, str]) -> None:
        self.asked = [
            AskedQuestion(
                question,
                text=question_text(question, language, main=survey.language),
                typed=(chosen := typed.get(field_name(question), "")),
                points=points_of(question, language=language, chosen=chosen),
            )
            for question in survey.questions.all()
        ]
        self.sentence: str | Promise = ""

    def answers(self) -> dict[int, int | str | None]:
        """What was typed, for `submit_response`, which refuses what is no number."""
        return {asked.question.pk: answer_of(asked) for asked in self.asked}

    def refuse(self, refusal: AnswersRefused) -> None:
        """Show each problem beside its question."""
        self.sentence = refusal.sentence
        for asked in self.asked:
            if problem := refusal.problems.get(asked.question.pk):
                asked.problem = problem.sentence

    @property
    def problems(self) -> list[AskedQuestion]:
        return [asked for asked in self.asked if asked.problem]

    @property
    def comments(self) -> list[AskedQuestion]:
        """Comments that were typed: given back when they cannot be taken."""
        return [asked for asked in self.asked if not asked.points and asked.typed.strip()]


def field_name(question: Question) -> str:
    return f"q{question.pk}"


def answer_of(asked: AskedQuestion) -> int | str | None:
    if not asked.points or not asked.typed:
        return asked.typed or None
    is_number = asked.typed.isascii() and asked.typed.isdigit() and len(asked.typed) <= LONGEST_NUMBER
    return int(asked.typed) if is_number else asked.typed


def points_of(question: Question, *, language: str, chosen: str) -> list[Point]:
    scale = SCALES.get(question.kind)
    if scale is None:
        return []
    lowest, highest = scale_ends(question.kind, language)
    meanings = {scale[0]: lowest, scale[-1]: highest}
    return [
        Point(str(number), in_digits(number, language), meanings.get(number, ""), str(number) == chosen)
        for number in scale
    ]


def chosen_score(survey: Survey, score: str | None) -> dict[str, str]:
    """A score chosen in the mail (`?score=9`), as if it had been typed; sending it is still up to the customer."""
    first = first_score_question(survey.questions.all())
    return {field_name(first): score} if first and score else {}
