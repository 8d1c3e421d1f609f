from dataclasses import dataclass
from datetime import datetime, timedelta

from events.models import Event
from followups.models import FollowUpRule
from journeys.models import Interaction
from surveys.models import SurveyResponse

RECENT = timedelta(
    days=30
)  # so long what happened calls somebody, and what is open is joined after its opening


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """What calls for a follow-up under `rule`, and when it was noticed: an answer, something else that came in, or what
    we know of a customer."""

    rule: FollowUpRule
    at: datetime
    survey_response: SurveyResponse | None = None
    interaction: Interaction | None = None
    customer: int | None = None

    @property
    def customer_id(self) -> int | None:
        signal = self.survey_response or self.interaction
        return signal.customer_id if signal else self.customer

    @property
    def key(self) -> tuple[str, int]:
        """The same whenever it is told."""
        if self.survey_response:
            return "survey_response", self.survey_response.pk
        if self.interaction:
            return "interaction", self.interaction.pk
        return "customer", self.customer or 0


def is_recent(happened_at: datetime, event: Event) -> bool:
    """Whether it happened lately enough when we heard of it; nobody is called about a review of years ago."""
    heard_at = event.delivered_at or event.at  # a program may tell of the past, and then `at` is the past
    return heard_at - happened_at <= RECENT
