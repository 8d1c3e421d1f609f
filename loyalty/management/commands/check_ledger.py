from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from loyalty.checking import check_ledger


class Command(BaseCommand):
    help = "Compare every balance with the sum of its entries; fails and tells the administrators when one is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = check_ledger(at=timezone.now())
        for account in wrong:
            self.stderr.write(f"Account {account.pk}: balance {account.balance}, entries {account.posted}")  # type: ignore[attr-defined]  # annotated
        if wrong:
            raise CommandError(f"{len(wrong)} wrong balances.")
        self.stdout.write("Every balance is the sum of its entries.")
