"""Surveys to start from: those that most organisations need first, in all languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.models import Question, Survey
from surveys.questions.conditions import Condition
from surveys.questions.settings import Settings
from surveys.writing.starter_texts import ABOUT_A_MINUTE, AFTER_SCORE, OPTIONS, QUESTIONS, TITLES

Kind = Question.Kind


@dataclass(frozen=True, kw_only=True)
class StarterQuestion:
    """`name` is that of its text in starter_texts.py, "" for the standard wording."""

    kind: Kind
    name: str = ""
    is_required: bool = False
    settings: Settings = field(default_factory=dict)
    show_if: Condition = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.name.replace("_", "-") or str(self.kind)


@dataclass(frozen=True, kw_only=True)
class Starter:
    name: str | Promise
    purpose: str | Promise
    kind: Survey.Kind
    questions: tuple[StarterQuestion, ...]


def options(*names: str) -> list[dict[str, Any]]:
    return [{"key": name, "text": dict(OPTIONS[name])} for name in names]


def score(kind: Kind, name: str = "") -> StarterQuestion:
    return StarterQuestion(kind=kind, name=name, is_required=True)


def reasons(name: str, chosen: Sequence[str], *, show_if: Condition) -> StarterQuestion:
    """Several choices with room for another."""
    settings = {"options": options(*chosen), "other": True, "shuffle": True}
    return StarterQuestion(kind=Kind.CHOICES, name=name, settings=settings, show_if=show_if)


def unless_good(key: str) -> Condition:
    return {"any": [{"question": key, "op": "band", "value": band} for band in ("bad", "middle")]}


COMMENT = StarterQuestion(
    kind=Kind.COMMENT, settings={"bands": {band: dict(texts) for band, texts in AFTER_SCORE.items()}}
)
STARTERS: Mapping[str, Starter] = {
    "relationship": Starter(
        name=_("Relationship NPS"),
        purpose=_("Would they recommend you? Ask all customers once or twice a year."),
        kind=Survey.Kind.RELATIONSHIP,
        questions=(
            score(Kind.NPS),
            reasons(
                "improve_first", ("quality", "price", "service", "speed"), show_if=unless_good(Kind.NPS.value)
            ),
            COMMENT,
        ),
    ),
    "support": Starter(
        name=_("After support"),
        purpose=_("Are they satisfied with the help they got? Ask within a day of closing the request."),
        kind=Survey.Kind.TRANSACTIONAL,
        questions=(
            score(Kind.CSAT, "help_received"),
            StarterQuestion(kind=Kind.YESNO, name="is_resolved"),
            StarterQuestion(
                kind=Kind.CHOICE,
                name="still_open",
                settings={"options": options("no-solution", "waiting", "came-back"), "other": True},
                show_if={"question": "is-resolved", "op": "is", "value": "no"},
            ),
            COMMENT,
        ),
    ),
    "checkout": Starter(
        name=_("After checkout"),
        purpose=_("Was it easy to get what they came for? Ask right after a purchase or a sign-up."),
        kind=Survey.Kind.TRANSACTIONAL,
        questions=(
            score(Kind.CES, "bought_easily"),
            reasons(
                "what_hindered",
                ("finding", "account", "delivery", "payment"),
                show_if=unless_good("bought-easily"),
            ),
            COMMENT,
        ),
    ),
    "onboarding": Starter(
        name=_("Onboarding"),
        purpose=_("Did new customers find their feet? Ask one to four weeks after the start."),
        kind=Survey.Kind.TRANSACTIONAL,
        questions=(
            score(Kind.CES, "started_easily"),
            StarterQuestion(kind=Kind.YESNO, name="reached_goal"),
            reasons(
                "would_have_helped",
                ("instructions", "person", "fewer-steps"),
                show_if={"question": "reached-goal", "op": "is", "value": "no"},
            ),
            COMMENT,
        ),
    ),
    "churn": Starter(
        name=_("Exit of a customer"),
        purpose=_("Why do they leave, and would they return? Ask when a contract is cancelled."),
        kind=Survey.Kind.TRANSACTIONAL,
        questions=(
            StarterQuestion(
                kind=Kind.CHOICE,
                name="why_leaving",
                is_required=True,
                settings={
                    "options": options(
                        "too-expensive", "lacks-something", "poor-service", "other-provider", "no-need"
                    ),
                    "other": True,
                },
            ),
            StarterQuestion(
                kind=Kind.TEXT,
                name="which_provider",
                show_if={"question": "why-leaving", "op": "is", "value": "other-provider"},
            ),
            StarterQuestion(kind=Kind.CSAT, name="while_with_us"),
            StarterQuestion(kind=Kind.YESNO, name="would_return"),
            StarterQuestion(kind=Kind.COMMENT, name="could_have_kept"),
        ),
    ),
    "product": Starter(
        name=_("Product feedback"),
        purpose=_("What do they think of the product, part by part? Ask those who have used it for a while."),
        kind=Survey.Kind.TRANSACTIONAL,
        questions=(
            score(Kind.CSAT, "with_product"),
            StarterQuestion(
                kind=Kind.MATRIX,
                name="rate_parts",
                settings={
                    "rows": options("ease", "reliability", "looks", "value"),
                    "options": options("poor", "fair", "good", "very-good"),
                },
            ),
            COMMENT,
            StarterQuestion(
                kind=Kind.EMAIL,
                name="may_ask_back",
                show_if={"question": "comment", "op": "answered"},
            ),
        ),
    ),
    "employee": Starter(
        name=_("Employee pulse"),
        purpose=_("How are your own people doing? Ask them a few times a year."),
        kind=Survey.Kind.RELATIONSHIP,
        questions=(
            score(Kind.NPS, "place_to_work"),
            StarterQuestion(
                kind=Kind.MATRIX,
                name="at_work",
                settings={
                    "rows": options("expected", "equipped", "recognised", "balanced"),
                    "options": options("disagree", "partly", "agree"),
                },
            ),
            StarterQuestion(kind=Kind.COMMENT, name="what_to_change", show_if=unless_good("place-to-work")),
        ),
    ),
}
IN_TWENTY_SECONDS = 3  # questions; the standard introduction says so of a survey that short


@transaction.atomic
def start_survey(*, slug: str, language: str) -> Survey:
    """The draft of a survey from STARTERS, in all languages, under a name that is still free. Raises KeyError."""
    starter = STARTERS[slug]
    is_short = len(starter.questions) <= IN_TWENTY_SECONDS
    survey = Survey.objects.create(
        name=free_name(str(starter.name)),
        kind=starter.kind,
        language=language,
        title=dict(TITLES.get(slug, {})),
        intro={} if is_short else dict(ABOUT_A_MINUTE),
    )
    Question.objects.bulk_create(
        Question(
            survey=survey,
            position=position,
            key=asked.key,
            kind=asked.kind,
            text=dict(QUESTIONS.get(asked.name, {})),
            is_required=asked.is_required,
            settings=asked.settings,
            show_if=dict(asked.show_if),
        )
        for position, asked in enumerate(starter.questions, start=1)
    )
    return survey


def free_name(name: str) -> str:
    taken = set(Survey.objects.filter(name__startswith=name).values_list("name", flat=True))
    number = 1
    while (candidate := name if number == 1 else f"{name} {number}") in taken:
        number += 1
    return candidate
