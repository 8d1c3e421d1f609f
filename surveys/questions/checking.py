"""Whether an answer can be taken, and the form in which each kind is kept: one place for pages, API and imports."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customers.identities import NotAnEmail, normal_email
from customers.phones import e164
from events.boundary import EARLIEST_YEAR, LATEST_YEAR, Unstorable, clean_text
from surveys.metrics import SCALES
from surveys.models import Question
from surveys.questions.settings import OTHER, is_asked, options_of, rows_of

Kind = Question.Kind
COMMENT_LENGTH = 4_000  # characters
LINE_LENGTH = 300
LARGEST_NUMBER = 10**12
LONGEST_NUMBER = 30  # characters typed
YES, NO = "yes", "no"


class AnswerRefused(ValueError):
    """One answer cannot be taken; `sentence` says to the customer what to correct."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


class ScoreOutOfRange(AnswerRefused): ...


class CommentTooLong(AnswerRefused): ...


class CommentUnreadable(AnswerRefused): ...


class AnswerMissing(AnswerRefused): ...


class NotAnOption(AnswerRefused): ...


class NotReadable(AnswerRefused):
    """Not a number, a date, an address …"""


@dataclass(frozen=True)
class Given:
    """One answer in order: a score, or a text, or a value (JSON); choices with words of their own have both last."""

    question: Question
    score: int | None = None
    text: str = ""
    value: Any = None

    @property
    def is_blank(self) -> bool:
        """A 0 and a “no” are answers."""
        return self.score is None and not self.text and self.value is None

    @property
    def known(self) -> Any:
        """What conditions look at."""
        if self.score is not None:
            return self.score
        return self.text if self.value is None else self.value


def check_answer(question: Question, answer: Any) -> Given:
    """One answer as it will be kept; raises AnswerRefused. None and a blank text are no answer."""
    given = CHECKS[question.kind](question, answer)
    if question.is_required and given.is_blank and is_asked(question):
        raise AnswerMissing(_("Please answer this question."))
    return given


def check_score(question: Question, answer: Any) -> Given:
    scale = SCALES[question.kind]
    if answer is not None and (type(answer) is not int or answer not in scale):
        raise ScoreOutOfRange(
            _("Please choose a number from %(lowest)d to %(highest)d.")
            % {"lowest": scale[0], "highest": scale[-1]}
        )
    return Given(question, score=answer)


def read_text(answer: Any, *, longest: int) -> str:
    if answer is not None and not isinstance(answer, str):
        raise CommentUnreadable(_("A comment is a text."))
    text = (answer or "").replace("\r\n", "\n").strip()
    try:
        clean_text(text)
    except Unstorable as error:
        raise CommentUnreadable(error.sentence) from error
    if len(text) > longest:
        raise CommentTooLong(
            _("Please shorten your comment: it has %(length)d characters, we can keep %(limit)d.")
            % {"length": len(text), "limit": longest}
        )
    return text


def check_comment(question: Question, answer: Any) -> Given:
    return Given(question, text=read_text(answer, longest=COMMENT_LENGTH))


def check_line(question: Question, answer: Any) -> Given:
    return Given(question, text=" ".join(read_text(answer, longest=LINE_LENGTH).split()))


def chosen_keys(answer: Any) -> tuple[list[str], str]:
    """The options and the own words, from "a", ["a", "b"] or {"keys": […], "other": "…"}."""
    match answer:
        case None | "":
            return [], ""
        case str():
            return [answer], ""
        case [*keys] if all(isinstance(key, str) for key in keys):
            return list(keys), ""
        case {"keys": [*keys]} if all(isinstance(key, str) for key in keys):
            other = read_text(answer.get("other"), longest=LINE_LENGTH)
            return list(keys), other if OTHER in keys else ""
    raise NotAnOption(_("Please choose from the list."))


def check_choices(question: Question, answer: Any) -> Given:
    """Options are kept in the order they are offered in, so that the same choice is always the same value."""
    keys, other = chosen_keys(answer)
    offered = [option["key"] for option in options_of(question)]
    offered += [OTHER] if question.settings.get("other") else []
    if set(keys) - set(offered):
        raise NotAnOption(_("Please choose from the list."))
    if question.kind == Kind.CHOICE and len(set(keys)) > 1:
        raise NotAnOption(_("Please choose one only."))
    most = question.settings.get("most")
    if most and len(set(keys)) > most:
        raise NotAnOption(
            ngettext("Please choose at most %(most)d.", "Please choose at most %(most)d.", most)
            % {"most": most}
        )
    chosen = [key for key in offered if key in keys]
    return Given(question, text=other, value=chosen or None)


def check_ranking(question: Question, answer: Any) -> Given:
    """The options from the first place on; a ranking is whole or not at all. {"places": …} is one that is neither."""
    unfinished = isinstance(answer, Mapping) and "places" in answer
    keys, _other = ([], "") if unfinished else chosen_keys(answer)
    offered = [option["key"] for option in options_of(question)]
    if unfinished or (keys and sorted(keys) != sorted(offered)):
        raise NotAnOption(_("Please give every line its own place."))
    return Given(question, value=keys or None)


