"""What people write back who were asked by mail: it stands on their timeline, and rules may open a follow-up for it."""

from datetime import datetime

from django.db.models import QuerySet

from journeys.interactions import REPLY, record_message
from journeys.models import Interaction
from mail.incoming.letters import Letter
from staff.access import visible
from staff.models import User
from surveys.answering.asking import find_invitation
from surveys.models import Campaign
from surveys.sending.deliveries import KEY


def hear_recipient(*, letter: Letter, at: datetime) -> Interaction | None:
    """Put what a person wrote back on the timeline, once; None for a machine's answer, a test, or somebody erased."""
    found = KEY.match(letter.key)
    invitation = find_invitation(int(found[1])) if found and not letter.is_automatic else None
    if invitation is None or invitation.is_test:
        return None
    campaign = invitation.wave.campaign
    return record_message(
        customer=invitation.customer,
        text=letter.text or letter.subject,
        source=source_of(campaign),
        external_id=letter.fingerprint,
        at=at,
        touchpoint=campaign.survey.touchpoint,
        detail={"source": campaign.name, "invitation": invitation.pk},
    )


def replies_to(campaign: Campaign, *, user: User) -> QuerySet[Interaction]:
    """What those whom `user` may see wrote back."""
    return visible(Interaction.objects.filter(source=source_of(campaign)), user)


def people_who_wrote_back(campaign: Campaign, *, user: User) -> int:
    return replies_to(campaign, user=user).order_by().values("customer").distinct().count()


def source_of(campaign: Campaign) -> str:
    return f"{REPLY}{campaign.pk}"
