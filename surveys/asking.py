"""What an invitation asks, kept by each process until somebody changes it: every visit of a customer needs it."""

from typing import Any, cast

from customers.resolving import present_customer
from surveys.models import Invitation, Wave

# Django would spend more time on writing this statement, with all columns of four tables, than the database on it.
INVITATION = """
    SELECT invitation.*, survey.changed_at AS survey_changed_at, survey.is_open AS survey_is_open,
        campaign.state AS campaign_state, campaign.ends_at AS campaign_ends_at,
        customer.merged_into_id AS merged_into
    FROM surveys_invitation invitation
    JOIN surveys_wave wave ON wave.id = invitation.wave_id
    JOIN surveys_campaign campaign ON campaign.id = wave.campaign_id
    JOIN surveys_survey survey ON survey.id = campaign.survey_id
    JOIN customers_customer customer ON customer.id = invitation.customer_id AND customer.erased_at IS NULL
    WHERE invitation.id = %s
"""

_known: dict[int, tuple[tuple[Any, ...], Wave]] = {}  # by wave, with what it was read for


def find_invitation(pk: int) -> Invitation | None:
    """An invitation with its wave, campaign, survey and questions, mostly in one query.

    Its customer is the one who is present: the link of somebody who was merged answers for the kept person.
    Wave and all behind it are shared with the next visitor of this process: do not change them.
    """
    invitation: Any
    for invitation in Invitation.objects.raw(INVITATION, [pk]):
        version = (
            invitation.survey_changed_at,
            invitation.survey_is_open,
            invitation.campaign_state,
            invitation.campaign_ends_at,
        )
        known_version, wave = _known.get(invitation.wave_id, (None, None))
        if wave is None or known_version != version:
            waves = Wave.objects.select_related("campaign__survey")
            wave = waves.prefetch_related("campaign__survey__questions").get(pk=invitation.wave_id)
            _known[wave.pk] = version, wave
        invitation.wave = wave
        if invitation.merged_into:
            invitation.customer_id = present_customer(invitation.merged_into)
        return cast("Invitation", invitation)
    return None