def check_matrix(question: Question, answer: Any) -> Given:
    given = {} if answer is None else answer
    rows, columns = ([each["key"] for each in part] for part in (rows_of(question), options_of(question)))
    if not isinstance(given, Mapping) or set(given) - set(rows):
        raise NotAnOption(_("Please choose from the list."))
    marked = {row: given[row] for row in rows if given.get(row)}
    if any(column not in columns for column in marked.values()):
        raise NotAnOption(_("Please choose from the list."))
    if question.is_required and len(marked) < len(rows):
        raise AnswerMissing(_("Please answer in every row."))
    return Given(question, value=marked or None)


def check_yesno(question: Question, answer: Any) -> Given:
    readings = {None: None, "": None, YES: True, NO: False, True: True, False: False}
    if not isinstance(answer, str | bool | None) or answer not in readings:
        raise NotAnOption(_("Please choose yes or no."))
    return Given(question, value=readings[answer])


def check_number(question: Question, answer: Any) -> Given:
    """A number as people type it: with a comma or a point, in the digits of any script."""
    number = read_number(answer)
    lowest, highest = question.settings.get("lowest"), question.settings.get("highest")
    if number is None:
        return Given(question)
    if lowest is not None and number < lowest:
        raise NotReadable(_("Please write a number that is not below %(lowest)s.") % {"lowest": lowest})
    if highest is not None and number > highest:
        raise NotReadable(_("Please write a number that is not above %(highest)s.") % {"highest": highest})
    return Given(question, value=number)


def read_number(answer: Any) -> float | None:
    if answer is None or (isinstance(answer, str) and not answer.strip()):
        return None
    unreadable = NotReadable(_("Please write a number, such as 12 or 3.5."))
    if isinstance(answer, bool) or not isinstance(answer, str | int | float):
        raise unreadable
    typed = str(answer).strip().translate({ord("٫"): ".", ord(","): "."})
    if len(typed) > LONGEST_NUMBER or "_" in typed:
        raise unreadable
    try:
        number = float(typed)
    except ValueError as error:
        raise unreadable from error
    if not isfinite(number) or abs(number) > LARGEST_NUMBER:
        raise unreadable
    return int(number) if number == int(number) else number


def check_date(question: Question, answer: Any) -> Given:
    if answer is None or answer == "":
        return Given(question)
    unreadable = NotReadable(_("Please write the date as year-month-day, such as 2026-05-31."))
    if not isinstance(answer, str) or len(answer) > LONGEST_NUMBER:
        raise unreadable
    typed = "".join(str(unicodedata.digit(sign, sign)) for sign in answer.strip())
    try:
        day = date.fromisoformat(typed)
    except ValueError as error:
        raise unreadable from error
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        raise unreadable
    return Given(question, value=day.isoformat())


def check_email(question: Question, answer: Any) -> Given:
    typed = read_text(answer, longest=LINE_LENGTH)
    try:
        return Given(question, text=normal_email(typed) if typed else "")
    except NotAnEmail as error:
        raise NotReadable(_("Please write an e-mail address, such as name@example.com.")) from error


def check_phone(question: Question, answer: Any) -> Given:
    typed = read_text(answer, longest=LINE_LENGTH)
    if not typed:
        return Given(question)
    if number := e164(typed, country=settings.COUNTRY):
        return Given(question, text=number)
    raise NotReadable(_("Please write a telephone number, best with its country: +387 61 234 567."))


def check_file(question: Question, answer: Any) -> Given:
    """A file that was stored before (surveys/answering/uploads.py), by its description."""
    match answer:
        case None:
            return Given(question)
        case {"upload": int(), "name": str(), "size": int()} if len(answer) == 3:  # noqa: PLR2004  as many as are named
            return Given(question, value=dict(answer))
    raise unreadable_file()


def unreadable_file() -> NotReadable:
    """What was given is no file, or not there any more."""
    return NotReadable(_("Please choose the file again."))


def check_statement(question: Question, answer: Any) -> Given:
    return Given(question)


CHECKS: Mapping[str, Callable[[Question, Any], Given]] = {
    **dict.fromkeys(SCALES, check_score),
    Kind.CHOICE: check_choices,
    Kind.CHOICES: check_choices,
    Kind.RANKING: check_ranking,
    Kind.MATRIX: check_matrix,
    Kind.TEXT: check_line,
    Kind.COMMENT: check_comment,
    Kind.YESNO: check_yesno,
    Kind.NUMBER: check_number,
    Kind.DATE: check_date,
    Kind.EMAIL: check_email,
    Kind.PHONE: check_phone,
    Kind.FILE: check_file,
    Kind.STATEMENT: check_statement,
}


def first_score_question(questions: Sequence[Question]) -> Question | None:
    """The question whose answer is the response's `score`."""
    return next((question for question in questions if question.kind in SCALES), None)
