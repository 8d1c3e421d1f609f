"""An answer in words: options by their wording, not their short names."""

from collections.abc import Callable, Mapping
from datetime import date

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from surveys.models import Answer, Question
from surveys.questions.settings import OTHER, options_of, rows_of
from surveys.questions.wording import Voice

Kind = Question.Kind


def words_of(answer: Answer, voice: Voice) -> str:
    """What was answered besides a score, in one line or more."""
    if answer.value is None:
        return answer.text
    words = WORDS.get(answer.question.kind)
    return words(answer, voice) if words else str(answer.value)


def choices_words(answer: Answer, voice: Voice) -> str:
    return ", ".join(option_words(answer, key, voice) for key in answer.value)


def ranking_words(answer: Answer, voice: Voice) -> str:
    options = enumerate(answer.value, start=1)
    return "\n".join(f"{place}. {option_words(answer, key, voice)}" for place, key in options)


def matrix_words(answer: Answer, voice: Voice) -> str:
    rows = {row["key"]: voice.say(row["text"]) for row in rows_of(answer.question)}
    marks = answer.value.items()
    return "\n".join(f"{rows.get(row) or row}: {option_words(answer, mark, voice)}" for row, mark in marks)


def option_words(answer: Answer, key: str, voice: Voice) -> str:
    """An option's wording; “Other” with the customer's own words; its short name when it is no more."""
    if key == OTHER:
        return f"{_('Other')}: {answer.text}" if answer.text else _("Other")
    texts = {option["key"]: option["text"] for option in options_of(answer.question)}
    return voice.say(texts.get(key, {})) or key


WORDS: Mapping[str, Callable[[Answer, Voice], str]] = {
    Kind.CHOICE: choices_words,
    Kind.CHOICES: choices_words,
    Kind.RANKING: ranking_words,
    Kind.MATRIX: matrix_words,
    Kind.YESNO: lambda answer, _voice: _("Yes") if answer.value else _("No"),
    Kind.NUMBER: lambda answer, _voice: str(number_format(answer.value)),
    Kind.DATE: lambda answer, _voice: str(date_format(date.fromisoformat(answer.value))),
    Kind.FILE: lambda answer, _voice: str(answer.value["name"]),
}
