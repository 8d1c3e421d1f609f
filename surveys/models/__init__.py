"""What we ask, whom and by which way, and what came back."""

from surveys.models.campaigns import Campaign, Sender, Wave
from surveys.models.imports import RefusedLine, ResponseImport, SurveyOrigin
from surveys.models.interviews import Interview
from surveys.models.invitations import Claim, Invitation, SendingPlace
from surveys.models.links import SurveyLink
from surveys.models.policy import ContactCap, ContactRules, SendingLimit
from surveys.models.responses import Answer, StartedResponse, SurveyResponse, Upload
from surveys.models.surveys import Question, Survey, SurveyVersion, Theme
from surveys.models.tallies import Tally
from surveys.models.topics import CommentTopic, Topic

__all__ = [
    "Answer",
    "Campaign",
    "Claim",
    "CommentTopic",
    "ContactCap",
    "ContactRules",
    "Interview",
    "Invitation",
    "Question",
    "RefusedLine",
    "ResponseImport",
    "Sender",
    "SendingLimit",
    "SendingPlace",
    "StartedResponse",
    "Survey",
    "SurveyLink",
    "SurveyOrigin",
    "SurveyResponse",
    "SurveyVersion",
    "Tally",
    "Theme",
    "Topic",
    "Upload",
    "Wave",
]
