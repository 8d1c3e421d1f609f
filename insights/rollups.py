"""Daily counts, folded from events as they come and rebuildable from the answers at any time.

Each count is a grouped query over the answers, added to its table in one statement. The fold of a batch commits
with the mark that its events are delivered, so it is added once; a rebuild leaves out what is still to be folded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, models
from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, TruncDate

from insights.days import zone
from insights.models import DailyInvitations, DailyScore
from surveys.metrics import SCALES
from surveys.models import Answer, Invitation

TOP = max(scale[-1] for scale in SCALES.values())
SCORE_COLUMNS = tuple(f"n{score}" for score in range(TOP + 1))

Grouped = QuerySet[Any, Any]


class NotCountedYet(Exception):
    """Those who are to be taken back stand in no count: their asking is still to be folded."""


@dataclass(frozen=True)
class Rollup:
    """A table of counts: `places` is its unique key, `counts` are added up, `labels` follow from the places."""

    model: type[models.Model]
    places: tuple[str, ...]
    counts: tuple[str, ...]
    labels: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.places, *self.labels, *self.counts)


SCORES = Rollup(
    model=DailyScore,
    places=("day", "question_id", "campaign_id", "touchpoint_id", "channel", "language"),
    labels=("kind",),
    counts=SCORE_COLUMNS,
)
INVITATIONS = Rollup(
    model=DailyInvitations, places=("day", "campaign_id", "language"), counts=("asked", "answered")
)


def counted_answers() -> QuerySet[Answer]:
    """The scores that count: no comments, no tests."""
    return Answer.objects.filter(
        score__isnull=False, question__kind__in=SCALES, survey_response__is_test=False
    )


def asked_invitations() -> QuerySet[Invitation]:
    """Those the mail server took; excluded, refused and unknown ones are in no denominator."""
    return Invitation.objects.asked().filter(is_test=False).annotate(asked_at=F("sent_at"))


def answered_invitations() -> QuerySet[Invitation]:
    """Asked ones with an answer. Who answers while the hand-over is being written down was asked just now."""
    was_asked = Q(sent_at__isnull=False) | Q(state=Invitation.State.SENDING)
    answered = Invitation.objects.filter(was_asked, is_test=False, survey_response__is_test=False)
    return answered.annotate(asked_at=Coalesce("sent_at", "survey_response__submitted_at"))


def scores_by_place(answers: QuerySet[Answer]) -> Grouped:
    return (
        answers.values(
            "question_id",
            day=TruncDate("survey_response__submitted_at", tzinfo=zone()),
            campaign_id=Coalesce("survey_response__campaign_id", 0),
            touchpoint_id=Coalesce("survey_response__touchpoint_id", 0),
            channel=F("survey_response__channel"),
            language=F("survey_response__language"),
            kind=F("question__kind"),
        )
        .annotate(**{f"n{score}": Count("pk", filter=Q(score=score)) for score in range(TOP + 1)})
        .order_by()
    )


def invitations_by_place(invitations: QuerySet[Invitation], *, counted: str) -> Grouped:
    """`counted` is the column to add to: asked or answered."""
    places = invitations.values(
        "language", day=TruncDate("asked_at", tzinfo=zone()), campaign_id=F("wave__campaign_id")
    )
    columns = {column: Count("pk") if column == counted else Value(0) for column in INVITATIONS.counts}
    return places.annotate(**columns).order_by()


def fold_scores(*, responses: Sequence[int]) -> None:
    """Add the scores of these responses to their days; to be called once for each."""
    if responses:
        add(SCORES, scores_by_place(counted_answers().filter(survey_response__in=responses)))


def fold_asked(*, invitations: Sequence[int], at: datetime) -> None:
    """Count these invitations as asked on the day of `at`; to be called once for each.

    That they were is known from whoever says so: meanwhile the message may have come back, and left by another channel.
    """
    if invitations:
        asked = Invitation.objects.filter(pk__in=invitations, is_test=False).annotate(asked_at=Value(at))
        add(INVITATIONS, invitations_by_place(asked, counted="asked"))


def unfold_asked(*, day: date, campaign: int, language: str, people: int) -> None:
    """Take back that so many were asked. Raises NotCountedYet."""
    counted = DailyInvitations.objects.filter(
        day=day, campaign_id=campaign, language=language, asked__gte=people
    )
    if not counted.update(asked=F("asked") - people):
        raise NotCountedYet


def fold_answered(*, responses: Sequence[int]) -> None:
    """Count the invitations of these responses as answered, on the day they were asked; once for each."""
    if responses:
        answered = answered_invitations().filter(survey_response__in=responses)
        add(INVITATIONS, invitations_by_place(answered, counted="answered"))


def add(rollup: Rollup, grouped: Grouped) -> None:
    """Add grouped counts to the table in one statement, in the key's order, so that workers never deadlock."""
    columns, places = ", ".join(rollup.columns), ", ".join(rollup.places)
    sums = ", ".join(f"{count} = {rollup.table}.{count} + excluded.{count}" for count in rollup.counts)
    sql, params = grouped.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {rollup.table} ({columns}) "  # noqa: S608  names of our own columns
            f"SELECT {columns} FROM ({sql}) AS folded WHERE true ORDER BY {places} "
            f"ON CONFLICT ({places}) DO UPDATE SET {sums}",
            params,
        )


def differences(rollup: Rollup, *, derived: Iterable[Grouped], kept: QuerySet[Any]) -> list[dict[str, Any]]:
    """Places where `kept` rows of the table differ from the derived counts, with derived − kept; one statement."""
    parts = [query.query.sql_with_params() for query in (*derived, kept.values(*rollup.columns))]
    places, counts = ", ".join(rollup.places), ", ".join(rollup.counts)
    negated = ", ".join(f"-{count} AS {count}" for count in rollup.counts)
    selects = [f"SELECT {places}, {counts} FROM ({sql}) AS derived" for sql, _ in parts[:-1]]  # noqa: S608  our own columns
    selects.append(f"SELECT {places}, {negated} FROM ({parts[-1][0]}) AS kept")  # noqa: S608  our own columns
    sums = ", ".join(f"SUM({count}) AS {count}" for count in rollup.counts)
    differs = " OR ".join(f"SUM({count}) <> 0" for count in rollup.counts)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {places}, {sums} FROM ({' UNION ALL '.join(selects)}) AS both_sides "  # noqa: S608  our own columns
            f"GROUP BY {places} HAVING {differs} ORDER BY {places}",
            [param for _, params in parts for param in params],
        )
        names = (*rollup.places, *rollup.counts)
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
