"""Making an improvement of what customers said: of a cause, of a topic, or of chosen follow-ups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from events.lookups import Among
from followups.improvements.raising import (
    answers_of_topic,
    follow_ups_of_cause,
    link_answers,
    link_follow_ups,
)
from followups.improvements.working import propose
from followups.models import FollowUp, Improvement, RootCause
from staff.access import visible
from staff.models import User
from surveys.models import SurveyResponse, Topic

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Raised:
    """What customers said, and from which day to which, both included; what is not given does not matter."""

    follow_ups: Sequence[int] = ()
    answers: Sequence[int] = ()
    cause: RootCause | None = None
    topic: Topic | None = None
    since: date | None = None
    until: date | None = None
    with_happy: bool = False

    @property
    def moments(self) -> dict[str, datetime]:
        """Days are those of the organisation, as in the figures about the loop."""
        first = self.since or date.min
        last = self.until or date.max - ONE_DAY
        return {"since": start_of(first), "until": start_of(last + ONE_DAY)}

    def chosen_follow_ups(self) -> QuerySet[FollowUp]:
        if self.follow_ups:
            return FollowUp.objects.filter(Among("pk", self.follow_ups))
        return follow_ups_of_cause(self.cause, **self.moments) if self.cause else FollowUp.objects.none()

    def chosen_answers(self) -> QuerySet[SurveyResponse]:
        if self.answers:
            return SurveyResponse.objects.counted().filter(Among("pk", self.answers))
        if self.topic is None:
            return SurveyResponse.objects.none()
        return answers_of_topic(self.topic, with_happy=self.with_happy, **self.moments)

    def count(self, user: User) -> tuple[int, int]:
        """How many follow-ups and how many answers that is, of those `user` may see."""
        return (
            visible(self.chosen_follow_ups(), user).count(),
            visible(self.chosen_answers(), user).count(),
        )


def start_of(day: date) -> datetime:
    """The first moment of a day; of the first and last day there are, one that every database takes."""
    within = min(max(day, date(1900, 1, 1)), date(9000, 1, 1))
    return datetime.combine(within, time.min, tzinfo=timezone.get_default_timezone())


@transaction.atomic
def propose_because(*, raised: Raised, by: User, at: datetime, **fields: Any) -> Improvement:
    """A new improvement with everybody who raised it."""
    improvement = propose(by=by, at=at, **fields)
    link_raised(improvement=improvement, raised=raised, by=by, at=at)
    return improvement


@transaction.atomic
def link_raised(*, improvement: Improvement, raised: Raised, by: User, at: datetime) -> int:
    """Link what was raised; returns how many are new."""
    follow_ups = link_follow_ups(improvement=improvement, follow_ups=raised.chosen_follow_ups(), by=by, at=at)
    return follow_ups + link_answers(improvement=improvement, answers=raised.chosen_answers(), by=by, at=at)
