"""The contact policy once more, at the moment of sending: much may have happened since the planning."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models.functions import Now

from events.lookups import Among
from surveys.contact.addressees import Addressee
from surveys.contact.caps import moment_of, waits
from surveys.contact.clock import next_allowed, next_turn
from surveys.contact.following import follow
from surveys.contact.verdicts import Policy, compared_until, is_comparing, policy_now
from surveys.models import Campaign, Claim, Invitation

State, Reason = Invitation.State, Invitation.Reason
IN_FLIGHT = timedelta(minutes=15)  # after which somebody who is just being written to is looked at again
SOON = timedelta(minutes=1)  # after which the better subject is asked for that should have been chosen


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an invitation does not go out now, and when it is looked at again."""

    state: str
    until: datetime
    reason: str = ""
    cap: int | None = None


def hold_back(picked: Sequence[Addressee], campaign: Campaign, *, at: datetime) -> list[Addressee]:
    """Those of `picked` that `campaign` may write to now; the others are put back, each with its reason and its time.

    To be called in the transaction that claims, with the customers' rows locked.
    """
    policy = policy_now(send_at=campaign.send_at)
    picked = follow(picked, campaign, policy=policy, at=at)
    holds: dict[int, Hold] = {}
    asked = customers_in_hand(picked) if policy.caps else set()
    judged = one_of_each(picked) if policy.caps else picked
    waiting = waits_among(judged, campaign, policy, at=at)
    first = {each.pk for each in judged}
    openings = {
        (zone, is_deferred): (next_turn if is_deferred else next_allowed)(at, zone, policy.hours)
        for zone, is_deferred in {(each.time_zone, each.is_deferred) for each in picked}
    }  # whose turn has come may be written to for the rest of their day; who had to wait has missed it
    compared = max(compared_until(campaign) or at, at + SOON) if is_comparing(campaign) else None
    for addressee in picked:
        if addressee.is_test:
            continue
        opens = openings[addressee.time_zone, addressee.is_deferred]
        if compared and not addressee.variant:  # it waits for the better subject
            opens = max(opens, compared)
        hold = hold_of(addressee, waiting, opens=opens, at=at)
        if addressee.pk not in first or (hold is None and addressee.customer_id in asked):
            hold = Hold(State.PLANNED, at + IN_FLIGHT)  # another message to them is decided on just now
        if hold:
            holds[addressee.pk] = hold
    put_back(holds)
    return [addressee for addressee in picked if addressee.pk not in holds]


def one_of_each(picked: Sequence[Addressee]) -> list[Addressee]:
    """The first of each customer's invitations, and all tests: what one of them is sent counts for the others."""
    first: dict[int, Addressee] = {}
    for each in picked:
        if not each.is_test:
            first.setdefault(each.customer_id, each)
    return [*first.values(), *(each for each in picked if each.is_test)]


def customers_in_hand(picked: Sequence[Addressee]) -> set[int]:
    """Whom other senders have claimed and not written to yet."""
    living = Claim.objects.filter(lease_until__gte=Now()).values_list("invitations", flat=True)
    claimed = [pk for invitations in living for pk in invitations]
    theirs = Invitation.objects.waiting().filter(
        Among("pk", claimed), Among("customer", [each.customer_id for each in picked])
    )
    return set(theirs.values_list("customer", flat=True)) if claimed else set()


def hold_of(
    addressee: Addressee, waiting: dict[tuple[int, str], Hold], *, opens: datetime, at: datetime
) -> Hold | None:
    if waiting:
        found = (waiting.get((addressee.customer_id, channel)) for channel in ("", addressee.channel))
        longest = max((hold for hold in found if hold), key=lambda hold: hold.until, default=None)
        if longest and longest.until > opens:
            return longest
    return Hold(State.PLANNED, opens) if opens > at else None


def waits_among(
    picked: Sequence[Addressee], campaign: Campaign, policy: Policy, *, at: datetime
) -> dict[tuple[int, str], Hold]:
    """Who of them has to wait, by customer and channel ("" for any): one query."""
    sql, params = waits(
        policy.caps,
        kind=campaign.survey.kind,
        at=at,
        customers=[addressee.customer_id for addressee in picked],
        leaving_out=[addressee.pk for addressee in picked],
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    found: dict[tuple[int, str], Hold] = {}
    for customer, cap, channel, raw, in_flight in rows:
        until = at + IN_FLIGHT if in_flight else moment_of(raw)
        hold = Hold(State.DEFERRED, until, Reason.CAP if cap is not None else Reason.SNOOZED, cap)
        known = found.get((customer, channel))
        if known is None or known.until < until:
            found[customer, channel] = hold
    return found


def put_back(holds: dict[int, Hold]) -> None:
    """In one statement for each way of being held back; whoever was answered or cancelled meanwhile stays so."""
    for hold, pks in alike(holds.items()):
        Invitation.objects.waiting().filter(Among("pk", pks)).update(
            state=hold.state, due_at=hold.until, reason=hold.reason, cap=hold.cap
        )


def alike(holds: Iterable[tuple[int, Hold]]) -> Iterator[tuple[Hold, list[int]]]:
    groups: dict[Hold, list[int]] = {}
    for pk, hold in holds:
        groups.setdefault(hold, []).append(pk)
    yield from groups.items()
