"""Emptying the database between tests. On SQLite that deletes row by row, which the ledger's triggers refuse: they
are lifted for the emptying and put back with it. (PostgreSQL truncates, and no trigger of a row sees that.)"""

from importlib import import_module
from typing import Any

import pytest
from django.db.backends.sqlite3.base import DatabaseOperations

append_only = import_module("loyalty.migrations.0002_append_only")
flush_tables = DatabaseOperations.sql_flush


def lift_triggers_while_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    def sql_flush(self: DatabaseOperations, style: Any, tables: list[str], **options: Any) -> list[str]:
        statements = flush_tables(self, style, tables, **options)
        if "loyalty_entry" not in tables:
            return statements
        return [*append_only.REMOVE["sqlite"], *statements, *append_only.INSTALL["sqlite"]]

    monkeypatch.setattr(DatabaseOperations, "sql_flush", sql_flush)
