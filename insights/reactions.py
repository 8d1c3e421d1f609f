from collections.abc import Sequence

from events.models import Event
from insights.rollups import fold_answered, fold_asked, fold_scores
from surveys.responses import responses_in


def count_scores(events: Sequence[Event]) -> None:
    """Add new scores to the daily counts, also those that another tool took."""
    fold_scores(responses=[response for event in events for response in responses_in(event)])


def count_answered(events: Sequence[Event]) -> None:
    """Count answered invitations for the response rate."""
    fold_answered(responses=[event.subject for event in events])


def count_asked(events: Sequence[Event]) -> None:
    """Count invitations for the response rate; a reminder asks nobody new."""
    fold_asked(
        invitations=[
            invitation
            for event in events
            if event.payload.get("first", True)
            for invitation in event.payload["invitations"]
        ]
    )
