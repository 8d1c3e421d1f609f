"""What a question of a kind can be told besides its wording: options, ends of a scale, limits."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.validators import validate_slug
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from events.boundary import Unstorable, clean_text
from surveys.models import Question
from surveys.questions.conditions import BANDS

Kind = Question.Kind
Settings = dict[str, Any]
LONGEST = 500  # characters a text
MOST_OPTIONS = 60
MOST_MEGABYTES = 10
STYLES = ("stars", "faces", "numbers")
OTHER = "other"  # the option under which a customer writes words of their own
WITH_OPTIONS = (Kind.CHOICE, Kind.CHOICES, Kind.RANKING, Kind.MATRIX)
SILENT = (Kind.STATEMENT,)  # they are read, not answered


class SettingsRefused(ValueError):
    """Settings that do not fit the kind of question; `sentence` says why."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def check_texts(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise SettingsRefused(_("A text is missing its languages."))
    texts = {}
    for language, text in given.items():
        if not isinstance(text, str) or len(text) > LONGEST:
            raise SettingsRefused(_("A text is longer than %(longest)d characters.") % {"longest": LONGEST})
        if text.strip():
            try:
                texts[str(language)] = clean_text(text.strip())
            except Unstorable as error:
                raise SettingsRefused(error.sentence) from error
    return texts


def check_options(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or len(given) > MOST_OPTIONS:
        raise SettingsRefused(_("There are at most %(most)d options.") % {"most": MOST_OPTIONS})
    options = []
    for option in given:
        key = option.get("key") if isinstance(option, Mapping) else None
        if not isinstance(key, str) or not key or key == OTHER or len(key) > 30:  # noqa: PLR2004  as a question's
            raise SettingsRefused(_("An option has no short name of its own."))
        validate_slug(key)
        options.append({"key": key, "text": check_texts(option.get("text", {}))})
    if len({option["key"] for option in options}) < len(options):
        raise SettingsRefused(_("Two options have the same short name."))
    return options


def check_bands(given: Any) -> dict[str, dict[str, str]]:
    if not isinstance(given, Mapping) or given.keys() - set(BANDS):
        raise SettingsRefused(_("Choose low, middle or high scores."))
    return {band: texts for band in BANDS if (texts := check_texts(given.get(band, {})))}


def check_flag(given: Any) -> bool:
    return bool(given)


def check_number(given: Any) -> float | None:
    if given is None or given == "":
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or abs(given) > 10**12:
        raise SettingsRefused(_("A limit is no number."))
    return given


def check_count(lowest: int, highest: int) -> Callable[[Any], int | None]:
    def check(given: Any) -> int | None:
        number = check_number(given)
        if number is not None and (number != int(number) or not lowest <= number <= highest):
            raise SettingsRefused(
                _("Choose a number from %(lowest)d to %(highest)d.") % {"lowest": lowest, "highest": highest}
            )
        return None if number is None else int(number)

    return check


def check_style(given: Any) -> str:
    if given not in STYLES:
        raise SettingsRefused(_("A scale is shown as stars, faces or numbers."))
    return str(given)


Checks = Mapping[str, Callable[[Any], Any]]
ENDS: Checks = {"low": check_texts, "high": check_texts}
CHECKS: Mapping[str, Checks] = {
    Kind.NPS: ENDS,
    Kind.CSAT: {**ENDS, "style": check_style},
    Kind.CSAT3: {**ENDS, "style": check_style},
    Kind.CES: ENDS,
    Kind.CES5: ENDS,
    Kind.EFFORT: ENDS,
    Kind.CHOICE: {"options": check_options, "shuffle": check_flag, "other": check_flag},
    Kind.CHOICES: {
        "options": check_options,
        "shuffle": check_flag,
        "other": check_flag,
        "most": check_count(1, MOST_OPTIONS),
    },
    Kind.RANKING: {"options": check_options, "shuffle": check_flag},
    Kind.MATRIX: {"rows": check_options, "options": check_options},
    Kind.TEXT: {"bands": check_bands},
    Kind.COMMENT: {"bands": check_bands},
    Kind.NUMBER: {"lowest": check_number, "highest": check_number},
    Kind.FILE: {"megabytes": check_count(1, MOST_MEGABYTES)},
}


def check_settings(kind: str, settings: Mapping[str, Any]) -> Settings:
    """The settings as they are kept, empty ones left out. Raises SettingsRefused; also for a key the kind has not."""
    checks = CHECKS.get(kind, {})
    if strange := sorted(settings.keys() - checks.keys()):
        raise SettingsRefused(
            _("This kind of question has no setting named %(names)s.") % {"names": ", ".join(strange)}
        )
    checked = {name: check(settings[name]) for name, check in checks.items() if name in settings}
    lowest, highest = checked.get("lowest"), checked.get("highest")
    if lowest is not None and highest is not None and lowest > highest:
        raise SettingsRefused(_("The lowest number allowed is above the highest."))
    return {name: value for name, value in checked.items() if value not in (None, False, [], {})}


def options_of(question: Question) -> list[dict[str, Any]]:
    """What can be chosen: the options, or a matrix's columns."""
    options: list[dict[str, Any]] = question.settings.get("options", [])
    return options


def rows_of(question: Question) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = question.settings.get("rows", [])
    return rows


def is_asked(question: Question) -> bool:
    """Whether it takes an answer at all."""
    return question.kind not in SILENT
