#!/usr/bin/env python
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    """Run a command; a wrong setting or an unreachable database is told in one sentence, not in a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxplatform.settings")
    try:
        run()
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")


def run() -> None:
    try:
        execute_from_command_line(sys.argv)
    except OperationalError:
        from events.start import check_database  # noqa: PLC0415  needs the settings, which may be wrong

        check_database()
        raise


if __name__ == "__main__":
    main()
