from celery import shared_task
from django.utils import timezone

from loyalty.checking import check_ledger


@shared_task
def check_ledger_task() -> None:
    check_ledger(at=timezone.now())
