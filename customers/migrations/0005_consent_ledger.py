"""The database itself refuses to change or delete a line of the consent ledger; what is agreed now begins it.

SQLite loses triggers when a later migration makes the table anew: such a migration runs `install` again.
"""

from django.db import migrations

REFUSAL = "The consent ledger is append-only: record the change instead."

INSTALL = {
    "sqlite": [
        f"""
        CREATE TRIGGER customers_consentrecord_no_update BEFORE UPDATE ON customers_consentrecord
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
        """,
        f"""
        CREATE TRIGGER customers_consentrecord_no_delete BEFORE DELETE ON customers_consentrecord
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END
        """,
    ],
    "postgresql": [
        f"""
        CREATE FUNCTION customers_consentrecord_refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
        """,
        """
        CREATE TRIGGER customers_consentrecord_append_only BEFORE UPDATE OR DELETE ON customers_consentrecord
        FOR EACH ROW EXECUTE FUNCTION customers_consentrecord_refuse()
        """,
    ],
}
REMOVE = {
    "sqlite": [
        "DROP TRIGGER IF EXISTS customers_consentrecord_no_update",
        "DROP TRIGGER IF EXISTS customers_consentrecord_no_delete",
    ],
    "postgresql": [
        "DROP TRIGGER IF EXISTS customers_consentrecord_append_only ON customers_consentrecord",
        "DROP FUNCTION IF EXISTS customers_consentrecord_refuse()",
    ],
}
BEGIN_LEDGER = """
    INSERT INTO customers_consentrecord (customer_number, purpose, channel, state, source_kind, at)
    SELECT customer_id, purpose, channel, state,
        CASE WHEN source LIKE 'staff%' THEN 'staff' WHEN source LIKE 'import%' THEN 'import'
             WHEN source LIKE 'link%' THEN 'link' ELSE 'program' END,
        at
    FROM customers_consent ORDER BY id
"""
KEEP_PROOF = """
    INSERT INTO customers_consentproof (record_id, source, wording, version)
    SELECT record.id, consent.source, '', ''
    FROM customers_consent consent
    JOIN customers_consentrecord record ON record.customer_number = consent.customer_id
        AND record.purpose = consent.purpose AND record.channel = consent.channel
    WHERE consent.source <> ''
"""


def install(apps, schema_editor):
    for statement in (BEGIN_LEDGER, KEEP_PROOF, *INSTALL[schema_editor.connection.vendor]):
        schema_editor.execute(statement.replace("%", "%%"), [])


def remove(apps, schema_editor):
    for statement in REMOVE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)
    schema_editor.execute("DELETE FROM customers_consentproof")
    schema_editor.execute("DELETE FROM customers_consentrecord")


class Migration(migrations.Migration):
    dependencies = [("customers", "0004_privacy")]

    operations = [migrations.RunPython(install, remove)]
