"""What a customer told us, on the customer's page."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.panels import Panel
from staff.models import User
from surveys.ledger.fates import story
from surveys.metrics import SCALES, band_of
from surveys.models import Answer, Invitation, SurveyResponse

SHOWN = 10  # responses
TONES = {"good": "good", "middle": "warn", "bad": "bad"}


def feedback(customer: Customer, user: User, at: datetime) -> dict[str, Any]:
    """The customer's newest responses, newest first, in two queries."""
    comments = Answer.objects.exclude(text="").order_by("question__position")
    responses = (
        customer.responses.counted()
        .select_related("survey")
        .prefetch_related(Prefetch("answers", comments, to_attr="comments"))
    )
    newest = list(responses[: SHOWN + 1])
    rows = [row_of(response) for response in newest[:SHOWN]]
    return {"rows": rows, "has_more": len(newest) > SHOWN, "chart": chart_of(rows)}


def row_of(response: SurveyResponse) -> dict[str, Any]:
    row: dict[str, Any] = {"response": response, "comments": response.comments}  # type: ignore[attr-defined]  # prefetched
    if response.score is not None:
        scale = SCALES[response.score_kind]
        row["tone"] = TONES[band_of(response.score_kind, response.score)]
        row["kind"] = response.score_kind.upper()
        row["highest"] = scale[-1]
        row["width"] = 100 * (response.score - scale[0]) // (scale[-1] - scale[0])
    return row


def chart_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The scores as points of a drawing 100 wide and 100 high, oldest first; none below two scores.

    Every scale fills the height; the width is time.
    """
    scored = [row for row in reversed(rows) if "width" in row]
    if len(scored) < 2:  # noqa: PLR2004  a line needs two points
        return []
    first, last = (scored[n]["response"].submitted_at for n in (0, -1))
    span = max((last - first).total_seconds(), 1.0)
    return [
        {
            "x": round(100 * (row["response"].submitted_at - first).total_seconds() / span, 1),
            "y": 100 - row["width"],
            "tone": row["tone"],
        }
        for row in scored
    ]


def asked(customer: Customer, user: User, at: datetime) -> dict[str, Any]:
    """What the customer is about to be sent, was sent, and was not, with the reason; newest first, in one query."""
    invitations = (
        customer.invitations.filter(is_test=False)
        .select_related("wave__campaign", "cap")
        .order_by("-due_at", "-pk")
    )
    newest = list(invitations[: SHOWN + 1])
    coming = [each for each in newest if each.state in Invitation.PENDING]
    past = [each for each in newest[:SHOWN] if each not in coming]
    return {
        "customer": customer,
        "coming": [{"invitation": each, "why": story(each)} for each in coming],
        "past": [{"invitation": each, "why": story(each)} for each in past],
        "has_more": len(newest) > SHOWN,
    }


def to_ask(customer: Customer, user: User, at: datetime) -> dict[str, Any]:
    """Where a member of staff asks them."""
    return {"customer": customer}


ASK = Panel(
    title=_("Ask them yourself"),
    template="surveys/ask_panel.html",
    context=to_ask,
    permission="surveys.add_surveyresponse",
    is_company=False,
)
ASKED = Panel(
    title=_("Surveys sent"),
    template="surveys/asked_panel.html",
    context=asked,
    permission="surveys.view_invitation",
)
FEEDBACK = Panel(
    title=_("Feedback"),
    template="surveys/feedback_panel.html",
    context=feedback,
    permission="surveys.view_surveyresponse",
)
