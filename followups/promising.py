"""What an unhappy customer is told right after answering: who will get in touch, and until when."""

from datetime import timedelta

from django.utils.translation import gettext as _

from followups.models import FollowUpRule
from staff.calendars import due_after, load_weeks
from staff.dates import say_moment
from surveys.metrics import goodness
from surveys.models import SurveyResponse


def promise_to(survey_response: SurveyResponse) -> str:
    """The promise our own rule keeps; "" when it opens no follow-up, or nobody knows whom to call."""
    rule = (
        FollowUpRule.objects.select_related("team__calendar").filter(survey=survey_response.survey_id).first()
    )
    score = survey_response.score
    if rule is None or score is None or survey_response.customer_id is None:
        return ""
    if goodness(survey_response.score_kind, score) > rule.threshold:
        return ""
    week = load_weeks({rule.team.calendar})[rule.team.calendar_id]
    due = due_after(week, start=survey_response.submitted_at, duration=timedelta(hours=rule.business_hours))
    return _("Our team “%(team)s” will get in touch with you by %(moment)s.") % {
        "team": rule.team.name,
        "moment": say_moment(due),
    }
