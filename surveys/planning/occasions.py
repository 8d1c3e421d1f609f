"""Asking somebody because something happened, or because a program says so: a row in the ledger for each occasion."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from customers.models import Customer
from events.lookups import Among
from surveys.answering.closing import campaign_takes_answers
from surveys.contact.clock import Hours, next_turn
from surveys.contact.judging import Verdict, judge
from surveys.contact.verdicts import policy_now
from surveys.models import Campaign, Invitation, Wave

State, Reason = Invitation.State, Invitation.Reason
ASKED = (*Invitation.PENDING, State.SENT, State.UNKNOWN)  # what a cool-down counts


class NotAskedOneByOne(Exception):
    """The campaign is none that waits for programs, or it does not send now."""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """What happened to whom; `key` is the same when it is told again, and `context` is what the survey may say of it."""

    customer: int
    key: str
    at: datetime
    context: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def invite(*, campaign: Campaign, occasions: Sequence[Occasion], at: datetime) -> int:
    """Put everybody of `occasions` into the ledger of `campaign`, with what becomes of them; returns how many rows are new.

    An occasion told again changes nothing.
    """
    wave, _created = Wave.objects.get_or_create(campaign=campaign, number=1, defaults={"planned_at": at})
    people = lock_customers({occasion.customer for occasion in occasions})
    rows = rows_for(campaign, occasions, people=people, wave=wave, at=at)
    for row in rows:
        row.wave = wave
    Invitation.objects.bulk_create(rows, 500)
    return len(rows)


def foresee(*, campaign: Campaign, occasions: Sequence[Occasion], at: datetime) -> list[Invitation]:
    """The rows `invite` would write now. Nothing is written."""
    people = languages_of({occasion.customer for occasion in occasions})
    wave = Wave.objects.filter(campaign=campaign, number=1).first()
    return rows_for(campaign, occasions, people=people, wave=wave, at=at)


def rows_for(
    campaign: Campaign,
    occasions: Sequence[Occasion],
    *,
    people: Mapping[int, str],
    wave: Wave | None,
    at: datetime,
) -> list[Invitation]:
    """A row for each occasion of `people` that is not told yet, the earliest first."""
    keys = {occasion.key for occasion in occasions}
    told = Invitation.objects.filter(Among("customer", list(people)), wave=wave, occasion__in=keys)
    known = set(told.values_list("customer", "occasion")) if wave else set()
    fresh = [each for each in occasions if each.customer in people and (each.customer, each.key) not in known]
    if not fresh:
        return []
    policy = policy_now(send_at=campaign.send_at)
    judged = judge({occasion.customer for occasion in fresh}, campaign, policy=policy, at=at)
    asked_at = last_asked(campaign, people)
    rows = []
    for occasion in sorted(fresh, key=lambda each: (each.at, each.key)):
        verdict = judged.get(occasion.customer)
        row = row_of(occasion, verdict, campaign, language=people[occasion.customer], hours=policy.hours)
        last = asked_at.get(occasion.customer)
        if (
            row.state != State.EXCLUDED
            and last
            and row.due_at < last + timedelta(days=campaign.cooldown_days)
        ):
            row.state, row.reason, row.cap_id = State.EXCLUDED, Reason.COOLDOWN, None
        if row.state != State.EXCLUDED:
            asked_at[occasion.customer] = row.due_at
        rows.append(row)
    return rows


@transaction.atomic
def invite_one(*, campaign: Campaign, occasion: Occasion, at: datetime) -> tuple[Invitation, bool]:
    """Ask one customer because a program says so; returns the row of the ledger, and whether it is new.

    The row says what the contact policy makes of it. Raises NotAskedOneByOne.
    """
    if not asks_one_by_one(campaign, at=at):
        raise NotAskedOneByOne
    is_new = bool(invite(campaign=campaign, occasions=[occasion], at=at))
    rows = Invitation.objects.select_related("wave__campaign", "cap")
    row = rows.get(wave__campaign=campaign, customer=occasion.customer, occasion=occasion.key, is_test=False)
    return row, is_new


def asks_one_by_one(campaign: Campaign, *, at: datetime) -> bool:
    """Whether it waits for programs, and sends now."""
    waits_for_programs = Campaign.objects.filter(kind=Campaign.Kind.BY_API, state=Campaign.State.SENDING)
    return waits_for_programs.filter(campaign_takes_answers(at=at), pk=campaign.pk).exists()


def lock_customers(customers: Iterable[int]) -> dict[int, str]:
    """The language of each who is there; two workers with occasions of one customer follow each other."""
    found = Customer.objects.filter(Among("pk", sorted(customers))).order_by("pk")
    return dict(found.select_for_update(no_key=True).values_list("pk", "language"))


def languages_of(customers: Iterable[int]) -> dict[int, str]:
    """The same without holding anybody up."""
    found = Customer.objects.filter(Among("pk", sorted(customers))).order_by("pk")
    return dict(found.values_list("pk", "language"))


def last_asked(campaign: Campaign, customers: Iterable[int]) -> dict[int, datetime]:
    """When each was last asked by this campaign, or is going to be."""
    rows = Invitation.objects.filter(
        Among("customer", list(customers)), wave__campaign=campaign, state__in=ASKED, is_test=False
    ).values_list("customer", "sent_at", "due_at")
    found: dict[int, datetime] = {}
    for customer, sent_at, due_at in rows:
        moment = sent_at or due_at
        found[customer] = max(found.get(customer, moment), moment)
    return found


def row_of(
    occasion: Occasion, verdict: Verdict | None, campaign: Campaign, *, language: str, hours: Hours
) -> Invitation:
    wanted_at = occasion.at + timedelta(hours=campaign.delay_hours)
    row = Invitation(
        customer_id=occasion.customer, occasion=occasion.key, context=occasion.context, language=language
    )
    if verdict is None:
        row.state, row.reason, row.due_at = State.EXCLUDED, Reason.NOT_IN_SEGMENT, wanted_at
        return row
    row.state, row.reason, row.cap_id = State(verdict.state), verdict.reason, verdict.cap
    row.language, row.channel, row.variant = verdict.language, verdict.channel, verdict.variant
    row.address, row.digest = verdict.address, verdict.digest
    row.due_at = max(verdict.due_at, wanted_at)
    if row.state != State.EXCLUDED and verdict.due_at < wanted_at:  # what held them is over before
        row.state, row.reason, row.cap_id = State.PLANNED, Reason.NONE, None
        row.due_at = next_turn(wanted_at, verdict.time_zone, hours)
    return row
