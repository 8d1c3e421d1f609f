"""How fast messages leave: a campaign's own speed, a provider's and a receiving domain's limits.

While a channel rests nobody is taken for it at all.

Whoever has had a share waits until the share's time is over. Shares are ten seconds long, or one message where that
takes longer, so no minute brings more than its limit and a restart brings nothing in one burst.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection

from mail.pausing import rest_of
from mail.reading import Channel as Way
from surveys.contact.addressees import Addressee
from surveys.models import Campaign, SendingLimit
from surveys.models.invitations import InvitationQuerySet

SHARE = timedelta(seconds=10)


def has_share(channel: str, *, at: datetime) -> bool:
    """Whether anything may leave by `channel` at `at`: its provider takes messages, and it has not had its share."""
    if rest_of(Way(channel)):
        return False
    return not SendingLimit.objects.filter(channel=channel, domain="", free_at__gt=at).exists()


def not_to_paced_domains(due: InvitationQuerySet, *, channel: str, at: datetime) -> InvitationQuerySet:
    """Those of `due` whose receiving domain has a share left."""
    paced = SendingLimit.objects.filter(channel=channel, free_at__gt=at).exclude(domain="")
    for domain in paced.values_list("domain", flat=True):
        due = due.exclude(address__endswith=f"@{domain}")
    return due


def within_shares(
    addressees: Sequence[Addressee], campaign: Campaign, *, channel: str, at: datetime
) -> list[Addressee]:
    """Those of `addressees` that fit into the shares of now; to be called in the transaction that claims.

    Of the campaign's own share something is left.
    """
    kept = list(addressees)
    if campaign.per_hour and kept:
        interval = timedelta(hours=1) / campaign.per_hour
        kept = kept[: share_of(interval)]
        Campaign.objects.filter(pk=campaign.pk).update(free_at=at + len(kept) * interval)
    limits = SendingLimit.objects.filter(channel=channel).order_by("-domain", "pk")  # the narrower first
    for limit in limits.select_for_update() if kept else ():
        interval = timedelta(minutes=1) / limit.per_minute
        theirs = [each for each in kept if is_under(each, limit)]
        is_free = limit.free_at is None or limit.free_at <= at
        left_out = {each.pk for each in theirs[share_of(interval) if is_free else 0 :]}
        kept = [each for each in kept if each.pk not in left_out]
        if taken := len(theirs) - len(left_out):
            SendingLimit.objects.filter(pk=limit.pk).update(free_at=at + taken * interval)
    return kept


def has_had_share(campaign: Campaign, *, at: datetime) -> bool:
    """By its row as it is now, which stays locked: a sender of another wave or channel may have had the share.

    To be asked before rows of the ledger are locked: whoever cancels the campaign locks it first, too.
    """
    if not campaign.per_hour:
        return campaign.free_at is not None and campaign.free_at > at  # it was set aside
    no_key = connection.features.has_select_for_no_key_update
    campaigns = Campaign.objects.select_for_update(no_key=no_key).filter(pk=campaign.pk)
    free_at = campaigns.values_list("free_at", flat=True).get()
    return free_at is not None and free_at > at


def share_of(interval: timedelta) -> int:
    return max(SHARE // interval, 1)


def is_under(addressee: Addressee, limit: SendingLimit) -> bool:
    return not limit.domain or addressee.address.endswith(f"@{limit.domain}")
