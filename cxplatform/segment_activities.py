"""What customers did, as segment conditions: each room lends its own."""

from customers.segments.activities import Activity
from followups.activity import OPEN_FOLLOW_UP
from journeys.activity import CALLED, MET_AT, PURCHASED, SPENT, TIMES_BOUGHT
from loyalty.activity import BALANCE, MEMBER_OF
from surveys.activity import ANSWERED, ASKED, LAST_NPS, SCORED, TIMES_ANSWERED, UNHAPPY_AT

ACTIVITIES: tuple[Activity, ...] = (
    PURCHASED,
    SPENT,
    TIMES_BOUGHT,
    CALLED,
    MET_AT,
    ANSWERED,
    TIMES_ANSWERED,
    LAST_NPS,
    SCORED,
    UNHAPPY_AT,
    ASKED,
    OPEN_FOLLOW_UP,
    MEMBER_OF,
    BALANCE,
)
