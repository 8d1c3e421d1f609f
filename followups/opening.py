"""Opening follow-ups: what calls for one gets an owner and a clock, exactly once.

Whoever answers again while their follow-up is open joins it: nobody is called twice by two people.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction

from customers.models import Customer
from events.lookups import Among
from events.publishing import publish_each
from followups.clock import Levels, contact_due, ladder, load_levels, resolve_due
from followups.models import FollowUp, FollowUpRule, FollowUpStep, JoinedSignal, NotCalled, Signal
from followups.rules.capacity import within_policy
from followups.rules.checklists import write_checklists
from followups.rules.matching import units_of
from followups.rules.occasions import RECENT, Occasion
from followups.rules.ratings import rating_in
from followups.words import score_of
from staff.absences import away_until
from staff.access import sees
from staff.business_time import Week
from staff.calendars import load_weeks
from staff.models import Team, Unit, User
from surveys.models import SurveyResponse


def open_follow_up(*, rule: FollowUpRule, survey_response: SurveyResponse, at: datetime) -> FollowUp:
    """The one follow-up that `survey_response` opened or joined; opened now unless it was before."""
    open_follow_ups([Occasion(rule=rule, survey_response=survey_response, at=at)])
    joined = JoinedSignal.objects.filter(survey_response=survey_response).first()
    return joined.follow_up if joined else FollowUp.objects.get(survey_response=survey_response)


@transaction.atomic
def open_follow_ups(occasions: Sequence[Occasion], *, above_capacity: bool = False) -> list[FollowUp]:
    """Open those not open yet, each with the next owner of its team who may see the customer, and a due time in
    business hours; the others join the one their customer has, or are left out by the policy of their rule, unless
    they are to be opened `above_capacity`. Returns those that were opened.
    """
    erased = lock_customers({occasion.customer_id for occasion in occasions})
    occasions = [occasion for occasion in occasions if occasion.customer_id not in erased]
    rules = lock_rules({occasion.rule.pk for occasion in occasions})
    occasions = not_noticed_before(occasions)
    if not occasions:
        return []
    opening, joining = shared_out(occasions, all_open=above_capacity)
    if not above_capacity:
        opening = within_policy(opening, rules)
    follow_ups = FollowUp.objects.bulk_create(begun(opening, rules), batch_size=500)
    FollowUpRule.objects.bulk_update(rules.values(), ["last_owner"])
    FollowUpStep.objects.bulk_create(
        FollowUpStep(follow_up=follow_up, kind=FollowUpStep.Kind.OPENED, at=follow_up.opened_at)
        for follow_up in follow_ups
    )
    write_checklists(follow_ups, rules)
    announce_opened(follow_ups)
    stranded = join(joining)
    if stranded:  # what came first of their customer was left out: the next is looked at for itself
        follow_ups += open_follow_ups(stranded, above_capacity=above_capacity)
    return follow_ups


def begun(opening: Sequence[Occasion], rules: Mapping[int, FollowUpRule]) -> list[FollowUp]:
    """The follow-ups of `opening`, not stored yet, each with whose turn it is."""
    if not opening:
        return []
    away = away_until(at=max(occasion.at for occasion in opening))
    members = active_members({rule.team for rule in rules.values()}, away=away)
    owners = [rule.owner for rule in rules.values() if rule.owner]
    limited = any(each.unit_id for team in (*members.values(), owners) for each in team)
    units = units_of({occasion.customer_id for occasion in opening}) if limited else {}
    weeks = load_weeks({rule.team.calendar for rule in rules.values()})
    levels = load_levels()
    return [
        begin(
            occasion,
            owner=owner_of(rule, members[rule.team_id], unit=units.get(occasion.customer_id), away=away),
            week=weeks[rule.team.calendar_id],
            levels=levels,
        )
        for occasion in opening
        for rule in [rules[occasion.rule.pk]]
    ]


def lock_customers(pks: Iterable[int | None]) -> set[int]:
    """Hold the customers until the transaction ends: two workers never open two follow-ups for one. Returns those who
    were erased: nobody can call them."""
    customers = Customer.everybody.filter(Among("pk", sorted(pk for pk in pks if pk))).order_by("pk")
    no_key = connection.features.has_select_for_no_key_update
    locked = customers.select_for_update(no_key=no_key).values_list("pk", "erased_at")
    return {pk for pk, erased_at in locked if erased_at}


def lock_rules(pks: Iterable[int]) -> dict[int, FollowUpRule]:
    """The rules, held until the transaction ends: two workers never give the same turn to two answers."""
    rules = FollowUpRule.objects.select_related("team__calendar", "team__lead__unit", "owner__unit").order_by(
        "pk"
    )
    return {rule.pk: rule for rule in rules.select_for_update(of=("self",)).filter(pk__in=pks)}


def not_noticed_before(occasions: Sequence[Occasion]) -> list[Occasion]:
    """Those that neither opened a follow-up yet, nor joined one, nor were left out; each once."""
    new = {occasion.key: occasion for occasion in reversed(occasions)}
    noticed = {
        (signal, pk)
        for signal in ("survey_response", "interaction")
        if (pks := [pk for kind, pk in new if kind == signal])
        for rows in (FollowUp.objects, JoinedSignal.objects, NotCalled.objects)
        for pk in rows.filter(Among(signal, pks)).values_list(signal, flat=True)
    }
    return [occasion for key, occasion in reversed(new.items()) if key not in noticed]


def shared_out(
    occasions: Sequence[Occasion], *, all_open: bool
) -> tuple[list[Occasion], dict[int, list[Occasion]]]:
    """Who gets a follow-up of their own, and who joins that of which customer; who is at risk and on a desk already has
    nothing to add. With `all_open` even a rule that calls nobody opens one."""
    open_ones = customers_on_a_desk(occasions)
    opening: list[Occasion] = []
    joining: dict[int, list[Occasion]] = defaultdict(list)
    for occasion in occasions:
        customer = occasion.customer_id
        if customer is None or customer not in open_ones:
            opening.append(occasion)
        elif occasion.customer is None:
            joining[customer].append(occasion)
        if customer is not None and (all_open or occasion.rule.opens):
            open_ones.add(customer)
    return opening, joining


def customers_on_a_desk(occasions: Sequence[Occasion]) -> set[int]:
    """Those who have an open follow-up that is young enough to be joined."""
    customers = [each.customer_id for each in occasions if each.customer_id]
    since = min(occasion.at for occasion in occasions) - RECENT
    joinable = FollowUp.objects.open().filter(Among("customer", customers), opened_at__gte=since)
    return {pk for pk in joinable.values_list("customer", flat=True) if pk}


def join(joining: Mapping[int, Sequence[Occasion]]) -> list[Occasion]:
    """Add what came in to the follow-up its customer has, and let its owner learn of it; returns what found none."""
    if not joining:
        return []
    rows = FollowUp.objects.open().filter(Among("customer", list(joining))).order_by("opened_at", "pk")
    youngest = {row.customer_id: row for row in rows}
    theirs = [(customer, each) for customer, occasions in joining.items() for each in occasions]
    pairs = [(youngest[customer], each) for customer, each in theirs if customer in youngest]
    JoinedSignal.objects.bulk_create(
        JoinedSignal(
            follow_up=row, survey_response=each.survey_response, interaction=each.interaction, at=each.at
        )
        for row, each in pairs
    )
    FollowUpStep.objects.bulk_create(
        FollowUpStep(follow_up=row, kind=FollowUpStep.Kind.JOINED, text=said_by(each), at=each.at)
        for row, each in pairs
    )
    publish_each(
        "followups.follow_up_joined",
        ((row.pk, each.at, {each.key[0]: each.key[1]}) for row, each in pairs),
    )
    return [each for customer, each in theirs if customer not in youngest]


def said_by(occasion: Occasion) -> str:
    """What the history says of something that joined."""
    if occasion.survey_response:
        return score_of(occasion.survey_response)
    rating = rating_in(occasion.interaction.detail) if occasion.interaction else None
    return rating.words if rating else str(Signal(occasion.rule.signal).label)


def active_members(teams: Iterable[Team], *, away: Container[int] = ()) -> dict[int, list[User]]:
    """Who can own the follow-ups of each team now, in a fixed order; the lead where the team has nobody else."""
    leads = {team.pk: team.lead for team in teams}
    members: dict[int, list[User]] = defaultdict(list)
    memberships = Team.members.through.objects.filter(team__in=leads, user__is_active=True)
    for membership in memberships.select_related("user__unit").order_by("user"):
        if membership.user_id not in away:
            members[membership.team_id].append(membership.user)
    for team, lead in leads.items():
        if not members[team] and lead and lead.is_active and lead.pk not in away:
            members[team] = [lead]
    return members


def owner_of(
    rule: FollowUpRule, members: Sequence[User], *, unit: Unit | None, away: Container[int] = ()
) -> User | None:
    """The rule's own person while they are here and may see the customer, else whose turn it is."""
    own = rule.owner
    if own and own.is_active and own.pk not in away and sees(own, unit):
        return own
    return next_owner(rule, [each for each in members if sees(each, unit)])


def next_owner(rule: FollowUpRule, members: Sequence[User]) -> User | None:
    """Whose turn it is: the first after the last owner, and from the top again; None when nobody is there."""
    if owner := turn_after(rule.last_owner_id, members):
        rule.last_owner = owner
    return owner


def turn_after(last: int | None, members: Sequence[User]) -> User | None:
    following = (member for member in members if member.pk > (last or 0))
    return next(following, members[0]) if members else None


def begin(occasion: Occasion, *, owner: User | None, week: Week, levels: Levels) -> FollowUp:
    rule, survey_response = occasion.rule, occasion.survey_response
    if survey_response and survey_response.score is None:
        raise ValueError("An answer without a score calls for no follow-up.")
    level = levels[rule.priority]
    due = contact_due(rule, level, week, at=occasion.at)
    return FollowUp(
        source=rule.signal,
        rule=rule,
        survey_response=survey_response,
        interaction=occasion.interaction,
        customer_id=occasion.customer_id,
        score=survey_response.score if survey_response else None,
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
    """What a room below, which cannot read follow-ups, needs of one whose response and interaction are loaded."""
    signal = follow_up.survey_response or follow_up.interaction
    return {"customer": follow_up.customer_id, "touchpoint": signal.touchpoint_id if signal else None}
