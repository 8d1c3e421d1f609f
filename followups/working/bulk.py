"""The same step on many follow-ups at once: each by itself, so that one somebody changed meanwhile holds up no other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from followups.models import FollowUp
from followups.working.steps import ChangedMeanwhile, OutOfSight
from staff.access import visible
from staff.models import User

Chosen = Sequence[tuple[int, int]]  # follow-ups, each with the version that was seen
Step = Callable[[FollowUp, int], None]  # on a follow-up of which this version was seen


@dataclass(frozen=True)
class Done:
    """How many were changed, how many somebody else had changed first, and how many their new owner may not see."""

    changed: int
    missed: int
    out_of_sight: int = 0


def work_on(chosen: Chosen, step: Step, *, by: User) -> Done:
    """Take `step` on each of `chosen` that `by` may see."""
    related = ("rule", "team__calendar", "owner", "customer__unit", "survey_response", "interaction")
    wanted = FollowUp.objects.filter(pk__in=[pk for pk, _version in chosen]).select_related(*related)
    rows = {row.pk: row for row in visible(wanted, by)}
    changed = hidden = 0
    for pk, version in chosen:
        try:
            if pk in rows:
                step(rows[pk], version)
                changed += 1
        except OutOfSight:
            hidden += 1
        except ChangedMeanwhile:
            continue
    return Done(changed=changed, missed=len(chosen) - changed - hidden, out_of_sight=hidden)
