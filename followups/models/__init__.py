from followups.models.digests import DigestEntry
from followups.models.follow_ups import FollowUp, FollowUpLeg, FollowUpStep, FollowUpVisit, JoinedResponse
from followups.models.rules import FollowUpRule, Priority, RootCause, ServiceLevel

__all__ = [
    "DigestEntry",
    "FollowUp",
    "FollowUpLeg",
    "FollowUpRule",
    "FollowUpStep",
    "FollowUpVisit",
    "JoinedResponse",
    "Priority",
    "RootCause",
    "ServiceLevel",
]
