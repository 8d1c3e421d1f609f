"""The database itself refuses to change or delete an entry of the points ledger.

SQLite loses triggers when a later migration makes the table anew: such a migration runs `install` again.
"""

from django.db import migrations

REFUSAL = "The points ledger is append-only: reverse the entry instead."

INSTALL = {
    "sqlite": [
        f"""
        CREATE TRIGGER loyalty_entry_no_update BEFORE UPDATE ON loyalty_entry
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
        """,
        f"""
        CREATE TRIGGER loyalty_entry_no_delete BEFORE DELETE ON loyalty_entry
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
        """,
    ],
    "postgresql": [
        f"""
        CREATE FUNCTION loyalty_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
        """,
        """
        CREATE TRIGGER loyalty_entry_append_only BEFORE UPDATE OR DELETE ON loyalty_entry
        FOR EACH ROW EXECUTE FUNCTION loyalty_entry_refuse()
        """,
    ],
}
REMOVE = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS loyalty_entry_no_update",
        "DROP TRIGGER IF EXISTS loyalty_entry_no_delete",
    ],
    "postgresql": [
        "DROP TRIGGER IF EXISTS loyalty_entry_append_only ON loyalty_entry",
        "DROP FUNCTION IF EXISTS loyalty_entry_refuse()",
    ],
}


def install(apps, schema_editor):
    for statement in INSTALL[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def remove(apps, schema_editor):
    for statement in REMOVE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial")]

    operations = [migrations.RunPython(install, remove)]
