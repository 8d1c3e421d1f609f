from followups.models.follow_ups import FollowUp, FollowUpLeg, FollowUpStep, FollowUpVisit, JoinedResponse
from followups.models.improvements import Improvement, ImprovementStep, ImprovementVoice, TellingCampaign
from followups.models.rules import FollowUpRule, Priority, RootCause, ServiceLevel

__all__ = [
    "FollowUp",
    "FollowUpLeg",
    "FollowUpRule",
    "FollowUpStep",
    "FollowUpVisit",
    "Improvement",
    "ImprovementStep",
    "ImprovementVoice",
    "JoinedResponse",
    "Priority",
    "RootCause",
    "ServiceLevel",
    "TellingCampaign",
]
