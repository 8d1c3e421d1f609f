from django.db import migrations

NAME = "lower(first_name || ' ' || last_name)"


def add_index(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
        is_there = cursor.fetchone()
        cursor.execute("SELECT has_database_privilege(current_database(), 'CREATE')")
        if not (is_there and cursor.fetchone()[0]):
            return
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute(f"CREATE INDEX customer_name_middle ON customers_customer USING gin ({NAME} gin_trgm_ops)")


def remove_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS customer_name_middle")


class Migration(migrations.Migration):
    """The middle of a name is found at once on PostgreSQL, where its extension of trigrams may be used."""

    dependencies = [("customers", "0010_persona_role")]
    operations = [migrations.RunPython(add_index, remove_index, elidable=False)]
