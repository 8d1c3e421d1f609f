from collections.abc import Sequence

from django.db.models import Case, F, IntegerField, When

from events.models import Event
from followups.alerts import alert_owners
from followups.models import FollowUp
from followups.opening import Occasion, open_follow_ups
from surveys.metrics import LOW_IS_GOOD, goodness
from surveys.models import SurveyResponse

GOODNESS = Case(
    *(When(score_kind=kind, then=goodness(kind, 0) - F("score")) for kind in LOW_IS_GOOD),
    default=F("score"),
    output_field=IntegerField(),
)


def open_if_unhappy(events: Sequence[Event]) -> None:
    """Open a follow-up for each answer at or below its survey's threshold; where low is good, turned round."""
    noticed_at = {event.subject: event.at for event in events}
    unhappy = (
        SurveyResponse.objects.counted()
        .annotate(goodness=GOODNESS)
        .filter(pk__in=noticed_at, goodness__lte=F("survey__follow_up_rule__threshold"))
        .select_related("survey__follow_up_rule")
        .order_by("pk")
    )
    open_follow_ups(
        [
            Occasion(
                rule=survey_response.survey.follow_up_rule,
                survey_response=survey_response,
                at=noticed_at[survey_response.pk],
            )
            for survey_response in unhappy
        ]
    )


def alert_owner(events: Sequence[Event]) -> None:
    """Tell each new follow-up's owner, in the app and by e-mail."""
    told_at = {event.subject: event.at for event in events}
    alert_owners(follow_ups=FollowUp.objects.filter(pk__in=told_at), told_at=told_at, event="opened")
