"""What follows a customer into a merge: each room lends its own."""

from customers.merging.moves import Belongings
from customers.segments.lists import MEMBERSHIPS
from followups.moves import FOLLOW_UPS, NOT_CALLED
from journeys.moves import INTERACTIONS
from loyalty.moves import POINTS
from surveys.moves import INVITATIONS, RESPONSES

BELONGINGS: tuple[Belongings, ...] = (
    INTERACTIONS,
    INVITATIONS,
    RESPONSES,
    FOLLOW_UPS,
    NOT_CALLED,
    POINTS,
    MEMBERSHIPS,
)
