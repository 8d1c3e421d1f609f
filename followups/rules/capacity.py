"""Whom a rule calls: everybody, as many as its people can call well, or nobody. What is left out is kept, with why.

Whom to call first where not all can be called: the most unhappy, among equals those who spent most. A share of them may be
left out by chance, so that those called can be compared with people like them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.db.models import QuerySet, Sum

from events.lookups import Among
from followups.models import FollowUp, FollowUpRule, NotCalled
from followups.rules.occasions import Occasion
from followups.rules.ratings import rating_in
from journeys.models import Interaction
from surveys.metrics import SCALES, goodness

WAITS_AT_MOST = timedelta(days=3)
SPENT_WITHIN = timedelta(days=365)
CHANCES = 10_000

Policy = FollowUpRule.Policy
Reason = NotCalled.Reason


def within_policy(opening: Sequence[Occasion], rules: Mapping[int, FollowUpRule]) -> list[Occasion]:
    """Those of `opening` who are called now, under locked `rules`; the others are noted with the reason."""
    called: list[Occasion] = []
    limited: dict[int, list[Occasion]] = defaultdict(list)
    left_out: list[NotCalled] = []
    for occasion in opening:
        rule = rules[occasion.rule.pk]
        if rule.policy == Policy.ALWAYS:
            called.append(occasion)
        elif rule.policy == Policy.CAUSE_ONLY:
            left_out.append(not_called(occasion, Reason.CAUSE_ONLY))
        elif is_control(rule, occasion):
            left_out.append(not_called(occasion, Reason.CONTROL))
        else:
            limited[rule.pk].append(occasion)
    spent = spent_by([each for theirs in limited.values() for each in theirs])
    for pk, theirs in limited.items():
        ranked = sorted(theirs, key=lambda each: rank_of(each, spent), reverse=True)
        places = free_places(rules[pk], at=max(each.at for each in theirs))
        called += ranked[:places]
        left_out += [not_called(each, Reason.WAITING, spent) for each in ranked[places:]]
    NotCalled.objects.bulk_create(left_out, batch_size=500)
    return called


def is_control(rule: FollowUpRule, occasion: Occasion) -> bool:
    """Whether chance leaves it out: the same whenever it is asked, and nothing the customer could tell in advance."""
    kind, pk = occasion.key
    digest = sha256(f"control:{rule.pk}:{kind}:{pk}".encode()).digest()
    return int.from_bytes(digest[:8]) % CHANCES < rule.control_percent * (CHANCES // 100)


def free_places(rule: FollowUpRule, *, at: datetime) -> int:
    """How many more `rule` may open on the day of its team."""
    zone = ZoneInfo(rule.team.calendar.time_zone)
    midnight = at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    opened = FollowUp.objects.filter(rule=rule, opened_at__gte=midnight).count()
    return max(0, (rule.daily_capacity or 0) - opened)


def severity_of(occasion: Occasion) -> float:
    """How unhappy it is, from 0 to 1: the worst score of its scale is 1; without a score 0."""
    if (response := occasion.survey_response) and response.score is not None:
        scale = SCALES[response.score_kind]
        lowest, highest = min(scale), max(scale)
        return 1 - (goodness(response.score_kind, response.score) - lowest) / (highest - lowest)
    rating = rating_in(occasion.interaction.detail) if occasion.interaction else None
    return 1 - rating.stars / rating.of if rating else 0.0


def rank_of(occasion: Occasion, spent: Mapping[int | None, Decimal]) -> tuple[float, Decimal, float]:
    return (
        severity_of(occasion),
        spent.get(occasion.customer_id, Decimal()),
        -occasion.at.timestamp(),
    )


def spent_by(occasions: Sequence[Occasion]) -> dict[int | None, Decimal]:
    """What each customer spent in the year before; one query, none for nobody."""
    customers = {each.customer_id for each in occasions if each.customer_id}
    if not customers:
        return {}
    since = max(each.at for each in occasions) - SPENT_WITHIN
    theirs = bought(since=since).filter(Among("customer", sorted(customers)))
    return {
        customer: amount or Decimal()
        for customer, amount in theirs.values_list("customer").annotate(Sum("amount"))
    }


def bought(*, since: datetime) -> QuerySet[Interaction]:
    return Interaction.objects.purchases().filter(at__gte=since).order_by()


def not_called(
    occasion: Occasion, reason: Reason, spent: Mapping[int | None, Decimal] | None = None
) -> NotCalled:
    return NotCalled(
        rule=occasion.rule,
        customer_id=occasion.customer_id,
        survey_response=occasion.survey_response,
        interaction=occasion.interaction,
        reason=reason,
        severity=severity_of(occasion),
        value=(spent or {}).get(occasion.customer_id, Decimal()),
        at=occasion.at,
    )


def give_up_waiting(*, at: datetime) -> int:
    """Who waited three days for a free place is not called any more; returns how many."""
    waiting = NotCalled.objects.filter(reason=Reason.WAITING, at__lt=at - WAITS_AT_MOST)
    return waiting.update(reason=Reason.CAPACITY)
