"""Which event starts which reactions. Who reads this table and schedule.py knows everything that starts by itself."""

from events.delivery import Reaction
from followups.reactions import alert_owner, open_if_unhappy

REACTIONS: dict[str, tuple[Reaction, ...]] = {
    "surveys.response_submitted": (open_if_unhappy,),
    "followups.follow_up_opened": (alert_owner,),
}
