"""Taking back that somebody was asked: the message came back, and what leaves next is their first."""

from collections.abc import Iterable

from events.publishing import publish_each
from surveys.models import Invitation

UNSENT = "surveys.invitation_unsent"


def announce_unsent(invitations: Iterable[Invitation]) -> None:
    """Tell who counts first messages of those that no longer count, as they were; `at` is when each was sent."""
    publish_each(
        UNSENT,
        [
            (each.pk, each.sent_at, {"campaign": each.wave.campaign_id, "language": each.language})
            for each in invitations
            if each.sent_at and not each.is_test
        ],
    )
