"""The kinds of questions as staff choose among them: what each is for, in a sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.models import Question
from surveys.questions.settings import Settings

Kind = Question.Kind


@dataclass(frozen=True)
class KindGuide:
    """`icon` is a name of the staff site's icon font."""

    icon: str
    purpose: str | Promise


GUIDES: Mapping[str, KindGuide] = {
    Kind.NPS: KindGuide("speed", _("Would they recommend you? The relationship as a whole.")),
    Kind.CSAT: KindGuide("star", _("How satisfied are they? Five stars, faces or numbers.")),
    Kind.CSAT3: KindGuide("sentiment_satisfied", _("How satisfied are they? Three faces, quick to tap.")),
    Kind.CES: KindGuide("bolt", _("Was it easy? Agreement from 1 to 7, high is easy.")),
    Kind.CES5: KindGuide("electric_bolt", _("Was it easy? Agreement from 1 to 5, high is easy.")),
    Kind.EFFORT: KindGuide("fitness_center", _("How much effort did it take? The first CES, low is good.")),
    Kind.CHOICE: KindGuide("radio_button_checked", _("One of several options.")),
    Kind.CHOICES: KindGuide("check_box", _("As many options as apply.")),
    Kind.YESNO: KindGuide("rule", _("A plain yes or no.")),
    Kind.RANKING: KindGuide("format_list_numbered", _("Put options in order of importance.")),
    Kind.MATRIX: KindGuide("grid_on", _("Rate several things by the same options.")),
    Kind.COMMENT: KindGuide("chat", _("Their own words, as many as they like.")),
    Kind.TEXT: KindGuide("short_text", _("A name, a word: one line.")),
    Kind.NUMBER: KindGuide("123", _("A number, within limits if you like.")),
    Kind.DATE: KindGuide("calendar_today", _("A day of the calendar.")),
    Kind.EMAIL: KindGuide("mail", _("An address to write to.")),
    Kind.PHONE: KindGuide("call", _("A number to call.")),
    Kind.FILE: KindGuide("attach_file", _("A picture or a document.")),
    Kind.STATEMENT: KindGuide("info", _("A text to read between questions; it asks nothing.")),
}
GROUPS: Sequence[tuple[str | Promise, Sequence[Kind]]] = (
    (_("Scores"), (Kind.NPS, Kind.CSAT, Kind.CSAT3, Kind.CES, Kind.CES5, Kind.EFFORT)),
    (_("Choices"), (Kind.CHOICE, Kind.CHOICES, Kind.YESNO, Kind.RANKING, Kind.MATRIX)),
    (_("Words"), (Kind.COMMENT, Kind.TEXT, Kind.STATEMENT)),
    (_("Facts"), (Kind.NUMBER, Kind.DATE, Kind.EMAIL, Kind.PHONE, Kind.FILE)),
)


def blank(name: str, count: int) -> list[dict[str, object]]:
    return [{"key": f"{name}-{number}", "text": {}} for number in range(1, count + 1)]


def first_settings(kind: str) -> Settings:
    """What a new question of a kind has: places for the options it cannot be without."""
    match kind:
        case Kind.CHOICE | Kind.CHOICES | Kind.RANKING:
            return {"options": blank("option", 2)}
        case Kind.MATRIX:
            return {"rows": blank("row", 2), "options": blank("option", 3)}
    return {}
