"""Which event starts which reactions. Who reads this table and schedule.py knows everything that starts by itself."""

from customers.reactions import stop_writing_to
from events.delivery import Reaction
from followups.reactions import (
    alert_of_joined,
    alert_owner,
    ask_whether_solved,
    hear_customers,
    hear_texts,
    hear_whether_solved,
    note_goodwill,
    note_what_came_back,
    open_because_of,
    open_if_unhappy,
)
from insights.reactions import count_answered, count_asked, count_scores, uncount_asked
from journeys.reactions import put_on_timeline
from loyalty.reactions import earn_for_answer, earn_for_purchase, give_goodwill
from surveys.reactions import (
    ask_after_rest,
    ask_because_of,
    find_topics,
    hear_recipients,
    note_what_arrived,
    tell_of_outage,
    tell_that_it_goes_on,
    tell_that_sender_is_refused,
)

REACTIONS: dict[str, tuple[Reaction, ...]] = {
    "surveys.response_submitted": (
        put_on_timeline,
        open_if_unhappy,
        hear_whether_solved,
        earn_for_answer,
        count_scores,
        count_answered,
        find_topics,
    ),
    "surveys.responses_imported": (
        put_on_timeline,
        count_scores,
        find_topics,
    ),  # nobody is called about last year's answers
    "surveys.invitations_sent": (put_on_timeline, count_asked),
    "surveys.invitation_unsent": (uncount_asked,),
    "surveys.sender_refused": (tell_that_sender_is_refused,),
    "followups.follow_up_opened": (put_on_timeline, alert_owner),
    "followups.follow_up_joined": (alert_of_joined,),
    "followups.follow_up_contacted": (put_on_timeline,),
    "followups.follow_up_resolved": (put_on_timeline, ask_whether_solved),
    "followups.goodwill_granted": (give_goodwill,),
    "followups.follow_up_escalated": (put_on_timeline,),
    "customers.rest_ended": (ask_after_rest,),
    "mail.delivery_reported": (stop_writing_to, note_what_arrived, note_what_came_back),
    "mail.letter_received": (hear_customers, hear_recipients),
    "mail.text_received": (hear_texts,),
    "mail.machine_recognised": (note_what_arrived,),
    "mail.outage_began": (tell_of_outage,),
    "mail.outage_ended": (tell_that_it_goes_on,),
    "journeys.interaction_recorded": (earn_for_purchase, ask_because_of, open_because_of),
    "loyalty.goodwill_settled": (note_goodwill,),
    "loyalty.entry_posted": (put_on_timeline,),
}
