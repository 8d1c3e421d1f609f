from celery import shared_task
from django.utils import timezone

from insights.checking import check_rollups


@shared_task
def check_rollups_task() -> None:
    check_rollups(at=timezone.now())
