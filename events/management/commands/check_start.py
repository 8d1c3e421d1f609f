from typing import Any

from django.core.management.base import BaseCommand

from events.start import check_database, check_migrations


class Command(BaseCommand):
    help = "Say in one sentence what keeps the platform from starting; silent when nothing does."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        check_database()
        check_migrations()
