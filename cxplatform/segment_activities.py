"""What customers did, as segment conditions: each room lends its own."""

from customers.segments import Activity
from surveys.activity import ANSWERED, LAST_NPS

ACTIVITIES: tuple[Activity, ...] = (
    ANSWERED,
    LAST_NPS,
)
