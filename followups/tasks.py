from celery import shared_task
from django.utils import timezone

from followups.conversations.message_files import sweep_files
from followups.conversations.sending import send_due_messages
from followups.noticing import call_who_waits, notice_those_at_risk
from followups.working.digests import send_digests
from followups.working.escalation import escalate_overdue, wake_waiting
from followups.working.handing_on import hand_on
from followups.working.promises import remind_of_promises
from followups.working.visits import forget_visits


@shared_task
def escalate_overdue_task() -> None:
    at = timezone.now()
    wake_waiting(at=at)
    hand_on(at=at)
    escalate_overdue(at=at)
    remind_of_promises(at=at, today=timezone.localdate(at))
    forget_visits(at=at)


@shared_task
def notice_task() -> None:
    at = timezone.now()
    call_who_waits(at=at)
    notice_those_at_risk(at=at)


@shared_task
def send_messages_task() -> None:
    send_due_messages(at=timezone.now())


@shared_task
def send_digests_task() -> None:
    send_digests(at=timezone.now())


@shared_task
def sweep_files_task() -> None:
    sweep_files(at=timezone.now())
