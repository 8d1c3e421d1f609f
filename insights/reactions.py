from collections import Counter
from collections.abc import Sequence

from events.models import Event
from insights.days import day_of
from insights.rollups import fold_answered, fold_asked, fold_scores, unfold_asked
from surveys.answering.responses import responses_in


def count_scores(events: Sequence[Event]) -> None:
    """Add new scores to the daily counts, also those that another tool took."""
    fold_scores(responses=[response for event in events for response in responses_in(event)])


def count_answered(events: Sequence[Event]) -> None:
    """Count answered invitations for the response rate."""
    fold_answered(responses=[event.subject for event in events])


def count_asked(events: Sequence[Event]) -> None:
    """Count invitations for the response rate, by the days they were sent on; a reminder asks nobody new."""
    first = [event for event in events if event.payload.get("first", True)]
    for day in sorted({day_of(event.at) for event in first}):
        theirs = [event for event in first if day_of(event.at) == day]
        fold_asked(
            invitations=[invitation for event in theirs for invitation in event.payload["invitations"]],
            at=theirs[0].at,
        )


def uncount_asked(events: Sequence[Event]) -> None:
    """Take back from the day they were sent on those whose message came back and who are asked by another one."""
    places = Counter(
        (day_of(event.at), event.payload["campaign"], event.payload["language"]) for event in events
    )
    for (day, campaign, language), people in sorted(places.items()):
        unfold_asked(day=day, campaign=campaign, language=language, people=people)
