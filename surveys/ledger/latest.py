"""The newest answers of a campaign, as they come."""

from typing import Any

from django.db.models import Prefetch

from staff.access import visible
from staff.models import User
from surveys.metrics import band_of
from surveys.models import Answer, Campaign, SurveyResponse

SHOWN = 5
TONES = {"good": "good", "middle": "warn", "bad": "bad"}


def latest_answers(campaign: Campaign, *, user: User) -> list[dict[str, Any]]:
    """The newest responses of those whom `user` may see, newest first: {response, tone, comment}; two queries."""
    comments = Answer.objects.exclude(text="").order_by("question__position")
    responses = visible(SurveyResponse.objects.counted().filter(campaign=campaign), user)
    newest = responses.select_related("customer").prefetch_related(
        Prefetch("answers", comments, to_attr="comments")
    )
    return [row_of(response) for response in newest.order_by("-submitted_at")[:SHOWN]]


def row_of(response: SurveyResponse) -> dict[str, Any]:
    comments = response.comments  # type: ignore[attr-defined]  # prefetched
    score = response.score
    return {
        "response": response,
        "tone": "plain" if score is None else TONES[band_of(response.score_kind, score)],
        "kind": response.score_kind.upper(),
        "comment": comments[0].text if comments else "",
    }
