"""Trying a campaign out: one message to oneself, whose answer is marked as a test and never counted."""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from customers.consent import KIND_OF_CHANNEL, is_suppressed
from customers.identities import digest_of, normal_form
from customers.models import Channel, Customer
from customers.segments import members
from mail.messages import Ending
from mail.post import post_office
from staff.models import User
from surveys.campaigns.life import NotReady
from surveys.contact.addressees import addressees_of
from surveys.models import Campaign, Invitation, Wave
from surveys.planning.rules import sample_occasion
from surveys.sending.shifts import WAYS, Desk


class TestNotSent(Exception):
    """The message must not leave, or nobody took it; the words say why."""


def send_test(
    *,
    campaign: Campaign,
    to: User,
    at: datetime,
    customer: Customer | None = None,
    channel: Channel = Channel.EMAIL,
    language: str = "",
    variant: str = "",
    address: str = "",
) -> Invitation:
    """Send the message as `customer`, or the segment's newest one, would get it; a mail to `to`, others to `address`.

    Raises NotReady, NotAnIdentity or TestNotSent.
    """
    customer = customer or members(segment=campaign.segment, at=at).order_by("-pk").first()
    if customer is None:
        raise NotReady(_("The segment has nobody in it, so there is no mail to show."))
    address = to.email if channel == Channel.EMAIL else reachable_at(address, channel)
    wave, _created = Wave.objects.get_or_create(campaign=campaign, number=1)
    invitation = Invitation.objects.create(
        wave=wave,
        customer=customer,
        channel=channel,
        address=address,
        digest=digest_of(address),
        language=language or to.language,
        variant=variant,
        state=Invitation.State.SENDING,
        due_at=at,
        context=sample_occasion(campaign),
        is_test=True,
    )
    desk = Desk(at=at)
    desk.open(wave.pk)
    [addressee] = addressees_of(Invitation.objects.filter(pk=invitation.pk))
    with post_office(WAYS[channel]) as post:
        [outcome] = post.hand_over([desk.write(addressee)])
    if outcome.ending is not Ending.ACCEPTED:
        invitation.delete()
        raise TestNotSent(outcome.words)
    Invitation.objects.filter(pk=invitation.pk).update(state=Invitation.State.SENT, sent_at=at)
    return invitation


def reachable_at(typed: str, channel: Channel) -> str:
    """The number or id somebody typed, as it is written to. Raises NotAnIdentity or TestNotSent."""
    address = normal_form(kind=KIND_OF_CHANNEL[channel], value=typed, country=settings.COUNTRY)
    if is_suppressed(channel=channel, digest=digest_of(address)):
        raise TestNotSent(_("%(address)s is on “Do not contact”.") % {"address": address})
    return address
