"""What comments are about: how many of the chosen ones have each topic, and which topics one has."""

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import Count

from events.lookups import Among
from surveys.models import CommentTopic
from surveys.results.choosing import Chosen


def count_topics(chosen: Chosen) -> dict[int, int]:
    """How many of the chosen responses speak of each topic, whichever of them is chosen; in one query."""
    others = {name: value for name, value in chosen.equal.items() if name != "topic"}
    responses = replace(chosen, equal=others).responses().order_by()
    tags = CommentTopic.objects.filter(survey=chosen.survey, survey_response__in=responses.values("pk"))
    return dict(tags.order_by().values_list("topic").annotate(Count("survey_response", distinct=True)))


def topics_of(responses: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """The topics of each response, by number and name; in one query."""
    topics: dict[int, list[tuple[int, str]]] = {pk: [] for pk in responses}
    tags = CommentTopic.objects.filter(Among("survey_response", responses)).order_by("topic__name")
    for response, topic, name in tags.values_list("survey_response", "topic", "topic__name").distinct():
        topics[response].append((topic, name))
    return topics
