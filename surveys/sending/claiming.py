"""Taking planned invitations to send them, so that any number of senders share a wave and no two take the same.

A claim is one row that names up to two thousand invitations; they themselves are not written to until they are sent.
What may be sent at all is decided by the statement that marks a row as *sending*, claim or no claim.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now

from customers.models import Channel, Customer
from events.lookups import Among
from surveys.answering.closing import campaign_takes_answers
from surveys.contact.addressees import AT_ONCE, Addressee, addressees_of
from surveys.contact.holding import hold_back
from surveys.contact.pacing import has_had_share, has_share, not_to_paced_domains, within_shares
from surveys.models import Campaign, Claim, Invitation, Wave
from surveys.sending.deliveries import note_what_was_told

State = Invitation.State


class LeaseLost(Exception):
    """The claim was given back because its lease had lapsed; what became of its messages is unknown to us."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim in its sender's hands."""

    token: uuid.UUID
    wave: int
    addressees: list[Addressee]
    is_last: bool = False  # nothing else of the wave may be sent for now


def waves_with_work(*, channel: Channel, at: datetime) -> list[int]:
    """The waves of sending campaigns that have something due by `channel` at `at`, the longest waiting first.

    Those whose campaign has had its share for now are left out, and those whose survey takes no answers; so are all
    when the channel has had its own share.
    """
    if not has_share(channel, at=at):
        return []
    due = Invitation.objects.waiting().filter(wave=OuterRef("pk"), channel=channel).order_by("due_at", "pk")
    is_free = Q(campaign__free_at=None) | Q(campaign__free_at__lte=at)
    sending = Campaign.objects.filter(campaign_takes_answers(at=at), state=Campaign.State.SENDING)
    waves = Wave.objects.filter(is_free, campaign__in=sending)
    waves = waves.annotate(due_at=Subquery(due.values("due_at")[:1])).filter(due_at__lte=at)
    return list(waves.order_by("due_at", "pk").values_list("pk", flat=True))


@transaction.atomic
def claim(*, wave: int, channel: Channel, at: datetime) -> Claimed | None:
    """Lease the next two thousand of `wave` that are due by `channel` and may be written to; None when nobody is left.

    What the contact policy holds back is put back with its reason. The customers' rows are locked meanwhile: of two
    senders with two waves for one customer the second sees what the first has taken.
    """
    locked = Wave.objects.select_for_update(
        no_key=connection.features.has_select_for_no_key_update,
        of=("self",) if connection.features.has_select_for_update_of else (),
    )
    campaign = locked.select_related("campaign__survey").get(pk=wave).campaign
    if has_had_share(campaign, at=at):
        return None
    living = Claim.objects.filter(wave=wave, lease_until__gte=Now()).values_list("invitations", flat=True)
    taken = [pk for invitations in living for pk in invitations]
    due = Invitation.objects.waiting().filter(wave=wave, channel=channel, due_at__lte=at)
    due = not_to_paced_domains(due, channel=channel, at=at)
    while picked := addressees_of(due.exclude(Among("pk", taken)).order_by("due_at", "pk")[:AT_ONCE]):
        free = only_of_free_customers(picked)
        welcome = hold_back(free, campaign, at=at)
        addressees = within_shares(welcome, campaign, channel=channel, at=at)
        if addressees:
            is_last = len(picked) < AT_ONCE or len(addressees) < len(welcome)
            return lease(wave, addressees, is_last=is_last)
        if welcome:  # nobody has a share left, nor would those after them
            return None
        taken += [each.pk for each in picked]
    return None


def only_of_free_customers(picked: list[Addressee]) -> list[Addressee]:
    """Those whose customer no other sender has locked; the others are there next time."""
    customers = Customer.objects.filter(Among("pk", sorted({each.customer_id for each in picked})))
    skip_locked = connection.features.has_select_for_update_skip_locked
    no_key = connection.features.has_select_for_no_key_update
    locked = customers.order_by("pk").select_for_update(skip_locked=skip_locked, no_key=no_key)
    free = set(locked.values_list("pk", flat=True))
    return [each for each in picked if each.customer_id in free]


def lease(wave: int, addressees: list[Addressee], *, is_last: bool) -> Claimed:
    token = uuid.uuid4()
    Claim.objects.create(
        wave_id=wave,
        lease_token=token,
        lease_until=Now() + settings.SENDING_LEASE,
        invitations=[each.pk for each in addressees],
    )
    return Claimed(token, wave, addressees, is_last)


def give_back(claimed: Claimed) -> None:
    """What was not begun is free for others; nothing of the claim may be *sending* any more."""
    Claim.objects.filter(lease_token=claimed.token).delete()


@transaction.atomic
def return_leases() -> int:
    """End the claims of dead senders: what was in their hands is *unknown*, the rest free; returns how many are unknown.

    Of some the provider has told already what became of them.
    """
    lapsed = Claim.objects.filter(lease_until__lt=Now()).order_by("pk")
    skip_locked = connection.features.has_select_for_update_skip_locked
    in_hand: list[tuple[int, int]] = []
    for dead in list(lapsed.select_for_update(skip_locked=skip_locked)):
        theirs = Invitation.objects.filter(
            Among("pk", dead.invitations), lease_token=dead.lease_token, state=State.SENDING
        )
        in_hand += theirs.select_for_update().order_by("pk").values_list("pk", "attempts")
        theirs.update(state=State.UNKNOWN, lease_token=None)
        dead.delete()
    if not in_hand:
        return 0
    note_what_was_told(in_hand)
    left = Invitation.objects.filter(Among("pk", [pk for pk, _attempts in in_hand]), state=State.UNKNOWN)
    return left.count()
