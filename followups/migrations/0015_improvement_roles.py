from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from staff.roles import ensure_roles


def grant(apps, schema_editor):
    """Permissions are otherwise made after the last migration: too late for the roles that need them."""
    create_permissions(
        installed_apps.get_app_config("followups"), verbosity=0, using=schema_editor.connection.alias
    )
    ensure_roles(apps=apps)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("followups", "0014_improvements"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
