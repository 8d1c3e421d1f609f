"""Import customers from a CSV file or an Excel workbook, with a progress bar; what was interrupted is finished by any worker."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from customers.imports.columns import TARGETS, MappingError, guess_mapping
from customers.imports.files import BLOCK, ENCODINGS, UnreadableFile, receive_file
from customers.imports.running import claim_import, run_import, start_import
from customers.imports.trying import Trial, try_import
from customers.models import CustomerImport


class Command(BaseCommand):
    help = "Import customers from a CSV file or an Excel workbook. The same file twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="TARGET=COLUMN",
            help=f"which column is what; TARGET is one of {', '.join(TARGETS)}, attribute:NAME. "
            "Columns not named are guessed from their names.",
        )
        parser.add_argument("--language", default="", help="of customers for whom the file does not say")
        parser.add_argument("--country", default="", help="of customers for whom the file does not say")

        parser.add_argument(
            "--encoding",
            default="",
            choices=list(ENCODINGS),
            help="of a CSV file that is neither UTF-8 nor UTF-16",
        )
        parser.add_argument("--sheet", default="", help="of a workbook; the first unless it is said")
        parser.add_argument("--source", default="", help="the program whose external ids the file holds")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        named = self.mapping_from(options["map"])
        customer_import = self.receive(
            options["file"], encoding=options["encoding"], sheet=options["sheet"], source=options["source"]
        )
        mapping = guess_mapping(customer_import.header, source=options["source"]) | named
        defaults = {name: options[name] for name in ("language", "country") if options[name]}
        try:
            if options["dry_run"]:
                self.tell(self.tried(customer_import, mapping=mapping, defaults=defaults))
                self.forget(customer_import)
                return
            start_import(customer_import=customer_import, mapping=mapping, defaults=defaults)
        except MappingError as error:
            self.forget(customer_import)
            raise CommandError(f"{error}\nThe file has: {', '.join(customer_import.header)}") from error
        self.run(customer_import)
        self.report(customer_import)

    def forget(self, customer_import: CustomerImport) -> None:
        customer_import.file.delete(save=False)
        customer_import.delete()

    def tried(
        self, customer_import: CustomerImport, *, mapping: dict[str, str], defaults: dict[str, str]
    ) -> Trial:
        trial = Trial()
        chunks = try_import(
            customer_import=customer_import, mapping=mapping, defaults=defaults, at=timezone.now()
        )
        with tqdm(total=customer_import.size, unit="B", unit_scale=True, desc="Trying") as bar:
            for trial in chunks:
                bar.update(trial.position - bar.n)
        return trial

    def tell(self, trial: Trial) -> None:
        self.stdout.write(
            f"{trial.rows_read} rows: {trial.created} would be created, {trial.updated} updated, "
            f"{trial.unchanged} unchanged, {trial.refused} refused. Nothing was written."
        )
        for example in trial.created_rows:
            self.stdout.write(f"  line {example.line}: new, {example.who}")
        for example in trial.updated_rows:
            told = ", ".join(f"{name}: “{old}” → “{new}”" for name, old, new in example.differences)
            self.stdout.write(f"  line {example.line}: {example.who}: {told}")
        for line, reason in trial.refused_rows:
            self.stdout.write(f"  line {line}: refused, {reason}")

    def receive(self, path: Path, *, encoding: str, sheet: str, source: str) -> CustomerImport:
        try:
            with path.open("rb") as file:
                return receive_file(
                    blocks=iter(lambda: file.read(BLOCK), b""),
                    file_name=path.name,
                    encoding=encoding,
                    sheet=sheet,
                    source=source,
                    at=timezone.now(),
                )
        except (OSError, UnreadableFile) as error:
            raise CommandError(f"{path}: {error}") from error

    def mapping_from(self, pairs: list[str]) -> dict[str, str]:
        for pair in pairs:
            if "=" not in pair:
                raise CommandError(f"--map {pair}: write it as TARGET=COLUMN, such as email=Mail.")
        return {column: target for target, _equals, column in (pair.partition("=") for pair in pairs)}

    def run(self, customer_import: CustomerImport) -> None:
        claimed = claim_import(customer_import)
        if claimed is None:
            self.stdout.write("A worker took this import over.")
            return
        with tqdm(total=claimed.size, unit="B", unit_scale=True, desc="Importing") as bar:
            for progress in run_import(claimed, at=timezone.now()):
                bar.update(progress.position - bar.n)

    def report(self, customer_import: CustomerImport) -> None:
        customer_import.refresh_from_db()
        if customer_import.failure and customer_import.state != CustomerImport.State.DONE:
            raise CommandError(f"Stopped after line {customer_import.line}: {customer_import.failure}")
        self.stdout.write(
            f"{customer_import.rows_read} rows: {customer_import.created_count} created, "
            f"{customer_import.updated_count} updated, {customer_import.unchanged_count} unchanged, "
            f"{customer_import.refused_count} refused."
        )
        for refused in customer_import.refused_rows.all()[:10]:
            self.stdout.write(f"  line {refused.line}: {refused.reason}")
