"""What a customer told us, on the customer's page."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.panels import Panel
from staff.models import User
from surveys.metrics import SCALES, band_of
from surveys.models import Answer, SurveyResponse

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
    return {"rows": [row_of(response) for response in newest[:SHOWN]], "has_more": len(newest) > SHOWN}


def row_of(response: SurveyResponse) -> dict[str, Any]:
    row: dict[str, Any] = {"response": response, "comments": response.comments}  # type: ignore[attr-defined]  # prefetched
    if response.score is not None:
        scale = SCALES[response.score_kind]
        row["tone"] = TONES[band_of(response.score_kind, response.score)]
        row["kind"] = response.score_kind.upper()
        row["highest"] = scale[-1]
        row["width"] = 100 * (response.score - scale[0]) // (scale[-1] - scale[0])
    return row


FEEDBACK = Panel(
    title=_("Feedback"),
    template="surveys/feedback_panel.html",
    context=feedback,
    permission="surveys.view_surveyresponse",
)
