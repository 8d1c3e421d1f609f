from celery import shared_task
from django.utils import timezone

from customers.imports.running import run_imports
from events.doorbell import ring


@shared_task
def run_imports_task() -> None:
    if not run_imports(at=timezone.now()):
        ring(run_imports_task)
