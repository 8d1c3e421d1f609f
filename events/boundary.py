"""What may come in: text, numbers and moments that every database keeps unchanged. Anything else stops at the door."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DEEPEST = 32
LARGEST = 2**63 - 1
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
LONGEST_ID = 18  # digits


class Unstorable(ValueError):
    """Input that not every database can keep; `path` names the place, `sentence` says why."""

    def __init__(self, path: str, sentence: str | Promise) -> None:
        super().__init__(str(sentence))
        self.path = path
        self.sentence = sentence


def clean_text(text: str, *, path: str = "") -> str:
    """`text` itself; raises Unstorable for a NUL character or half a surrogate pair."""
    if "\x00" in text:
        raise Unstorable(path, _("The text holds a NUL character."))
    if not is_unicode(text):
        raise Unstorable(path, _("The text holds half a character (a lone surrogate)."))
    return text


def clean_json(value: Any, *, path: str = "", depth: int = 0) -> Any:
    """`value` itself; raises Unstorable for bad text, numbers beyond 64 bits, or more than 32 levels."""
    if depth > DEEPEST:
        raise Unstorable(path, _("The value is nested too deeply."))
    match value:
        case str():
            clean_text(value, path=path)
        case int() | float() if not abs(value) <= LARGEST:  # also what is not a number at all
            raise Unstorable(path, _("The number is too large."))
        case dict() | list():
            for name, part in parts_of(value):
                clean_text(name, path=path)
                clean_json(part, path=f"{path}.{name}" if path else name, depth=depth + 1)
    return value


def id_from(text: str | None) -> int:
    """The number of a row, as an address or a form names it; 0, which no row has, for anything else."""
    return int(text) if text and text.isdecimal() and len(text) <= LONGEST_ID else 0


def validate_text(text: str) -> None:
    """`clean_text` for forms and models."""
    try:
        clean_text(text)
    except Unstorable as error:
        raise ValidationError(str(error.sentence)) from error


def validate_moment(at: date) -> None:
    """Days and moments near the ends of the calendar overflow when a time zone is applied."""
    if not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
        raise ValidationError(
            _("The year must be between %(first)s and %(last)s."),
            params={"first": EARLIEST_YEAR, "last": LATEST_YEAR},
        )


def parts_of(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    else:
        yield from ((str(number), part) for number, part in enumerate(value))


def is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
