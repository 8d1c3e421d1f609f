from followups.models.digests import DigestEntry
from followups.models.follow_ups import (
    FollowUp,
    FollowUpLeg,
    FollowUpStep,
    FollowUpVisit,
    JoinedSignal,
    NotCalled,
)
from followups.models.goodwill import Goodwill, GoodwillLimit
from followups.models.improvements import Improvement, ImprovementStep, ImprovementVoice, TellingCampaign
from followups.models.message_files import MessageFile
from followups.models.messages import Message, ReplyTemplate
from followups.models.playbooks import Playbook, PlaybookStep
from followups.models.rules import FollowUpRule, Priority, RootCause, ServiceLevel, Signal
from followups.models.saved_views import SavedView
from followups.models.settings import LoopSettings
from followups.models.tasks import FollowUpTask

__all__ = [
    "DigestEntry",
    "FollowUp",
    "FollowUpLeg",
    "FollowUpRule",
    "FollowUpStep",
    "FollowUpTask",
    "FollowUpVisit",
    "Goodwill",
    "GoodwillLimit",
    "Improvement",
    "ImprovementStep",
    "ImprovementVoice",
    "JoinedSignal",
    "LoopSettings",
    "Message",
    "MessageFile",
    "NotCalled",
    "Playbook",
    "PlaybookStep",
    "Priority",
    "ReplyTemplate",
    "RootCause",
    "SavedView",
    "ServiceLevel",
    "Signal",
    "TellingCampaign",
]
