"""What stands on a customer's page: each room lends its own."""

from customers.panels import Panel
from followups.panels import FOLLOW_UPS
from journeys.panels import TIMELINE
from loyalty.panels import LOYALTY
from surveys.panels import ASK, ASKED, FEEDBACK

PANELS: tuple[Panel, ...] = (
    TIMELINE,
    FEEDBACK,
    FOLLOW_UPS,
    ASK,
    ASKED,
    LOYALTY,
)
