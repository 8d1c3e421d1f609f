from celery import shared_task
from django.utils import timezone

from staff.api.idempotency import prune_idempotency_records
from staff.chats import send_chat_messages
from staff.mails import send_staff_mails


@shared_task
def send_staff_mails_task() -> None:
    send_staff_mails(at=timezone.now())


@shared_task
def send_chat_messages_task() -> None:
    send_chat_messages(at=timezone.now())


@shared_task
def prune_idempotency_records_task() -> None:
    prune_idempotency_records(at=timezone.now())
