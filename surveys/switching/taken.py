"""A survey as another tool described it, in our words, and what of it has no place here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from itertools import islice
from typing import Any

from django.conf import settings
from django.utils.html import strip_tags
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.boundary import Unstorable, clean_text
from surveys.questions.settings import LONGEST, MOST_OPTIONS

LONGEST_KEY = 26
LONGEST_NAME = 110  # a number may follow it
MOST_QUESTIONS = 200
MOST_TOLD = 200  # of what was left out
NPS_LABELS = [str(number) for number in range(11)]
Texts = dict[str, str]


class NotReadable(ValueError):
    """A file that is not what it should be; its words say why and what to do."""


@dataclass
class TakenQuestion:
    key: str
    kind: str
    text: Texts
    is_required: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    show_if: dict[str, Any] = field(default_factory=dict)
    starts_page: bool = False


@dataclass
class TakenOver:
    """What could be taken over; `left_out` says in whole sentences what could not."""

    name: str
    language: str
    title: Texts
    questions: list[TakenQuestion] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    is_full: bool = False

    def add(self, question: TakenQuestion) -> None:
        """Under a short name nobody else has; beyond MOST_QUESTIONS it is left out."""
        if len(self.questions) == MOST_QUESTIONS:
            self.is_full = True
            return
        taken, wanted, number = {each.key for each in self.questions}, question.key, 1
        while question.key in taken:
            number += 1
            question.key = f"{wanted}-{number}"
        self.questions.append(question)

    def leave_out(self, name: str, why: str) -> None:
        self.left_out.append(f"{name}: {why}")

    @property
    def report(self) -> list[str]:
        """What people are told could not be taken over, at a length that can be read."""
        report = self.left_out[:MOST_TOLD]
        if more := len(self.left_out) - len(report):
            report.append(ngettext("And %(n)d more.", "And %(n)d more.", more) % {"n": more})
        if self.is_full:
            report.insert(
                0, _("Only the first %(most)d questions were taken over.") % {"most": MOST_QUESTIONS}
            )
        return report


def key_from(name: object) -> str:
    return slugify(str(name))[:LONGEST_KEY].strip("-") or "question"


def language_from(code: object) -> str:
    """One of our languages for another tool's name of it; the main one's place is taken by English."""
    known = dict(settings.LANGUAGES)
    short = str(code or "").lower().replace("_", "-")
    chinese = short.startswith("zh")
    return next(
        (each for each in (short, short.partition("-")[0]) if each in known), "zh-hans" if chinese else ""
    )


def plain(html: object) -> str:
    """A text without its mark-up, no longer than ours may be."""
    text = " ".join(unescape(strip_tags(str(html or ""))).replace("\xa0", " ").split())
    try:
        return clean_text(text)[:LONGEST]
    except Unstorable:
        return ""


def texts_from(by_language: Mapping[str, object]) -> Texts:
    told = {language_from(code): plain(html) for code, html in by_language.items()}
    return {code: text for code, text in told.items() if code and text}


def options_from(labels: Mapping[str, Texts], *, taken: TakenOver, name: str) -> list[dict[str, Any]]:
    """Options with short names of their own; those beyond what we take are left out, and that is said."""
    options: list[dict[str, Any]] = []
    keys: set[str] = set()
    for code, text in islice(labels.items(), MOST_OPTIONS):
        key, number = option_key(code), 1
        while key in keys:
            number += 1
            key = f"{option_key(code)}-{number}"
        keys.add(key)
        options.append({"key": key, "text": text or {taken.language: str(code)}})
    if len(labels) > MOST_OPTIONS:
        taken.leave_out(name, _("Only the first %(most)d options were taken over.") % {"most": MOST_OPTIONS})
    return options


def option_key(code: object) -> str:
    key = slugify(str(code))[:LONGEST_KEY].strip("-") or "option"
    return "other-1" if key == "other" else key


def is_nps(labels: Mapping[str, Texts], language: str) -> bool:
    """Eleven choices from 0 to 10 are the NPS scale, whatever another tool calls them."""
    told = [texts.get(language, "") for texts in labels.values()]
    return [label.split(" ")[0] for label in told] == NPS_LABELS
