from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from insights.rebuilding import rebuild_rollups


class Command(BaseCommand):
    help = (
        "Derives the daily counts behind the dashboard anew from the answers. Answers may come in meanwhile."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--start", type=date.fromisoformat, help="the first day, YYYY-MM-DD")
        parser.add_argument("--end", type=date.fromisoformat, help="the last day, YYYY-MM-DD")

    def handle(self, *args: Any, start: date | None, end: date | None, **options: Any) -> None:
        rows = rebuild_rollups(start=start, end=end)
        self.stdout.write(f"{rows} daily rows derived from the answers.")
