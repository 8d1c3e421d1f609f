"""The steps of a rule's playbook, as a checklist in each follow-up it opens."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from followups.models import FollowUp, FollowUpRule, FollowUpTask, PlaybookStep


def write_checklists(follow_ups: Sequence[FollowUp], rules: Mapping[int, FollowUpRule]) -> None:
    """Copy them: a playbook that changes later changes nobody's checklist. At most two statements."""
    playbooks = {pk: rule.playbook_id for pk, rule in rules.items() if rule.playbook_id}
    if not playbooks or not follow_ups:
        return
    steps: dict[int, list[PlaybookStep]] = defaultdict(list)
    for step in PlaybookStep.objects.filter(playbook__in=playbooks.values()):
        steps[step.playbook_id].append(step)
    FollowUpTask.objects.bulk_create(
        (
            FollowUpTask(follow_up=follow_up, kind=FollowUpTask.Kind.STEP, position=place, text=step.text)
            for follow_up in follow_ups
            for place, step in enumerate(steps[playbooks.get(follow_up.rule_id or 0) or 0])
        ),
        batch_size=500,
    )
