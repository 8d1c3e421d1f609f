"""A rule for each kind of data, not active until an administrator says so."""

from django.db import migrations

KINDS = ("interactions", "comments", "mails", "files", "notes", "customers")


def add_rules(apps, schema_editor):
    rules = apps.get_model("customers", "RetentionRule").objects
    for kind in KINDS:
        rules.get_or_create(kind=kind)


class Migration(migrations.Migration):
    dependencies = [("customers", "0006_merging")]

    operations = [migrations.RunPython(add_rules, migrations.RunPython.noop)]
