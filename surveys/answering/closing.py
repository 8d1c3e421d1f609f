"""Why a survey takes no answers: so that a page can say it in words."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from django.db.models import F, Q

from surveys.models import Campaign, Survey, SurveyLink


class Why(Enum):
    CLOSED = "closed"  # by staff, or it was never published
    ENDED = "ended"  # its last day is over
    FULL = "full"  # as many answers as were wanted have come


@dataclass(frozen=True)
class Closing:
    """`ended_at` is known when its time was up."""

    why: Why
    ended_at: datetime | None = None


def closing_of_survey(survey: Survey, *, at: datetime) -> Closing | None:
    """Why `survey` takes no answers `at`; None while it does."""
    if not survey.is_open or survey.version_id is None:
        return Closing(Why.CLOSED)
    if survey.quota is not None and survey.taken >= survey.quota:
        return Closing(Why.FULL)
    return time_is_up(survey.closes_at, at=at)


def closing_of_campaign(campaign: Campaign, *, at: datetime) -> Closing | None:
    """Why answers to `campaign` are refused `at`; None while they are taken."""
    if campaign.state == Campaign.State.CANCELLED:
        return Closing(Why.CLOSED)
    return closing_of_survey(campaign.survey, at=at) or time_is_up(campaign.ends_at, at=at)


def campaign_takes_answers(*, at: datetime) -> Q:
    """The same as a condition on campaigns that are not cancelled: nobody is asked what nobody could answer."""
    has_time = Q(survey__closes_at=None) | Q(survey__closes_at__gt=at)
    has_room = Q(survey__quota=None) | Q(survey__taken__lt=F("survey__quota"))
    goes_on = Q(ends_at=None) | Q(ends_at__gt=at)
    return Q(has_time, has_room, goes_on, survey__is_open=True, survey__version__isnull=False)


def closing_of_link(link: SurveyLink, *, at: datetime) -> Closing | None:
    """Why `link` takes no answers `at`; None while it does."""
    if not link.is_active:
        return Closing(Why.CLOSED)
    return closing_of_survey(link.survey, at=at) or time_is_up(link.closes_at, at=at)


def time_is_up(end: datetime | None, *, at: datetime) -> Closing | None:
    return Closing(Why.ENDED, end) if end is not None and end <= at else None
