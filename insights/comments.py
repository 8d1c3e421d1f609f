"""What customers wrote last."""

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from customers.segments import members
from followups.words import comment_of, out_of
from insights.days import moments_of
from insights.patience import at_most
from insights.periods import Period
from insights.scores import PATIENCE, Slice
from staff.access import within
from surveys.metrics import SCALES, band_of
from surveys.models import Answer, SurveyResponse

SHOWN = 6
WRITTEN = Prefetch("answers", queryset=Answer.objects.exclude(text="").order_by("question__position", "pk"))
TONES = {"good": "good", "middle": "warn", "bad": "bad"}


@dataclass(frozen=True)
class Comment:
    """A customer's words with the score they gave; `tone` is good, warn, bad or plain."""

    response: SurveyResponse
    text: str
    score: str
    tone: str
    customer: str


def recent_comments(*, period: Period, where: Slice, at: datetime) -> list[Comment]:
    """The last few comments that match, newest first; two queries. With filters it may raise TookTooLong."""
    with nullcontext() if where == Slice() else at_most(PATIENCE):
        return [comment_from(response) for response in commented(period=period, where=where, at=at)[:SHOWN]]


def commented(*, period: Period, where: Slice, at: datetime) -> QuerySet[SurveyResponse]:
    first, after = moments_of(period.start, period.end)
    matching = Q(submitted_at__gte=first, submitted_at__lt=after, **where.dimensions)
    if where.segment is not None:
        matching &= Q(customer__in=members(segment=where.segment, at=at).order_by().values("pk"))
    written: QuerySet[SurveyResponse] = SurveyResponse.objects.counted().filter(matching, has_comment=True)
    if where.unit is not None:
        written = within(written, where.unit)
    return (
        written.select_related("customer", "touchpoint", "survey")
        .prefetch_related(WRITTEN)
        .order_by("-submitted_at", "-pk")
    )


def comment_from(response: SurveyResponse) -> Comment:
    has_score = response.score is not None and response.score_kind in SCALES
    return Comment(
        response=response,
        text=comment_of(response),
        score=out_of(response.score or 0, kind=response.score_kind) if has_score else "",
        tone=tone_of(response.score, kind=response.score_kind) if has_score else "plain",
        customer=str(response.customer) if response.customer else _("Anonymous customer"),
    )


def tone_of(score: int | None, *, kind: str) -> str:
    if score is None:
        return "plain"
    return TONES[band_of(kind, score)]
