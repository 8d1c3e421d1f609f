"""Importing customers from a file, checked and with identities, against a bare bulk load of the same rows.

BENCH_ROWS says how many (100,000); with 1,000,000 the memory line is what DESIGN asks for.
"""

import csv
import os
import resource
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from customers.bulk import insert_rows, reserve_ids
from customers.identities import digest_of
from customers.imports.columns import guess_mapping
from customers.imports.files import BLOCK, receive_file
from customers.imports.running import claim_import, run_import, start_import
from customers.imports.writing import CONSENT_COLUMNS, CUSTOMER_COLUMNS, IDENTITY_COLUMNS
from customers.models import Consent, Customer, CustomerImport, Identity

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
ROUNDS = 3
MOST_GROWTH = 300  # MB
HEADER = (
    "customer_id", "email", "first_name", "last_name", "language", "country", "customer_since", "consent", "plan",
)  # fmt: skip
LANGUAGES = ("en", "ru", "bs", "fa", "zh-hans")


def measurements(folder: Path) -> Iterator[dict[str, Any]]:
    path = write_file(folder / "first.csv", start="first")
    before = peak_memory()
    import_file(path, created=ROWS)
    growth = peak_memory() - before  # measured first: the bare load keeps all its rows in memory
    loaded, imported = [], []
    for number in range(ROUNDS):
        loaded.append(ROWS / load_bare(f"bare{number}"))
        path = write_file(folder / f"{number}.csv", start=f"file{number}")
        imported.append(ROWS / import_file(path, created=ROWS))
    yield measured("customer import against a bare bulk load", median(imported), median(loaded), "rows/s")
    again = ROWS / import_file(path, created=0)
    yield measured("the same file again", again, median(loaded), "rows/s")
    yield measured("memory an import adds", growth, MOST_GROWTH, "MB")


def measured(name: str, value: float, limit: float, unit: str) -> dict[str, Any]:
    return {
        "name": f"{name}, {ROWS:,} rows",
        "value": round(value),
        "unit": unit,
        "limit": round(limit),
        "ratio": round(value / limit, 2),
    }


def people(start: str) -> Iterator[tuple[str, ...]]:
    for n in range(ROWS):
        yield (
            f"{start}-{n}",
            f"{start}.{n}@mail{n % 500}.example",
            "Amina",
            f"Hadžić {n}",
            LANGUAGES[n % 5],
            "BA",
            f"{2000 + n % 25}-0{n % 9 + 1}-1{n % 9}",
            "yes",
            "Gold" if n % 3 else "Basic",
        )


def write_file(path: Path, *, start: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(people(start))
    return path


def load_bare(start: str) -> float:
    """Seconds for the finished rows of all three tables to go in, in one transaction."""
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    customers, identities, consents = [], [], []
    with transaction.atomic():
        ids = reserve_ids(Customer, ROWS)
    for pk, (number, email, first, last, language, country, since, _yes, plan) in zip(
        ids, people(start), strict=True
    ):
        columns = (first, last, language, "Europe/Sarajevo", country, since, None, f'{{"plan": "{plan}"}}')
        customers.append((*columns, None, at, at, pk))
        identities.append((pk, "external", "", number, digest_of(number), True))
        identities.append((pk, "email", "", email, digest_of(email), True))
        consents.append((pk, "survey", "email", "granted", "import", at))
    began = time.perf_counter()
    with transaction.atomic():
        insert_rows(Customer, CUSTOMER_COLUMNS, customers)
        insert_rows(Identity, IDENTITY_COLUMNS, identities)
        insert_rows(Consent, CONSENT_COLUMNS, consents)
    return time.perf_counter() - began


def import_file(path: Path, *, created: int) -> float:
    """Seconds from the file to the last commit: taken in, checked, written."""
    began = time.perf_counter()
    with path.open("rb") as file:
        customer_import = receive_file(
            blocks=iter(lambda: file.read(BLOCK), b""), file_name=path.name, at=timezone.now()
        )
    mapping = guess_mapping(customer_import.header) | {"plan": "attribute:plan"}
    start_import(customer_import=customer_import, mapping=mapping, defaults={})
    claimed = claim_import(customer_import)
    if claimed is None:
        raise AssertionError("The import cannot be claimed")
    for _progress in run_import(claimed, at=timezone.now()):
        pass
    seconds = time.perf_counter() - began
    done = CustomerImport.objects.get(pk=customer_import.pk)
    if (done.state, done.created_count, done.unchanged_count) != ("done", created, ROWS - created):
        raise AssertionError(f"{done.failure}: {done.created_count} created of {created}")
    return seconds


def peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
