from dataclasses import dataclass
from datetime import datetime

from followups.models import FollowUpRule
from journeys.models import Interaction
from surveys.models import SurveyResponse


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
