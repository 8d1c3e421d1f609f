"""What came in, as the page of a follow-up shows it: an answer, a review, a message, or what a colleague wrote."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from followups.models import FollowUp, Signal
from followups.rules.matching import words_in
from followups.rules.ratings import rating_in
from followups.words import AnswerWords, answers_of, score_of
from journeys.models import Interaction
from surveys.models import SurveyResponse


@dataclass(frozen=True, kw_only=True)
class Said:
    heading: str
    at: datetime
    score: str = ""
    answers: list[AnswerWords] = field(default_factory=list)
    text: str = ""
    language: str = ""
    where: tuple[str, ...] = ()


def all_said(follow_up: FollowUp) -> list[Said]:
    """What opened it and what joined it since; needs its response, interaction and customer."""
    joined = follow_up.joined.select_related("survey_response__survey", "interaction__touchpoint")
    return [
        first_said(follow_up),
        *(
            said_in_answer(each.survey_response, heading=_("Answered again"))
            for each in joined
            if each.survey_response
        ),
        *(
            said_in_interaction(each.interaction, language=language_of(follow_up))
            for each in joined
            if each.interaction
        ),
    ]


def first_said(follow_up: FollowUp) -> Said:
    if follow_up.survey_response:
        return said_in_answer(follow_up.survey_response, heading=_("In the customer’s words"))
    if follow_up.interaction:
        return said_in_interaction(follow_up.interaction, language=language_of(follow_up))
    if follow_up.source == Signal.AT_RISK:
        segment = follow_up.rule.segment.name if follow_up.rule and follow_up.rule.segment else ""
        text = _("The customer came into the segment “%(segment)s”.") % {"segment": segment}
        return Said(heading=_("Customer at risk"), text=text, at=follow_up.opened_at)
    return Said(heading=_("What happened"), text=follow_up.summary, at=follow_up.opened_at)


def said_in_answer(response: SurveyResponse, *, heading: str) -> Said:
    places = (response.survey.name, response.touchpoint.name if response.touchpoint else "")
    return Said(
        heading=heading,
        score=score_of(response),
        answers=answers_of(response),
        language=response.language,
        where=tuple(filter(None, places)),
        at=response.submitted_at,
    )


def said_in_interaction(interaction: Interaction, *, language: str) -> Said:
    rating = rating_in(interaction.detail)
    told = interaction.detail.get("source")  # a campaign's name, where they wrote back to one
    source = told if isinstance(told, str) and told else interaction.source
    places = (source, interaction.touchpoint.name if interaction.touchpoint else "")
    return Said(
        heading=interaction.get_kind_display(),
        score=rating.words if rating else "",
        text=words_in(interaction),
        language=language,
        where=tuple(filter(None, places)),
        at=interaction.at,
    )


def language_of(follow_up: FollowUp) -> str:
    return follow_up.customer.language if follow_up.customer else ""
