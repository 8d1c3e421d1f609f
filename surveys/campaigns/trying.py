"""Trying a campaign out: one mail to oneself, whose answer is marked as a test and never counted."""

from datetime import datetime

from django.utils.translation import gettext as _

from customers.identities import digest_of
from customers.segments import members
from mail.messages import Ending
from mail.post import post_office
from staff.models import User
from surveys.campaigns.life import NotReady
from surveys.contact.addressees import addressees_of
from surveys.models import Campaign, Invitation, Wave
from surveys.planning.rules import sample_occasion
from surveys.sending.shifts import Desk


class TestNotSent(Exception):
    """The mail server did not take the test; its words say why."""


def send_test(*, campaign: Campaign, to: User, at: datetime) -> Invitation:
    """Send `to` the mail as the segment's newest customer would get it. Raises NotReady or TestNotSent."""
    customer = members(segment=campaign.segment, at=at).order_by("-pk").first()
    if customer is None:
        raise NotReady(_("The segment has nobody in it, so there is no mail to show."))
    wave, _created = Wave.objects.get_or_create(campaign=campaign, number=1)
    invitation = Invitation.objects.create(
        wave=wave,
        customer=customer,
        address=to.email,
        digest=digest_of(to.email),
        language=to.language,
        state=Invitation.State.SENDING,
        due_at=at,
        context=sample_occasion(campaign),
        is_test=True,
    )
    desk = Desk(at=at)
    desk.open(wave.pk)
    [addressee] = addressees_of(Invitation.objects.filter(pk=invitation.pk))
    with post_office() as post:
        [outcome] = post.hand_over([desk.write(addressee)])
    if outcome.ending is not Ending.ACCEPTED:
        invitation.delete()
        raise TestNotSent(outcome.words)
    Invitation.objects.filter(pk=invitation.pk).update(state=Invitation.State.SENT, sent_at=at)
    return invitation
