"""Where a survey may stand on the company's own sites, and when it shows itself there; how long a kiosk rests.

Rules of a link that is embedded, all optional: button (bool), label ({language: text}), delay (seconds), scroll (percent
of the page), exit (bool: the pointer leaves the window), path ("/shop/*"), every_days (days between two times), share
(percent of visitors). Of delay, scroll and exit the first to be met opens it; path, every_days and share must all be.
Rules of a kiosk: rest (seconds without a touch until it starts over).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.models import SurveyLink

SITE = re.compile(
    r"\Ahttps?://(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?\Z"
)
PATH = re.compile(r"\A/[^\s?#]{0,199}\Z")
LONGEST_LABEL = 40  # characters
USUAL_DAYS = 30
USUAL_REST = 30  # seconds


class RulesRefused(ValueError):
    """Rules or sites that cannot be kept; `sentence` says to staff what to correct."""

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def within(lowest: int, highest: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and lowest <= value <= highest


def is_label(value: Any) -> bool:
    languages = {code for code, _name in settings.LANGUAGES}
    return isinstance(value, Mapping) and all(
        language in languages and isinstance(text, str) and len(text) <= LONGEST_LABEL
        for language, text in value.items()
    )


EMBED_RULES: Mapping[str, tuple[Callable[[Any], bool], str | Promise]] = {
    "button": (lambda value: isinstance(value, bool), _("Say whether there is a button.")),
    "label": (is_label, _("Write at most 40 characters on the button, in languages we speak.")),
    "delay": (within(0, 3600), _("Write a delay of 0 to 3600 seconds.")),
    "scroll": (within(1, 100), _("Write how much of the page was seen: 1 to 100 percent.")),
    "exit": (lambda value: isinstance(value, bool), _("Say whether leaving the page opens it.")),
    "path": (
        lambda value: isinstance(value, str) and PATH.match(value) is not None,
        _("Write a path that begins with a slash, such as /shop/*."),
    ),
    "every_days": (within(1, 3650), _("Write after how many days it may show itself again: 1 to 3650.")),
    "share": (within(1, 100), _("Write which share of visitors sees it: 1 to 100 percent.")),
}
KIOSK_RULES: Mapping[str, tuple[Callable[[Any], bool], str | Promise]] = {
    "rest": (within(5, 600), _("Write after how many seconds it starts over: 5 to 600.")),
}
RULES = {SurveyLink.Kind.EMBED: EMBED_RULES, SurveyLink.Kind.KIOSK: KIOSK_RULES}


def check_rules(kind: str, rules: object) -> dict[str, Any]:
    """The rules of a link as they will be kept, without empty ones; raises RulesRefused."""
    known = RULES.get(SurveyLink.Kind(kind), {})
    if not isinstance(rules, Mapping) or rules.keys() - known.keys():
        raise RulesRefused(_("There is a rule we do not know."))
    kept = {name: value for name, value in rules.items() if value is not None and value != ""}
    for name, value in kept.items():
        is_fine, sentence = known[name]
        if not is_fine(value):
            raise RulesRefused(sentence)
    return kept


def check_sites(sites: object) -> list[str]:
    """Origins as browsers write them, each once; raises RulesRefused."""
    if not isinstance(sites, list) or not all(isinstance(site, str) for site in sites):
        raise RulesRefused(_("Write each site on a line of its own."))
    kept = list(dict.fromkeys(site.strip().rstrip("/").lower() for site in sites if site.strip()))
    for site in kept:
        if not SITE.match(site):
            raise RulesRefused(_("Write each site as https:// and its name, such as https://shop.example."))
    return kept


def rules_for_visitors(link: SurveyLink) -> dict[str, Any]:
    """The rules of an embedded link as its script takes them: whatever opens nothing by itself has a button.

    Where a device answers once, the site remembers it: in a frame our own cookie is a stranger's, and refused.
    """
    opens_itself = {"delay", "scroll", "exit"} & {
        name for name, value in link.rules.items() if value is not False
    }
    rules = {"every_days": USUAL_DAYS, "button": not opens_itself, "once": link.per_device} | link.rules
    rules.pop("label", None)
    return rules
