from celery import shared_task
from django.utils import timezone

from followups.digests import send_digests
from followups.escalation import escalate_overdue, wake_waiting
from followups.handing_on import hand_on
from followups.visits import forget_visits


@shared_task
def escalate_overdue_task() -> None:
    at = timezone.now()
    wake_waiting(at=at)
    hand_on(at=at)
    escalate_overdue(at=at)
    forget_visits(at=at)


@shared_task
def send_digests_task() -> None:
    send_digests(at=timezone.now())
