"""Conditions for people: what each says in words, and what there is to compare with."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from surveys.metrics import SCALES
from surveys.models import Question
from surveys.models.responses import AnswerChannel
from surveys.questions.conditions import Condition
from surveys.questions.settings import OTHER, is_asked, options_of
from surveys.questions.wording import LANGUAGES, Voice, own_name, question_text

Kind = Question.Kind
SCORE_OPS = ("band", "at_least", "at_most", "is", "answered", "not_answered")
CHOSEN_OPS = ("is", "is_not", "answered", "not_answered")
ANSWERED_OPS = ("answered", "not_answered")
QUESTION_OPS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(SCALES, SCORE_OPS),
    Kind.CHOICE: CHOSEN_OPS,
    Kind.YESNO: CHOSEN_OPS,
    Kind.CHOICES: ("includes", *ANSWERED_OPS),
    Kind.NUMBER: ("at_least", "at_most", "is", *ANSWERED_OPS),
}
FACT_OPS = ("is", "is_not", "is_set", "is_not_set")
ATTRIBUTES = ("country", "language", "first_name")
CONTEXTS = ("channel", "campaign", "touchpoint", "order", "agent")
LONGEST_LABEL = 60  # characters

Values = Sequence[tuple[str, str]]  # to choose from, each with what it is called
NOTHING_OFFERED: Mapping[str, Values] = {}


def band_words() -> dict[str, str]:
    return {"bad": _("low"), "middle": _("in the middle"), "good": _("high")}


def op_words() -> dict[str, str]:
    """What stands between what is compared and the value."""
    return {
        "is": _("is"),
        "is_not": _("is not"),
        "at_least": _("is at least"),
        "at_most": _("is at most"),
        "includes": _("includes"),
        "answered": _("is answered"),
        "not_answered": _("is not answered"),
        "band": _("is rated"),
        "is_set": _("is known"),
        "is_not_set": _("is not known"),
    }


def fact_words() -> dict[str, str]:
    return {
        "country": _("Country"),
        "language": _("Language"),
        "first_name": _("First name"),
        "channel": _("Channel"),
        "campaign": _("Campaign"),
        "touchpoint": _("Touchpoint"),
        "order": pgettext("what was bought", "Order"),
        "agent": _("Agent"),
    }


def values_of(question: Question, voice: Voice) -> list[tuple[str | int, str]]:
    """What an answer to `question` can be compared with; nothing where it is to be typed."""
    if question.kind in SCALES:
        return [(number, str(number)) for number in SCALES[question.kind]]
    if question.kind == Kind.YESNO:
        return [("yes", _("Yes")), ("no", _("No"))]
    if question.kind in {Kind.CHOICE, Kind.CHOICES}:
        other = [(OTHER, _("Other"))] if question.settings.get("other") else []
        return [
            (each["key"], voice.say(each["text"]) or each["key"]) for each in options_of(question)
        ] + other
    return []


class ConditionWords:
    """Says conditions of one survey, whose questions go by their numbers on the builder's page."""

    def __init__(self, questions: Sequence[Question], voice: Voice) -> None:
        self.voice = voice
        self.numbers = {question.key: number for number, question in enumerate(questions, start=1)}
        self.questions = {question.key: question for question in questions}

    def say(self, condition: Condition) -> str:
        """`condition` in words, "" for the empty one."""
        match condition:
            case {"all": parts}:
                return self.join(parts, _("%(one)s and %(other)s"))
            case {"any": parts}:
                return self.join(parts, _("%(one)s or %(other)s"))
            case {"not": part}:
                return _("not (%(condition)s)") % {"condition": self.say(part)}
        return self.say_leaf(condition) if condition else ""

    def join(self, parts: Iterable[Condition], pattern: str) -> str:
        words, *others = [self.say(part) for part in parts]
        for other in others:
            words = pattern % {"one": words, "other": other}
        return words

    def say_leaf(self, leaf: Condition) -> str:
        op, value = leaf.get("op", ""), leaf.get("value")
        subject = self.subject(leaf)
        words = op_words().get(op, str(op))
        if op in {"answered", "not_answered", "is_set", "is_not_set"}:
            return _("%(subject)s %(comparison)s") % {"subject": subject, "comparison": words}
        return _("%(subject)s %(comparison)s %(value)s") % {
            "subject": subject,
            "comparison": words,
            "value": self.value_words(leaf, op, value),
        }

    def subject(self, leaf: Condition) -> str:
        if "question" in leaf:
            number = self.numbers.get(leaf["question"])
            return _("question %(number)d") % {"number": number} if number else _("a removed question")
        name = leaf.get("attribute") or leaf.get("context") or ""
        return fact_words().get(name, name)

    def value_words(self, leaf: Condition, op: str, value: Any) -> str:
        if op == "band":
            return band_words().get(value, str(value))
        if leaf.get("attribute") == "language":
            return own_name(str(value))
        if leaf.get("context") == "channel" and value in AnswerChannel.values:
            return f"“{AnswerChannel(value).label}”"
        question = self.questions.get(leaf.get("question", ""))
        values = values_of(question, self.voice) if question else []
        named = next((words for each, words in values if str(each) == str(value)), None)
        if named is None:
            return f"“{value}”"
        return named if question and question.kind in SCALES else f"“{named}”"


def subjects_offered(
    questions: Sequence[Question],
    voice: Voice,
    attributes: Iterable[str] = (),
    ways: Mapping[str, Values] = NOTHING_OFFERED,
) -> list[dict[str, Any]]:
    """What a condition may look at, for the builder's rows: `questions`, what is known of the customer, the occasion.

    `ways` are the campaigns and touchpoints there are. Each has a `group`, the `about` and `name` of the leaf, its `ops`, and `values` to choose from or none to type.
    """
    asked = [
        {
            "group": _("Earlier answers"),
            "about": "question",
            "name": question.key,
            "label": f"{number}. {question_text(question, voice) or question.get_kind_display()}"[
                :LONGEST_LABEL
            ],
            "ops": QUESTION_OPS.get(question.kind, ANSWERED_OPS),
            "values": values_of(question, voice),
            "isNumber": question.kind == Kind.NUMBER,
        }
        for number, question in enumerate(questions, start=1)
        if is_asked(question)
    ]
    languages = [(code, own_name(code)) for code in LANGUAGES]
    channels = [(each.value, str(each.label)) for each in AnswerChannel if each != AnswerChannel.IMPORT]
    return (
        asked
        + [
            fact_offered(_("The customer"), "attribute", name, {"language": languages})
            for name in dict.fromkeys((*ATTRIBUTES, *attributes))
        ]
        + [
            fact_offered(_("The occasion"), "context", name, {"channel": channels, **ways})
            for name in CONTEXTS
        ]
    )


def fact_offered(group: str, about: str, name: str, values: Mapping[str, Values]) -> dict[str, Any]:
    return {
        "group": group,
        "about": about,
        "name": name,
        "label": fact_words().get(name, name),
        "ops": FACT_OPS,
        "values": values.get(name, []),
        "isNumber": False,
    }
