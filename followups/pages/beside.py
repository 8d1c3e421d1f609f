"""What stands beside a follow-up: what is to be done, what else is open, what helped others, what was given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from followups.models import FollowUp
from followups.words import did_words
from followups.working.goodwill import allowance_of
from followups.working.merging import mergeable_with
from followups.working.similar import similar_cases
from staff.access import visible
from staff.models import User


@dataclass(frozen=True)
class Other:
    """Another open follow-up of the same customer."""

    pk: int
    words: str
    owner: User | None


def beside(follow_up: FollowUp, *, user: User, at: datetime) -> dict[str, Any]:
    others = visible(mergeable_with(follow_up), user)
    return {
        "tasks": list(follow_up.tasks.select_related("done_by")),
        "today": timezone.localdate(at),
        "others": [Other(each.pk, did_words(each), each.owner) for each in others],
        "similar": similar_cases(follow_up, user=user),
        "goodwill": list(follow_up.goodwill.select_related("by")),
        "allowance": allowance_of(user, at=at),
    }
