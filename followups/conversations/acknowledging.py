"""That a customer was told automatically that they were heard: it is no contact, and stops no clock."""

from datetime import datetime

from followups.models import FollowUp


def note_acknowledged(*, follow_up: FollowUp, at: datetime) -> bool:
    """Note the first automatic message to the customer; False when there was one, or a person was faster.

    Nobody who has the page open is held up by it: the version stays.
    """
    unanswered = FollowUp.objects.filter(state=FollowUp.State.OPEN, acknowledged_at=None, contacted_at=None)
    return bool(unanswered.filter(pk=follow_up.pk).update(acknowledged_at=at))
