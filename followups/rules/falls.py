"""How far a customer's score fell since the answer before it on the same scale."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from events.lookups import Among
from surveys.metrics import goodness
from surveys.models import SurveyResponse

LOOKS_BACK = timedelta(days=400)  # a wave a year apart counts


def falls_of(responses: Sequence[SurveyResponse]) -> dict[int, int]:
    """By response, the points below the answer before; none for a first answer, for one that rose or stayed. One query."""
    asked = [each for each in responses if each.customer_id and each.score is not None]
    if not asked:
        return {}
    since = min(each.submitted_at for each in asked) - LOOKS_BACK
    rows = SurveyResponse.objects.counted().filter(
        Among("customer", sorted({each.customer_id for each in asked if each.customer_id})),
        score__isnull=False,
        submitted_at__gte=since,
    )
    told: dict[tuple[int, str], list[tuple[datetime, int, int]]] = defaultdict(list)
    for customer, kind, at, pk, score in rows.values_list(
        "customer", "score_kind", "submitted_at", "pk", "score"
    ):
        told[customer, kind].append((at, pk, score or 0))
    return {each.pk: fall for each in asked if (fall := fall_of(each, told)) > 0}


def fall_of(response: SurveyResponse, told: dict[tuple[int, str], list[tuple[datetime, int, int]]]) -> int:
    """Of a response that has a customer and a score; 0 without one before it."""
    mine = (response.submitted_at, response.pk)
    before = [
        row
        for row in told.get((response.customer_id or 0, response.score_kind), [])
        if mine > row[:2] and row[0] >= response.submitted_at - LOOKS_BACK
    ]
    if not before or response.score is None:
        return 0
    kind = response.score_kind
    return goodness(kind, max(before)[2]) - goodness(kind, response.score)
