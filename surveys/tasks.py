from celery import shared_task
from django.utils import timezone

from events.doorbell import ring
from surveys.campaigns import finish_campaigns, start_due_campaigns
from surveys.reminders import plan_reminders
from surveys.sending import return_leases, send_due_invitations


@shared_task
def run_campaigns_task() -> None:
    """The sweep of all campaigns; also what the bell of a new one rings."""
    at = timezone.now()
    return_leases()
    start_due_campaigns(at=at)
    plan_reminders(at=at)
    finish_campaigns(at=at)
    ring(send_invitations_task)


@shared_task
def send_invitations_task() -> None:
    if not send_due_invitations(at=timezone.now()):
        ring(send_invitations_task)
