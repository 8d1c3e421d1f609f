from celery import shared_task
from django.utils import timezone

from events.delivery import deliver_for_a_while, prune_events
from events.doorbell import ring


@shared_task
def deliver_events_task() -> None:
    if not deliver_for_a_while(at=timezone.now()):
        ring(deliver_events_task)


@shared_task
def prune_events_task() -> None:
    prune_events(at=timezone.now())
