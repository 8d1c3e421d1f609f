"""Whether the platform can start: told in one sentence that names what to change."""

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor


def check_database() -> None:
    """Raise ImproperlyConfigured when the database named by DATABASE_URL does not answer."""
    unpooled = connection.copy()  # a pool would try again for ten seconds and hide the reason
    unpooled.settings_dict = unpooled.settings_dict | {
        "OPTIONS": {
            name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"
        }
    }
    try:
        unpooled.ensure_connection()
    except OperationalError as error:
        reason = " ".join(str(error).split())
        raise ImproperlyConfigured(
            f"The database that DATABASE_URL names does not answer: {reason}"
        ) from error
    finally:
        unpooled.close()


def check_migrations() -> None:
    """Raise ImproperlyConfigured when the database is older than the code."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise ImproperlyConfigured("The database is older than the code: run “manage.py migrate” first.")
