"""Reminding those who were asked and did not answer."""

from datetime import datetime, timedelta

from django.db.models import F
from django.db.models.functions import Coalesce

from surveys.answering.closing import campaign_takes_answers
from surveys.models import Campaign, Invitation


def plan_reminders(*, at: datetime) -> int:
    """Put sent, unanswered invitations whose waiting time is over back among the planned; returns how many."""
    planned = 0
    campaigns = Campaign.objects.filter(
        campaign_takes_answers(at=at), state=Campaign.State.SENDING, reminders__gt=0
    )
    for campaign in campaigns:
        waited_since = at - timedelta(days=campaign.remind_after_days)
        waiting = (
            Invitation.objects.to_remind()
            .filter(wave__campaign=campaign, reminders_sent__lt=campaign.reminders)
            .annotate(last_sent_at=Coalesce(F("reminded_at"), F("sent_at")))
        )
        planned += waiting.filter(last_sent_at__lte=waited_since).update(
            state=Invitation.State.PLANNED, due_at=at
        )
    return planned
