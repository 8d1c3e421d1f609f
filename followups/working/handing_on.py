"""Follow-ups whose owner left or is away: they go to whoever of the team is here, so that no customer waits for nobody."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from followups.models import FollowUp, FollowUpRule
from followups.opening import active_members, next_owner, turn_after
from followups.rules.matching import units_of
from followups.working.steps import ChangedMeanwhile, hand_over
from staff.absences import away_until
from staff.access import sees
from staff.models import Team, User

AT_ONCE = 200


def hand_on(*, at: datetime) -> int:
    """Hand over what belongs to people who left, and of those who are away what falls due before they are back.

    Returns how many got another owner. Where nobody is here they stay as they are, and escalate.
    """
    away = away_until(at=at)
    orphans = FollowUp.objects.running().filter(left_alone(away))
    teams = Team.objects.filter(pk__in=orphans.order_by().values("team")).select_related("lead__unit")
    members = active_members(teams, away=away)
    reachable = orphans.filter(team__in=[team for team, people in members.items() if people])
    related = ("rule", "team__calendar", "customer")
    rows = list(reachable.select_related(*related).order_by("due_at", "pk")[:AT_ONCE])
    units = units_of({row.customer_id for row in rows}) if rows else {}
    handed = 0
    for row in rows:
        there = [each for each in members[row.team_id] if sees(each, units.get(row.customer_id))]
        handed += hand_one_on(row, there, at=at)
    return handed


def left_alone(away: Mapping[int, date]) -> Q:
    """Owned by somebody who left, or who is away until after it is due."""
    alone = Q(owner__is_active=False)
    for user, last_day in away.items():
        alone |= Q(owner=user, due_at__lt=back_at(last_day))
    return alone


def back_at(last_day: date) -> datetime:
    return timezone.make_aware(
        datetime.combine(last_day + timedelta(days=1), time()), timezone.get_default_timezone()
    )


@transaction.atomic
def hand_one_on(row: FollowUp, there: list[User], *, at: datetime) -> bool:
    owner = owner_in_turn(row, there)
    if owner is None:
        return False
    try:
        hand_over(follow_up=row, to=owner, by=None, at=at)
    except ChangedMeanwhile:
        return False
    return True


def owner_in_turn(row: FollowUp, there: list[User]) -> User | None:
    """Whose turn it is under its rule; without one, whoever comes after who owned it."""
    if row.rule_id is None:
        return turn_after(row.owner_id, there)
    rule = FollowUpRule.objects.select_for_update(of=("self",)).get(pk=row.rule_id)
    if owner := next_owner(rule, there):
        rule.save(update_fields=["last_owner"])
    return owner
