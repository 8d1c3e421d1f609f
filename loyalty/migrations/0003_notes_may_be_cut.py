"""The ledger's numbers stay as they are for ever; the note beside them, which may name a person, can be cut."""

from importlib import import_module

from django.db import migrations

append_only = import_module("loyalty.migrations.0002_append_only")
KEPT = ("id", "account_id", "kind", "points", "source", "reverses_id", "reward_id", "at")
SQLITE_CHANGED = " OR ".join(f"NEW.{column} IS NOT OLD.{column}" for column in KEPT)
POSTGRESQL_CHANGED = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in KEPT)

INSTALL = {
    "sqlite": [
        f"""
        CREATE TRIGGER loyalty_entry_no_update BEFORE UPDATE ON loyalty_entry
        WHEN {SQLITE_CHANGED}
        BEGIN SELECT RAISE(ABORT, '{append_only.REFUSAL}'); END
        """,
        append_only.INSTALL["sqlite"][1],
    ],
    "postgresql": [
        append_only.INSTALL["postgresql"][0],
        f"""
        CREATE TRIGGER loyalty_entry_no_update BEFORE UPDATE ON loyalty_entry
        FOR EACH ROW WHEN ({POSTGRESQL_CHANGED}) EXECUTE FUNCTION loyalty_entry_refuse()
        """,
        """
        CREATE TRIGGER loyalty_entry_append_only BEFORE DELETE ON loyalty_entry
        FOR EACH ROW EXECUTE FUNCTION loyalty_entry_refuse()
        """,
    ],
}
REMOVE = {
    "sqlite": append_only.REMOVE["sqlite"],
    "postgresql": [
        "DROP TRIGGER IF EXISTS loyalty_entry_no_update ON loyalty_entry",
        *append_only.REMOVE["postgresql"],
    ],
}


def install(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in (*append_only.REMOVE[vendor], *INSTALL[vendor]):
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in (*REMOVE[vendor], *append_only.INSTALL[vendor]):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0002_append_only")]

    operations = [migrations.RunPython(install, remove)]
