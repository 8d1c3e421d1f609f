"""The file formats that translators' tools read and write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.questions.wording import LANGUAGES
from surveys.translations.texts import Entry

LARGEST = 2 * 1024 * 1024  # bytes
SAME_TONGUE = {"zh": "zh-hans", "zh-cn": "zh-hans", "zh-sg": "zh-hans"}


class UnreadableFile(ValueError):
    """A file that is no translation of a survey; its words say why."""


@dataclass(frozen=True)
class Translated:
    """What stands in a file; `language` is one of ours, or "" when the file does not tell."""

    entries: list[Entry]
    language: str = ""


@dataclass(frozen=True)
class Format:
    ending: str
    media_type: str
    write: Callable[..., bytes]
    read: Callable[[bytes], Translated]


def our_language(code: str) -> str:
    """Tools write zh_CN, fa-IR or zh-Hans; "" for a language we do not have."""
    code = code.strip().lower().replace("_", "-")
    code = SAME_TONGUE.get(code, code)
    candidates = (code, code.partition("-")[0])
    return next((each for each in candidates if each in LANGUAGES), "")


def read_file(content: bytes, formats: Sequence[Format], *, name: str) -> Translated:
    """What stands in an uploaded file, by the ending of its name. Raises UnreadableFile."""
    if len(content) > LARGEST:
        raise UnreadableFile(_("The file is larger than 2 MB."))
    by_ending: Mapping[str, Format] = {each.ending: each for each in formats}
    format_ = by_ending.get(name.rpartition(".")[2].lower())
    if format_ is None:
        raise UnreadableFile(_("Choose a file that ends in .po or .xlf."))
    found = format_.read(content)
    if not found.entries:
        raise UnreadableFile(_("There are no texts of a survey in this file."))
    return found
