"""The three steps from an empty installation to the first score."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from staff.models import User
from surveys.models import Campaign, Survey, SurveyResponse


@dataclass(frozen=True)
class BeginningStep:
    """`url_name` is empty for who may not take the step."""

    title: str | Promise
    sentence: str | Promise
    url_name: str
    is_done: bool


def is_new() -> bool:
    """Nobody has answered anything yet."""
    return not SurveyResponse.objects.counted().exists()


def beginning_for(user: User) -> list[BeginningStep]:
    return [
        BeginningStep(title, sentence, url_name if user.has_perm(permission) else "", model.objects.exists())
        for title, sentence, url_name, permission, model in (
            (
                _("Bring your customers in"),
                _("Upload a CSV file and say which column is what. The same file twice changes nothing."),
                "admin:customers_customerimport_add",
                "customers.add_customerimport",
                Customer,
            ),
            (
                _("Create a survey"),
                _("NPS, CSAT or CES with a comment: twenty seconds on a phone, in five languages."),
                "admin:surveys_survey_add",
                "surveys.add_survey",
                Survey,
            ),
            (
                _("Schedule a campaign"),
                _("Choose whom to ask and when. The first answers stand here seconds after they are given."),
                "admin:surveys_campaign_add",
                "surveys.add_campaign",
                Campaign,
            ),
        )
    ]
