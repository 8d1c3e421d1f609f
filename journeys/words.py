"""How a timeline says what happened: in the reader's language, from what was kept."""

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from journeys.models import Interaction

Kind = Interaction.Kind

ICONS: dict[str, str] = {
    Kind.SURVEY_SENT: "outgoing_mail",
    Kind.SURVEY_ANSWERED: "reviews",
    Kind.PURCHASE: "shopping_cart",
    Kind.VISIT: "storefront",
    Kind.CALL: "call",
    Kind.MESSAGE: "chat",
    Kind.REVIEW: "star",
    Kind.CALL_REQUEST: "phone_callback",
    Kind.NOTE: "sticky_note_2",
    Kind.FOLLOW_UP: "support_agent",
    Kind.LOYALTY: "card_membership",
}
STEPS: dict[str, tuple[str | Promise, str]] = {
    "opened": (gettext_lazy("opened"), "warn"),
    "contacted": (gettext_lazy("customer contacted"), "info"),
    "resolved": (gettext_lazy("resolved"), "good"),
    "escalated": (gettext_lazy("overdue: the team lead was told"), "bad"),
}
POINTS: dict[str, str | Promise] = {
    "earned": gettext_lazy("earned"),
    "redeemed": gettext_lazy("redeemed"),
    "adjusted": gettext_lazy("adjusted"),
    "reversed": gettext_lazy("reversed"),
}


@dataclass(frozen=True)
class Line:
    """One line of a timeline. `badge` is a fact in two or three words, `tone` its colour."""

    interaction: Interaction
    icon: str
    badge: str
    tone: str
    text: str


def line_of(interaction: Interaction) -> Line:
    badge, tone = badge_of(interaction)
    return Line(
        interaction=interaction,
        icon=ICONS.get(interaction.kind, "event"),
        badge=badge,
        tone=tone,
        text=interaction.summary,
    )


def badge_of(interaction: Interaction) -> tuple[str, str]:
    detail = interaction.detail if isinstance(interaction.detail, dict) else {}
    match interaction.kind:
        case Kind.SURVEY_ANSWERED if detail.get("score") is not None:
            return (
                f"{str(detail.get('score_kind', '')).upper()} {number_format(detail['score'])}".strip(),
                "info",
            )
        case Kind.SURVEY_SENT if detail.get("is_reminder"):
            return _("reminder"), "plain"
        case Kind.FOLLOW_UP if detail.get("step") in STEPS:
            words, tone = STEPS[detail["step"]]
            return str(words), tone
        case Kind.LOYALTY if isinstance(detail.get("points"), int):
            return points_words(detail["points"], str(detail.get("kind", ""))), "plain"
    if interaction.amount is not None:
        return number_format(interaction.amount, use_l10n=True, force_grouping=True), "plain"
    return "", "plain"


def points_words(points: int, kind: str) -> str:
    sign = "+" if points > 0 else "−"
    words = ngettext("%(points)s point", "%(points)s points", abs(points)) % {
        "points": sign + number_format(abs(points), force_grouping=True)
    }
    return f"{words} · {POINTS[kind]}" if kind in POINTS else words
