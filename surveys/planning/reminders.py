"""Reminding those who were asked and did not answer.

Nobody is due before the oldest message that nobody answered has waited long enough. That moment is remembered, or each
sweep would read all that a campaign ever sent.
"""

from datetime import datetime, timedelta

from django.db.models import F, Min, Q
from django.db.models.functions import Coalesce

from surveys.answering.closing import campaign_takes_answers
from surveys.models import Campaign, Invitation

AGAIN = timedelta(minutes=1)  # after somebody was due, others soon are
AT_LATEST = timedelta(
    hours=1
)  # who may be written to again, or was found to have had theirs, is not remembered


def plan_reminders(*, at: datetime) -> int:
    """Put sent, unanswered invitations whose waiting time is over back among the planned; returns how many."""
    may_be_due = Q(remind_at=None) | Q(remind_at__lte=at)
    campaigns = Campaign.objects.filter(
        may_be_due, campaign_takes_answers(at=at), state=Campaign.State.SENDING, reminders__gt=0
    )
    return sum(plan_reminders_of(campaign, at=at) for campaign in campaigns)


def plan_reminders_of(campaign: Campaign, *, at: datetime) -> int:
    patience = timedelta(days=campaign.remind_after_days)
    unanswered = Invitation.objects.to_remind().filter(
        wave__campaign=campaign, reminders_sent__lt=campaign.reminders
    )
    waiting = unanswered.annotate(last_sent_at=Coalesce(F("reminded_at"), F("sent_at")))
    due = waiting.filter(last_sent_at__lte=at - patience)
    planned = due.update(state=Invitation.State.PLANNED, due_at=at)
    look_at = at + min(AGAIN, patience)
    if not planned:
        oldest = waiting.aggregate(oldest=Min("last_sent_at"))["oldest"]
        look_at = at + min(AT_LATEST, patience)
        look_at = min(look_at, oldest + patience) if oldest else look_at
    Campaign.objects.filter(pk=campaign.pk).update(remind_at=look_at)
    return planned
