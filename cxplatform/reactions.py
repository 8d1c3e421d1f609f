"""Which event starts which reactions. Who reads this table and schedule.py knows everything that starts by itself."""

from events.delivery import Reaction
from followups.reactions import alert_owner, open_if_unhappy
from insights.reactions import count_answered, count_asked, count_scores
from journeys.reactions import put_on_timeline
from loyalty.reactions import earn_for_answer, earn_for_purchase

REACTIONS: dict[str, tuple[Reaction, ...]] = {
    "surveys.response_submitted": (
        put_on_timeline,
        open_if_unhappy,
        earn_for_answer,
        count_scores,
        count_answered,
    ),
    "surveys.invitations_sent": (put_on_timeline, count_asked),
    "followups.follow_up_opened": (put_on_timeline, alert_owner),
    "followups.follow_up_contacted": (put_on_timeline,),
    "followups.follow_up_resolved": (put_on_timeline,),
    "followups.follow_up_escalated": (put_on_timeline,),
    "journeys.interaction_recorded": (earn_for_purchase,),
    "loyalty.entry_posted": (put_on_timeline,),
}
