"""How far a survey is translated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from surveys.questions.wording import LANGUAGES
from surveys.translations.texts import Text, every_text


@dataclass(frozen=True)
class Row:
    """A text beside its translation; one in the standard wording needs none."""

    text: Text
    source: str
    target: str
    is_standard: bool

    @property
    def is_missing(self) -> bool:
        return not self.is_standard and not self.target


def rows_of(contents: Mapping[str, Any], language: str) -> list[Row]:
    """What is said, in the main language and in `language`; texts that nobody says are left out."""
    texts = list(every_text(contents))
    return [row for text in texts if (row := row_of(text, contents["language"], language))]


def row_of(text: Text, main: str, language: str) -> Row | None:
    if text.own.get(main, "").strip():
        return Row(text, text.own[main], text.own.get(language, ""), is_standard=False)
    own = next(filter(None, text.own.values()), "")
    source, target = own or text.standard.get(main, ""), own or text.standard.get(language, "")
    return Row(text, source, target, is_standard=True) if source else None


def count_missing(contents: Mapping[str, Any]) -> dict[str, int]:
    """How many texts are not translated yet, by language; all languages but the main one."""
    texts: Iterable[Text] = list(every_text(contents))
    main = contents["language"]
    written = [text for text in texts if text.own.get(main, "").strip()]
    return {
        code: sum(not text.own.get(code, "").strip() for text in written)
        for code in LANGUAGES
        if code != main
    }
