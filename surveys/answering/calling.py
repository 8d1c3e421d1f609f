"""“Please call me”: what a customer asks for after an answer goes onto their timeline, and from there to whoever calls."""

from datetime import datetime

from journeys.interactions import record_interaction
from journeys.models import Interaction
from surveys.models import Invitation

SOURCE = "survey"


def ask_for_call(*, invitation: Invitation, phone: str, text: str, at: datetime) -> Interaction:
    """Note that the customer of `invitation` asks to be called; asked again, the first time counts."""
    return record_interaction(
        customer=invitation.customer,
        kind=Interaction.Kind.CALL_REQUEST,
        source=SOURCE,
        external_id=f"call:{invitation.pk}",
        at=at,
        touchpoint=invitation.wave.campaign.survey.touchpoint,
        summary=text[:300],
        detail={"text": "\n".join(filter(None, [text, phone]))},
    )
