"""What customers did, as segment conditions: each room lends its own."""

from customers.segments import Activity
from journeys.activity import CALLED, MET_AT, PURCHASED
from loyalty.activity import BALANCE, MEMBER_OF
from surveys.activity import ANSWERED, LAST_NPS

ACTIVITIES: tuple[Activity, ...] = (
    PURCHASED,
    CALLED,
    MET_AT,
    ANSWERED,
    LAST_NPS,
    MEMBER_OF,
    BALANCE,
)
