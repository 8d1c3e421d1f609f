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
from surveys.contact.verdicts import policy_now, sharing_with
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
    people = lock_customers(around(occasions))
    rows = rows_for(campaign, occasions, people=people, wave=wave, at=at)
    for row in rows:
        row.wave = wave
    Invitation.objects.bulk_create(rows, 500)
    return len(rows)


def foresee(*, campaign: Campaign, occasions: Sequence[Occasion], at: datetime) -> list[Invitation]:
    """The rows `invite` would write now. Nothing is written."""
    people = languages_of(around(occasions))
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
    """A row for each occasion of `people` that is not told yet, the earliest first; of those around them none."""
    keys = {occasion.key for occasion in occasions}
    told = Invitation.objects.filter(Among("customer", list(people)), wave=wave, occasion__in=keys)
    known = set(told.values_list("customer", "occasion")) if wave else set()
    fresh = [each for each in occasions if each.customer in people and (each.customer, each.key) not in known]
    if not fresh:
        return []
    policy = policy_now(send_at=campaign.send_at)
    judged = judge({occasion.customer for occasion in fresh}, campaign, policy=policy, at=at)
    asked = asked_before(campaign, people)
    rows = []
    for occasion in sorted(fresh, key=lambda each: (each.at, each.key)):
        verdict = judged.get(occasion.customer)
        row = row_of(occasion, verdict, campaign, language=people[occasion.customer], hours=policy.hours)
        if row.state != State.EXCLUDED:
            if reason := asked.against(row, cooldown=timedelta(days=campaign.cooldown_days)):
                row.state, row.reason, row.cap_id = State.EXCLUDED, reason, None
            else:
                asked.note(row.customer_id, row.channel, row.digest, row.due_at)
        rows.append(row)
    return rows


@dataclass
class Asked:
    """Whom a campaign has asked or is going to, when last, and by which addresses."""

    at: dict[int, datetime] = field(default_factory=dict)
    by: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, customer: int, channel: str, digest: str, moment: datetime) -> None:
        self.at[customer] = max(self.at.get(customer, moment), moment)
        if digest:
            self.by.setdefault((channel, digest), customer)

    def against(self, row: Invitation, *, cooldown: timedelta) -> str:
        """Why `row` asks nobody: somebody else is asked by its address, or the customer was a short time ago."""
        if self.by.get((row.channel, row.digest), row.customer_id) != row.customer_id:
            return Reason.DUPLICATE_ADDRESS
        last = self.at.get(row.customer_id)
        return Reason.COOLDOWN if last and row.due_at < last + cooldown else Reason.NONE


def asked_before(campaign: Campaign, customers: Iterable[int]) -> Asked:
    """What stands of `customers` in the campaign's ledger: one query."""
    rows = Invitation.objects.filter(
        Among("customer", list(customers)), wave__campaign=campaign, state__in=ASKED, is_test=False
    )
    asked = Asked()
    told = rows.order_by("pk").values_list("customer", "channel", "digest", "sent_at", "due_at")
    for customer, channel, digest, sent_at, due_at in told:
        asked.note(customer, channel, digest, sent_at or due_at)
    return asked


def around(occasions: Sequence[Occasion]) -> set[int]:
    """Whose occasions they are, and who has an address in common with one of them: one message an address."""
    theirs = {occasion.customer for occasion in occasions}
    return theirs | sharing_with(theirs)


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
    """The language of each who is there; two workers with occasions of one customer or address follow each other."""
    found = Customer.objects.filter(Among("pk", sorted(customers))).order_by("pk")
    return dict(found.select_for_update(no_key=True).values_list("pk", "language"))


def languages_of(customers: Iterable[int]) -> dict[int, str]:
    """The same without holding anybody up."""
    found = Customer.objects.filter(Among("pk", sorted(customers))).order_by("pk")
    return dict(found.values_list("pk", "language"))


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
