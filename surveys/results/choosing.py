"""Which responses of a survey are looked at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from staff.access import within
from staff.models import Unit
from surveys.metrics import BAD, GOOD, SCALES
from surveys.models import Answer, CommentTopic, StartedResponse, Survey, SurveyResponse

FILTERS = ("campaign", "touchpoint", "channel", "link", "language", "version", "source", "topic")
OF_WHAT_WAS_ANSWERED = {"source", "topic"}  # nothing begun or sent has them


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The responses of `survey` submitted from `since` until before `until`, where `equal` holds, within `unit`."""

    survey: Survey
    since: datetime | None = None
    until: datetime | None = None
    equal: Mapping[str, Any] = field(default_factory=dict)  # of FILTERS
    unit: Unit | None = None

    def responses(self) -> QuerySet[SurveyResponse]:
        """Those that count, complete and partial."""
        responses = SurveyResponse.objects.counted().filter(self.condition(), survey=self.survey)
        return responses if self.unit is None else within(responses, self.unit)

    def answers(self) -> QuerySet[Answer]:
        """All their answers."""
        answers = Answer.objects.filter(
            self.condition("survey_response__"),
            survey_response__survey=self.survey,
            survey_response__is_test=False,
        )
        return answers if self.unit is None else within(answers, self.unit)

    def begun(self) -> QuerySet[StartedResponse]:
        """What was begun and neither finished nor counted as a partial response; here, not in another tool."""
        if self.equal.keys() & OF_WHAT_WAS_ANSWERED:
            return StartedResponse.objects.none()
        named = {"campaign": "invitation__wave__campaign", "touchpoint": "link__touchpoint"}
        equal = {named.get(name, name): value for name, value in self.equal.items() if name != "channel"}
        begun = StartedResponse.objects.filter(
            self.period("started_at"), version__survey=self.survey, **equal
        ).exclude(invitation__is_test=True)
        return begun if self.unit is None else within(begun, self.unit)

    def condition(self, prefix: str = "") -> Q:
        equal = {f"{prefix}{name}": value for name, value in self.equal.items() if name != "topic"}
        return self.period(f"{prefix}submitted_at") & Q(**equal) & self.speaks_of_topic(f"{prefix}pk")

    def speaks_of_topic(self, response: str) -> Q:
        if "topic" not in self.equal:
            return Q()
        tags = CommentTopic.objects.filter(survey=self.survey, topic=self.equal["topic"])
        return Q(Exists(tags.filter(survey_response=OuterRef(response))))

    def period(self, moment: str) -> Q:
        since = Q(**{f"{moment}__gte": self.since}) if self.since else Q()
        return since & (Q(**{f"{moment}__lt": self.until}) if self.until else Q())


def in_band(band: str) -> Q:
    """Responses whose score lies in a band: "good", "middle" or "bad"; whatever the scale."""
    scores = {
        kind: [
            score
            for score in scale
            if band == ("good" if score in GOOD[kind] else "bad" if score in BAD[kind] else "middle")
        ]
        for kind, scale in SCALES.items()
    }
    condition = Q(pk=None)
    for kind, band_scores in scores.items():
        condition |= Q(score_kind=kind, score__in=band_scores)
    return condition
