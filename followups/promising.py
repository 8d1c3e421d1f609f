"""What an unhappy customer is told right after answering: who will get in touch, and until when."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from followups.clock import contact_due, load_levels
from followups.models import FollowUpRule
from staff.calendars import load_weeks
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
    due = contact_due(rule, load_levels()[rule.priority], week, at=survey_response.submitted_at)
    return _("Our team “%(team)s” will get in touch with you by %(moment)s.") % {
        "team": rule.team.name,
        "moment": date_format(localtime(due), "DATETIME_FORMAT"),
    }
