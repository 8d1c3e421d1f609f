"""Following customers who moved: between planning and sending addresses change, or go, and so does what they read.

A row of the ledger names the address it was planned for. When it is taken to be sent, that has to be where its customer
is reached now: who gave up an address, or gave us another, is not written to where somebody else may read it.
"""

import copy
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import OuterRef, Subquery

from customers.models import Customer
from events.lookups import Among
from surveys.contact.addressees import Addressee, addressees_of, of_identity_now
from surveys.contact.judging import judge
from surveys.contact.verdicts import Policy, sharing_with
from surveys.models import Campaign, Invitation
from surveys.models.invitations import one_reminder_more

State, Reason = Invitation.State, Invitation.Reason


def follow(
    picked: Sequence[Addressee], campaign: Campaign, *, policy: Policy, at: datetime
) -> list[Addressee]:
    """`picked` as their customers are reached now and in what they read now; who is not by this channel is left out.

    To be called with the customers' rows locked. Where nobody moved nothing is asked; else it takes a handful of
    statements, however many did. Whoever was answered or cancelled meanwhile stays so.
    """
    moved = [each for each in picked if not each.is_current and not each.is_test]
    if not moved:
        return list(picked)
    rows = Invitation.objects.filter(Among("pk", [each.pk for each in moved]))
    there = rows.annotate(digest_now=of_identity_now("digest")).exclude(digest_now=None)
    reached = set(there.values_list("pk", flat=True))
    theirs = Invitation.objects.waiting().filter(Among("pk", reached))
    theirs.update(
        address=of_identity_now("value"),
        digest=of_identity_now("digest"),
        language=Subquery(Customer.everybody.filter(pk=OuterRef("customer")).values("language")),
    )
    gone = {each.pk: each for each in moved if each.pk not in reached}
    if gone:
        count_reminders([pk for pk, each in gone.items() if each.is_reminder], at=at)
        plan_otherwise(
            [each for each in gone.values() if not each.is_reminder], campaign, policy=policy, at=at
        )
    fresh = {each.pk: each for each in addressees_of(theirs)}
    return [fresh.get(each.pk, each) for each in picked if each.pk not in gone]


def count_reminders(reminders: Sequence[int], *, at: datetime) -> None:
    """A reminder that reaches nobody counts as one that was refused: the row stays *sent*, and is not looked at again."""
    Invitation.objects.waiting().filter(Among("pk", reminders)).update(
        state=State.SENT,
        reason=Reason.NONE,
        cap=None,
        **one_reminder_more(at),
    )


def plan_otherwise(
    stranded: Sequence[Addressee], campaign: Campaign, *, policy: Policy, at: datetime
) -> None:
    """Plan who has no address left for their channel for another one of the campaign, or say that there is none.

    They were chosen already: segment, sample and control group are not asked once more.
    """
    if not stranded:
        return
    chosen = copy.copy(campaign)
    chosen.segment, chosen.sample_percent, chosen.sample_size, chosen.control_percent = None, 100, None, 0
    judged = judge({each.customer_id for each in stranded}, chosen, policy=policy, at=at)
    asked = asked_by_address(judged, waves={each.wave_id for each in stranded})
    rows = Invitation.objects.in_bulk([each.pk for each in stranded])
    for row in rows.values():
        verdict = judged[row.customer_id]
        row.state, row.reason, row.cap_id = State(verdict.state), verdict.reason, verdict.cap
        row.channel, row.address, row.digest = verdict.channel, verdict.address, verdict.digest
        row.language, row.due_at = verdict.language, verdict.due_at
        address = (row.wave_id, row.channel, row.digest)
        if row.state != State.EXCLUDED and asked.setdefault(address, row.customer_id) != row.customer_id:
            row.state, row.reason, row.cap_id = State.EXCLUDED, Reason.DUPLICATE_ADDRESS, None
    told = ("state", "reason", "cap", "channel", "address", "digest", "language", "due_at")
    Invitation.objects.waiting().bulk_update(rows.values(), told, 500)


def asked_by_address(
    customers: Collection[int], *, waves: Collection[int]
) -> dict[tuple[int, str, str], int]:
    """Whom each of `waves` asks by which address, as far as one of `customers` has that address too."""
    rows = Invitation.objects.filter(
        Among("customer", sharing_with(customers)),
        wave__in=waves,
        state__in=(*Invitation.PENDING, State.SENT, State.UNKNOWN),
        is_test=False,
    ).exclude(digest="")
    return {
        (wave, channel, digest): customer
        for wave, channel, digest, customer in rows.values_list("wave", "channel", "digest", "customer")
    }
