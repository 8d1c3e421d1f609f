"""What customers are told right after answering: who will get in touch and until when, and that they may ask for it."""

from django.utils.translation import gettext as _

from events.dates import say_moment
from followups.clock import contact_due, load_levels
from followups.models import FollowUpRule, Signal
from followups.rules.matching import facts_of, first_fitting, rules_in_order
from staff.calendars import load_week
from surveys.models import SurveyResponse


def promise_to(survey_response: SurveyResponse) -> str:
    """The promise our own rules keep; "" when none of them surely opens a follow-up, or nobody knows whom to call."""
    if survey_response.score is None or survey_response.customer_id is None:
        return ""
    at = survey_response.submitted_at
    rules = rules_in_order()
    rule = first_fitting(rules, facts_of([survey_response], rules, at=at)[survey_response.pk])
    if rule is None or rule.policy != FollowUpRule.Policy.ALWAYS:
        return ""
    due = contact_due(rule, load_levels()[rule.priority], load_week(rule.team.calendar), at=at)
    return _("Our team “%(team)s” will get in touch with you by %(moment)s.") % {
        "team": rule.team.name,
        "moment": say_moment(due),
    }


def takes_call_requests() -> bool:
    """Whether those who ask to be called are."""
    rules = FollowUpRule.objects.filter(is_active=True, signal=Signal.CALL_REQUEST)
    return rules.exclude(policy=FollowUpRule.Policy.CAUSE_ONLY).exists()
