import os
from argparse import ArgumentParser
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone

from demo.organisation import build_organisation, is_built
from demo.processes import answers, run_processes


class Command(BaseCommand):
    help = "Set up the demo organisation where there is none, and run web, worker and scheduler until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))
        parser.add_argument("--only-build", action="store_true", help="Build the organisation and stop.")

    def handle(self, *, port: int, only_build: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "The demo does not run with PRODUCTION on: it has a user with a known password."
            )
        if answers(f"http://127.0.0.1:{port}/healthz/live"):
            raise CommandError(f"Port {port} is in use. Choose another: make demo PORT=8001")
        call_command("migrate", verbosity=0)
        if not is_built():
            self.stdout.write(
                "Building Meridian Mobile: a year of customers, surveys, follow-ups and points."
            )
            build_organisation(at=timezone.now())
        if only_build:
            return
        current_app.control.purge()  # bells that rang while nobody was there to hear them
        connections.close_all()
        log = settings.STATE_DIR / "demo.log"
        code = run_processes(port=port, log=log, when_ready=lambda: self.announce(port))
        if code:
            raise CommandError(f"A process ended by itself. {log} says why.", returncode=code)

    def announce(self, port: int) -> None:
        self.stdout.write(f"Ready: http://127.0.0.1:{port}  admin / demo", ending="\n")
        self.stdout.flush()
