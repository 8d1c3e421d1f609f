"""The points ledger, one by one and in batches, against a bare insert and commit for each."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from customers.models import Customer
from loyalty.accrual import Earning, earn_points_for_all
from loyalty.checking import wrong_accounts
from loyalty.ledger import earn_points, enrol
from loyalty.models import Account, Program

ROUNDS = 5
POSTINGS = 300  # a round and side
BATCH = 2_000
MEMBERS = 2_000

numbers = count()


def measurements(folder: Path) -> Iterator[dict[str, Any]]:
    accounts = make_members()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_bare (account_id bigint, kind varchar(10), points bigint, source varchar(120))"
        )
    post_some(accounts), insert_some(accounts)
    rounds = [(post_some(accounts), insert_some(accounts), post_batch(accounts)) for _ in range(ROUNDS)]
    posted, bare, batched = (median(column) for column in zip(*rounds, strict=True))
    if wrong_accounts().exists():
        raise AssertionError("a balance is not the sum of its entries")
    yield measured("ledger posting against a bare insert and commit", posted, bare)
    yield measured("ledger batch accrual against a bare insert and commit", batched, bare)


def make_members() -> list[Account]:
    now = timezone.now()
    program = Program.objects.create(name="Bench")
    customers = Customer.objects.bulk_create(
        Customer(first_name=f"Member {n}", created_at=now, updated_at=now) for n in range(MEMBERS)
    )
    return [enrol(program=program, customer=customer, at=now) for customer in customers]


def per_second(times: int, work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return times / (time.perf_counter() - start)


def post_some(accounts: list[Account]) -> float:
    def work() -> None:
        at = timezone.now()
        for account in accounts[:POSTINGS]:
            earn_points(account=account, points=5, source=f"order:{next(numbers)}", at=at)

    return per_second(POSTINGS, work)


def insert_some(accounts: list[Account]) -> float:
    """The floor: the same row without a ledger around it."""

    def work() -> None:
        for account in accounts[:POSTINGS]:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO bench_bare VALUES (%s, %s, %s, %s)",
                    [account.pk, "earned", 5, f"order:{next(numbers)}"],
                )

    return per_second(POSTINGS, work)


def post_batch(accounts: list[Account]) -> float:
    def work() -> None:
        at = timezone.now()
        earn_points_for_all(
            program=accounts[0].program,
            rows=[
                Earning(customer=account.customer_id, points=5, source=f"wave:{next(numbers)}", at=at)
                for account in accounts[:BATCH]
            ],
        )

    return per_second(BATCH, work)


def measured(name: str, value: float, limit: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value),
        "unit": "postings/s",
        "limit": round(limit),
        "ratio": round(value / limit, 2),
    }
