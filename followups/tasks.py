from celery import shared_task
from django.utils import timezone

from followups.escalation import escalate_overdue


@shared_task
def escalate_overdue_task() -> None:
    escalate_overdue(at=timezone.now())
