"""What stands on a customer's page: each room lends its own."""

from customers.panels import Panel
from followups.panels import FOLLOW_UPS
from surveys.panels import FEEDBACK

PANELS: tuple[Panel, ...] = (
    FEEDBACK,
    FOLLOW_UPS,
)
