from celery import shared_task
from django.utils import timezone

from customers.imports.pruning import prune_imports
from customers.imports.running import run_imports
from customers.merging.duplicates import find_duplicates
from customers.privacy.retention import apply_retention
from events.doorbell import ring


@shared_task
def run_imports_task() -> None:
    if not run_imports(at=timezone.now()):
        ring(run_imports_task)


@shared_task
def prune_imports_task() -> None:
    prune_imports(at=timezone.now())


@shared_task
def apply_retention_task() -> None:
    apply_retention(at=timezone.now())


@shared_task
def find_duplicates_task() -> None:
    find_duplicates(at=timezone.now())
