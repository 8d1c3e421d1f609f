from django.apps import apps as installed_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

from staff.roles import ROLES, ensure_roles


def create_roles(apps, schema_editor):
    """Permissions are otherwise made after the last migration: too late for the roles that need them."""
    for app_config in installed_apps.get_app_configs():
        create_permissions(app_config, verbosity=0, using=schema_editor.connection.alias)
    ensure_roles(apps=apps)


def remove_roles(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    """The roles; after the first migration of every room, whose permissions they hold."""

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("events", "0001_initial"),
        ("mail", "0001_initial"),
        ("staff", "0001_initial"),
        ("customers", "0001_initial"),
        ("journeys", "0001_initial"),
        ("surveys", "0001_initial"),
        ("loyalty", "0001_initial"),
        ("insights", "0001_initial"),
        ("followups", "0001_initial"),
    ]

    operations = [migrations.RunPython(create_roles, remove_roles)]
