from celery import shared_task
from django.utils import timezone

from staff.mails import send_staff_mails


@shared_task
def send_staff_mails_task() -> None:
    send_staff_mails(at=timezone.now())
