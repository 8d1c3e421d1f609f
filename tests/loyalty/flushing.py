"""Emptying the database between tests. On SQLite that deletes row by row, which the ledgers' triggers refuse: they
are lifted for the emptying and put back with it. (PostgreSQL truncates, and no trigger of a row sees that.)"""

from importlib import import_module
from typing import Any

import pytest
from django.db.backends.sqlite3.base import DatabaseOperations

LEDGERS = {
    "loyalty_entry": import_module("loyalty.migrations.0003_notes_may_be_cut"),
    "customers_consentrecord": import_module("customers.migrations.0005_consent_ledger"),
}
flush_tables = DatabaseOperations.sql_flush


def lift_triggers_while_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **options: Any) -> list[str]:
        ledgers = [ledger for table, ledger in LEDGERS.items() if table in tables]
        lifted = [statement for ledger in ledgers for statement in ledger.REMOVE["sqlite"]]
        restored = [statement for ledger in ledgers for statement in ledger.INSTALL["sqlite"]]
        return [*lifted, *flush_tables(self, style, tables, **options), *restored]

    monkeypatch.setattr(DatabaseOperations, "sql_flush", sql_flush)
