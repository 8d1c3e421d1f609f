"""Putting translations into a survey's draft, and telling what became of each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from surveys.models import Question, Survey
from surveys.questions.questionnaires import contents_of, draft_of
from surveys.questions.settings import LONGEST
from surveys.questions.wording import LANGUAGES
from surveys.translations.texts import Entry, Text, every_text, placeholders, portable

SURVEY_TEXTS = ("title", "intro", "thanks", "thanks_by_band")
QUESTION_TEXTS = ("text", "help", "settings")


class NotATarget(ValueError):
    """A survey is not translated into its own main language, nor into one we do not speak."""


@dataclass(frozen=True)
class Refused:
    """A translation that was not taken; `why` is a sentence."""

    id: str
    target: str
    why: str


@dataclass
class Receipt:
    """What became of the translations that were handed in, by the ids of the texts."""

    taken: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)  # it said so already
    empty: list[str] = field(default_factory=list)  # not translated yet
    unknown: list[str] = field(default_factory=list)  # the survey has no such text
    changed: list[Entry] = field(default_factory=list)  # the source is another by now
    refused: list[Refused] = field(default_factory=list)


@transaction.atomic
def apply_translations(
    *, survey: Survey, language: str, entries: Iterable[Entry], at: datetime, takes_out: bool = False
) -> Receipt:
    """Put translations into the draft; with `takes_out`, an empty one takes out what stood there.

    Raises NotATarget.
    """
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    if language == survey.language or language not in LANGUAGES:
        raise NotATarget(language)
    draft = draft_of(survey)
    texts = {text.id: text for text in every_text(contents_of(draft))}
    receipt = Receipt()
    for entry in entries:
        settle(entry, texts.get(entry.id), survey.language, language, receipt, takes_out=takes_out)
    if receipt.taken:
        keep(survey, draft.questions, {texts[each].question for each in receipt.taken}, at)
    return receipt


def settle(
    entry: Entry, text: Text | None, main: str, language: str, receipt: Receipt, *, takes_out: bool
) -> None:
    """What becomes of one translation."""
    target = portable(entry.target).strip()
    if text is None or not text.own.get(main, "").strip():
        receipt.unknown.append(entry.id)
    elif portable(entry.source).strip() != portable(text.own[main]).strip():
        receipt.changed.append(entry)
    elif not target and not takes_out:
        receipt.empty.append(entry.id)
    elif target == portable(text.own.get(language, "")).strip():
        receipt.same.append(entry.id)
    elif why := objection(text.own[main], target):
        receipt.refused.append(Refused(entry.id, target, why))
    else:
        write(text, language, target)
        receipt.taken.append(entry.id)


def write(text: Text, language: str, target: str) -> None:
    if target:
        text.own[language] = target
    else:
        text.own.pop(language, None)


def objection(source: str, target: str) -> str:
    """Why a translation cannot be taken; "" for one that can."""
    if not target:
        return ""
    if len(target) > LONGEST:
        return _("It is longer than %(longest)d characters.") % {"longest": LONGEST}
    wanted, given = placeholders(source), placeholders(target)
    if lost := wanted - given:
        return _("It lost %(names)s.") % {"names": ", ".join(sorted(lost))}
    if invented := given - wanted:
        return _("The source has no %(names)s.") % {"names": ", ".join(sorted(invented))}
    return ""


def keep(survey: Survey, questions: Iterable[Question], changed: set[str], at: datetime) -> None:
    """Save what `write` changed, by two statements."""
    Question.objects.bulk_update(
        [question for question in questions if question.key in changed], QUESTION_TEXTS
    )
    Survey.objects.filter(pk=survey.pk).update(
        changed_at=at, **{name: getattr(survey, name) for name in SURVEY_TEXTS}
    )
