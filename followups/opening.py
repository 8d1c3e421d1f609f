"""Opening follow-ups: an unhappy answer gets an owner and a clock, exactly once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from customers.models import Customer
from events.publishing import publish_each
from followups.clock import Levels, contact_due, ladder, load_levels, resolve_due
from followups.models import FollowUp, FollowUpRule, FollowUpStep
from staff.access import sees
from staff.business_time import Week
from staff.calendars import load_weeks
from staff.models import Team, Unit, User
from surveys.models import SurveyResponse


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """An answer that calls for a follow-up under `rule`, and when it was noticed."""

    rule: FollowUpRule
    survey_response: SurveyResponse
    at: datetime

    @property
    def customer_id(self) -> int | None:
        return self.survey_response.customer_id


def open_follow_up(*, rule: FollowUpRule, survey_response: SurveyResponse, at: datetime) -> FollowUp:
    """The one follow-up of `survey_response` under `rule`; opened now unless it was before."""
    open_follow_ups([Occasion(rule=rule, survey_response=survey_response, at=at)])
    return FollowUp.objects.get(rule=rule, survey_response=survey_response)


@transaction.atomic
def open_follow_ups(occasions: Sequence[Occasion]) -> list[FollowUp]:
    """Open those not open yet, each with the next owner of its team who may see the customer, and a due time in
    business hours.
    """
    rules = lock_rules({occasion.rule.pk for occasion in occasions})
    occasions = not_opened_before(occasions)
    if not occasions:
        return []
    members = active_members({rule.team for rule in rules.values()})
    units = units_of(occasions) if any(each.unit_id for team in members.values() for each in team) else {}
    weeks = load_weeks({rule.team.calendar for rule in rules.values()})
    levels = load_levels()
    follow_ups = FollowUp.objects.bulk_create(
        [
            begin(occasion, owner=next_owner(rule, who_see), week=weeks[rule.team.calendar_id], levels=levels)
            for occasion in occasions
            for rule in [rules[occasion.rule.pk]]
            for who_see in [
                [each for each in members[rule.team_id] if sees(each, units.get(occasion.customer_id))]
            ]
        ],
        batch_size=500,
    )
    FollowUpRule.objects.bulk_update(rules.values(), ["last_owner"])
    FollowUpStep.objects.bulk_create(
        FollowUpStep(follow_up=follow_up, kind=FollowUpStep.Kind.OPENED, at=follow_up.opened_at)
        for follow_up in follow_ups
    )
    announce_opened(follow_ups)
    return follow_ups


def lock_rules(pks: Iterable[int]) -> dict[int, FollowUpRule]:
    """The rules, held until the transaction ends: two workers never give the same turn to two answers."""
    rules = FollowUpRule.objects.select_related("team__calendar", "team__lead__unit").order_by("pk")
    return {rule.pk: rule for rule in rules.select_for_update(of=("self",)).filter(pk__in=pks)}


def not_opened_before(occasions: Sequence[Occasion]) -> list[Occasion]:
    opened = set(
        FollowUp.objects.filter(
            survey_response__in=[occasion.survey_response.pk for occasion in occasions]
        ).values_list("rule", "survey_response")
    )
    new = {(occasion.rule.pk, occasion.survey_response.pk): occasion for occasion in reversed(occasions)}
    return [occasion for key, occasion in reversed(new.items()) if key not in opened]


def units_of(occasions: Sequence[Occasion]) -> dict[int | None, Unit | None]:
    """To which unit each customer belongs."""
    customers = Customer.everybody.filter(pk__in={occasion.customer_id for occasion in occasions})
    return {customer.pk: customer.unit for customer in customers.select_related("unit")}


def active_members(teams: Iterable[Team]) -> dict[int, list[User]]:
    """Who can own the follow-ups of each team, in a fixed order; the lead where the team has no active member."""
    leads = {team.pk: team.lead for team in teams}
    members: dict[int, list[User]] = defaultdict(list)
    memberships = Team.members.through.objects.filter(team__in=leads, user__is_active=True)
    for membership in memberships.select_related("user__unit").order_by("user"):
        members[membership.team_id].append(membership.user)
    for team, lead in leads.items():
        if not members[team] and lead and lead.is_active:
            members[team] = [lead]
    return members


def next_owner(rule: FollowUpRule, members: Sequence[User]) -> User | None:
    """Whose turn it is: the first after the last owner, and from the top again; None when nobody is there."""
    if not members:
        return None
    last = rule.last_owner_id or 0
    owner = next((member for member in members if member.pk > last), members[0])
    rule.last_owner = owner
    return owner


def begin(occasion: Occasion, *, owner: User | None, week: Week, levels: Levels) -> FollowUp:
    rule, survey_response = occasion.rule, occasion.survey_response
    if survey_response.score is None:
        raise ValueError("An answer without a score calls for no follow-up.")
    level = levels[rule.priority]
    due = contact_due(rule, level, week, at=occasion.at)
    return FollowUp(
        rule=rule,
        survey_response=survey_response,
        customer_id=survey_response.customer_id,
        score=survey_response.score,
        team_id=rule.team_id,
        owner=owner,
        priority=rule.priority,
        opened_at=occasion.at,
        leg_opened_at=occasion.at,
        contact_due_at=due,
        resolve_due_at=resolve_due(level, week, opened_at=occasion.at),
        **ladder(level, week, since=occasion.at, due=due),
    )


def announce_opened(follow_ups: Sequence[FollowUp]) -> None:
    publish_each(
        "followups.follow_up_opened",
        ((follow_up.pk, follow_up.opened_at, payload_of(follow_up)) for follow_up in follow_ups),
    )


def payload_of(follow_up: FollowUp) -> dict[str, int | None]:
    """What a room below, which cannot read follow-ups, needs of one whose response is loaded."""
    return {"customer": follow_up.customer_id, "touchpoint": follow_up.survey_response.touchpoint_id}
