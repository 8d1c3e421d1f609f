from django.db import migrations

COLUMNS = ("first_name", "last_name")
OPERATOR_CLASS = {"postgresql": " text_pattern_ops"}


def add_indexes(apps, schema_editor):
    kind = OPERATOR_CLASS.get(schema_editor.connection.vendor, "")
    for column in COLUMNS:
        schema_editor.execute(
            f"CREATE INDEX customer_{column}_search ON customers_customer (lower({column}){kind})"
        )


def remove_indexes(apps, schema_editor):
    for column in COLUMNS:
        schema_editor.execute(f"DROP INDEX customer_{column}_search")


class Migration(migrations.Migration):
    """Names are found by their beginning, at any number of customers, on both databases."""

    dependencies = [("customers", "0001_initial")]
    operations = [migrations.RunPython(add_indexes, remove_indexes, elidable=False)]
