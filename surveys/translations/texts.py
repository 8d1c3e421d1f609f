"""Every text of a survey, each with an address that stays the same while the survey is rewritten."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from surveys.models import Question
from surveys.questions.wording import HIGHEST, LOWEST, QUESTIONS, SURVEY

Texts = dict[str, str]

NO_TEXTS: Mapping[str, str] = {}
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Entry:
    """One text to translate; `id` is its address, `note` tells the translator where it stands."""

    id: str
    source: str
    target: str = ""
    note: str = ""


@dataclass(frozen=True)
class Text:
    """One text in all its languages. `own` is the survey's very dictionary: who changes it changes the survey."""

    id: str
    own: Texts
    note: str
    standard: Mapping[str, str] = field(default_factory=dict)  # what is said where nothing is written
    question: str = ""  # the key of its question

    def entry(self, main: str, language: str) -> Entry:
        note = self.note
        source, target = portable(self.own.get(main, "")), portable(self.own.get(language, ""))
        if names := placeholders(source):
            note = _("%(note)s. Keep %(names)s as written.") % {
                "note": note,
                "names": ", ".join(sorted(names)),
            }
        return Entry(self.id, source, target, note)


def texts_of(contents: Mapping[str, Any], language: str) -> list[Entry]:
    """What there is to translate into `language`. What is said in the standard wording is said in every language."""
    main = contents["language"]
    entries = (text.entry(main, language) for text in every_text(contents))
    return [entry for entry in entries if entry.source.strip()]


def every_text(contents: Mapping[str, Any]) -> Iterator[Text]:
    """All texts that a survey shows, in the order in which they are read; also those not written yet."""
    yield Text("title", contents["title"], _("Title of the survey"), SURVEY["title"])
    yield Text("intro", contents["intro"], _("Introduction"), SURVEY["intro"])
    for number, question in enumerate(contents["questions"], start=1):
        yield from texts_of_question(question, number)
    yield Text("thanks", contents["thanks"], _("Thank-you text"), SURVEY["thanks"])
    for band, own in contents["thanks_by_band"].items():
        note = _("Thank-you text for %(scores)s") % {"scores": name_of_band(band)}
        yield Text(f"thanks.{band}", own, note)


def texts_of_question(question: Mapping[str, Any], number: int) -> Iterator[Text]:
    key, kind, settings = question["key"], question["kind"], question["settings"]
    place = {"number": number, "kind": Question.Kind(kind).label}

    def text(name: str, own: Texts, note: str, standard: Mapping[str, str] = NO_TEXTS) -> Text:
        return Text(f"question.{key}.{name}", own, note % place, standard, key)

    yield text(
        "text", question["text"], _("Question %(number)s (%(kind)s): wording"), QUESTIONS.get(kind, NO_TEXTS)
    )
    yield text("help", question["help"], _("Question %(number)s: explanation"))
    for band, own in settings.get("bands", {}).items():
        place["scores"] = name_of_band(band)
        yield text(f"band.{band}", own, _("Question %(number)s: wording for %(scores)s"))
    if kind in LOWEST:
        yield text(
            "low", settings.get("low", {}), _("Question %(number)s: lowest end of the scale"), LOWEST[kind]
        )
        yield text(
            "high",
            settings.get("high", {}),
            _("Question %(number)s: highest end of the scale"),
            HIGHEST[kind],
        )
    for row in settings.get("rows", []):
        yield text(f"row.{row['key']}", row["text"], _("Question %(number)s: row"))
    for option in settings.get("options", []):
        yield text(f"option.{option['key']}", option["text"], _("Question %(number)s: option"))


def name_of_band(band: str) -> str:
    names = {"bad": _("low scores"), "middle": _("middle scores"), "good": _("high scores")}
    return names.get(band, band)


def portable(text: str) -> str:
    """Without what no translation file carries: control characters, and more than one kind of line break."""
    return UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def placeholders(text: str) -> set[str]:
    """What stands in braces: {first_name}."""
    return set(PLACEHOLDER.findall(text))
