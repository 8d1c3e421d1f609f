from django.db import migrations


def add_rule(apps, schema_editor):
    """Not active until an administrator says so."""
    apps.get_model("customers", "RetentionRule").objects.get_or_create(kind="conversations")


def remove_rule(apps, schema_editor):
    apps.get_model("customers", "RetentionRule").objects.filter(kind="conversations").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0007_retention_rules"),
        ("followups", "0017_conversation_roles"),
    ]

    operations = [migrations.RunPython(add_rule, remove_rule)]
