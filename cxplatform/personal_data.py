"""What is kept about a person, and what may be forgotten when it is old: each room lends its own."""

from customers.merging.holdings import MERGES
from customers.privacy.holdings import (
    CONSENTS,
    DELIVERIES,
    FILES,
    IDENTITIES,
    LIKENESSES,
    LOOKS,
    MAILS,
    PROFILE,
)
from customers.privacy.personal import Holding, Retention
from customers.privacy.retention import INACTIVE_CUSTOMERS, OLD_FILES, OLD_MAILS
from customers.segments.lists import LISTS
from followups.holdings import CONVERSATIONS, FOLLOW_UPS, OLD_CONVERSATIONS, OLD_NOTES
from followups.improvements.holdings import VOICES
from journeys.holdings import INTERACTIONS, OLD_INTERACTIONS
from loyalty.holdings import POINTS
from surveys.holdings import ANSWERS, INVITATIONS, OLD_COMMENTS

HOLDINGS: tuple[Holding, ...] = (
    FILES,
    MERGES,
    PROFILE,
    IDENTITIES,
    LIKENESSES,
    LISTS,
    CONSENTS,
    INTERACTIONS,
    INVITATIONS,
    ANSWERS,
    VOICES,
    FOLLOW_UPS,
    CONVERSATIONS,
    POINTS,
    MAILS,
    DELIVERIES,
    LOOKS,
)
RETENTIONS: tuple[Retention, ...] = (
    OLD_INTERACTIONS,
    OLD_COMMENTS,
    OLD_MAILS,
    OLD_FILES,
    OLD_NOTES,
    OLD_CONVERSATIONS,
    INACTIVE_CUSTOMERS,
)
