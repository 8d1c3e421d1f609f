"""How many answers may be expected: from what like campaigns of this organisation got, and from nothing else."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q

from surveys.models import Campaign, Invitation

ENOUGH = 30  # people asked, fewer say little about the next ones
LOOKED_BACK = timedelta(days=365)
SETTLED = timedelta(days=7)  # who was asked since may still answer
CAMPAIGNS = 40  # the newest that are looked at
HAVE_SENT = (Campaign.State.SENDING, Campaign.State.PAUSED, Campaign.State.DONE)
SHARES = (0.05, 0.10, 0.20)  # shown where nothing is known


class Asked(NamedTuple):
    """How many were asked and answered, by one kind of campaign and survey, channel and language."""

    kind: str
    survey_kind: str
    channel: str
    language: str
    asked: int
    answered: int


class Basis(NamedTuple):
    """What an expectation rests on: of `asked` people alike in `like`, `answered` answered."""

    like: str  # "language", "channel", "kind" or "all"; each is wider than the one before
    asked: int
    answered: int

    @property
    def rate(self) -> float:
        """From 0 to 1."""
        return self.answered / self.asked


def history(*, at: datetime) -> list[Asked]:
    """What the newest campaigns of the last year got; two queries. Who was asked this week is left out."""
    newest = Campaign.objects.filter(state__in=HAVE_SENT).order_by("-pk")
    rows = (
        Invitation.objects.filter(
            wave__campaign__in=list(newest.values_list("pk", flat=True)[:CAMPAIGNS]),
            sent_at__gt=at - LOOKED_BACK,
            sent_at__lte=at - SETTLED,
            is_test=False,
        )
        .order_by()
        .values_list("wave__campaign__kind", "wave__campaign__survey__kind", "channel", "language")
        .annotate(asked=Count("pk"), answered=Count("pk", filter=Q(answered_at__isnull=False)))
    )
    return [Asked(*row) for row in rows]


def basis_for(
    past: Iterable[Asked], *, kind: str, survey_kind: str, channel: str, language: str
) -> Basis | None:
    """The nearest likeness with enough people asked; None when there is none at all."""
    past = list(past)
    kindred = [each for each in past if (each.kind, each.survey_kind) == (kind, survey_kind)]
    by_channel = [each for each in kindred if each.channel == channel]
    narrowing: Sequence[tuple[str, list[Asked]]] = (
        ("language", [each for each in by_channel if each.language == language]),
        ("channel", by_channel),
        ("kind", kindred),
        ("all", past),
    )
    for like, rows in narrowing:
        asked = sum(row.asked for row in rows)
        if asked >= ENOUGH:
            return Basis(like, asked, sum(row.answered for row in rows))
    return None
