from followups.models.follow_ups import FollowUp, FollowUpLeg, FollowUpStep, FollowUpVisit, JoinedResponse
from followups.models.messages import Message, ReplyTemplate
from followups.models.rules import FollowUpRule, Priority, RootCause, ServiceLevel

__all__ = [
    "FollowUp",
    "FollowUpLeg",
    "FollowUpRule",
    "FollowUpStep",
    "FollowUpVisit",
    "JoinedResponse",
    "Message",
    "Priority",
    "ReplyTemplate",
    "RootCause",
    "ServiceLevel",
]
