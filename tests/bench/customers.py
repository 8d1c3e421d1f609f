"""Finding people among a million: segment counts, the search box, and one customer's page whatever their history.

BENCH_CUSTOMERS says how many. The database invents them itself: each has an address, every second a phone, two of
three agreed to surveys, and each bought twice. Then the first customer is given a history as long as the list.
"""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from customers.models import Customer
from customers.searching import search_customers
from customers.segments import customers_matching
from tests.factories.journeys import TouchpointFactory
from tests.factories.staff import UserFactory

MANY = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
ROUNDS = 7
TIDY = {"postgresql": "VACUUM ANALYZE", "sqlite": "ANALYZE"}
COUNT_OWED, FIND_OWED = 300, 50  # ms
QUERIES_OWED = 15
CONSENT = {"field": "consent.survey.email", "op": "is", "value": "granted"}
COUNTED = {
    "language, consent, bought in 90 days": [
        {"field": "language", "op": "is", "value": "bs"},
        CONSENT,
        {"field": "purchased", "op": "in_last_days", "value": 90},
    ],
    "country, attribute, reachable by phone": [
        {"field": "country", "op": "is", "value": "DE"},
        {"field": "attributes.plan", "op": "is", "value": "gold"},
        {"field": "phone", "op": "is_set"},
    ],
    "consent, customer for a year, not bought in 30 days": [
        CONSENT,
        {"field": "customer_since", "op": "more_than_days_ago", "value": 365},
        {"field": "purchased", "op": "not_in_last_days", "value": 30},
    ],
}


def measurements(folder: Path) -> Iterator[dict[str, Any]]:
    inventing = invent()
    next(inventing)
    at = timezone.now()
    for name, conditions in COUNTED.items():
        seconds = typical(lambda rule={"all": conditions}: customers_matching(rule, at=at).count())
        yield measured(f"segment count over {MANY:,}: {name}", seconds, COUNT_OWED)
    for name, text in (
        ("an address", f"customer{MANY // 2}@mail.example"),
        ("a phone", f"+4930{MANY // 2:08}"),
        ("the beginning of a name few have", "Hadžić77"),
        ("the beginning of a name many have", "ami"),
        ("both names", "Amina Hadžić77"),
        ("the middle of a name", "džić777"),
        ("what nobody is called", "qzxv"),
    ):
        seconds = typical(lambda text=text: list(search_customers(Customer.objects.all(), text)[:50]))
        yield measured(f"find among {MANY:,}: {name}", seconds, FIND_OWED)
    next(inventing, None)
    yield from pages()


def pages() -> Iterator[dict[str, Any]]:
    client = Client(headers={"host": "localhost"})
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    last = Customer.objects.order_by("-pk").values_list("pk", flat=True)[0]
    for name, page in (
        ("customer page", "admin:customers_customer_change"),
        ("timeline of their calls, of which there are none", "admin:journeys_timeline"),
    ):
        short, long = (f"{reverse(page, args=[pk])}?kind=call" for pk in (last, 1))
        few, many = typical(partial(get, client, short)), typical(partial(get, client, long))
        yield measured(f"{name}: {MANY:,} interactions against two", many, 1000 * few)
    with CaptureQueriesContext(connection) as queries:
        get(client, reverse("admin:customers_customer_change", args=[1]))
    yield {
        "name": f"queries of the customer page with {MANY:,} interactions",
        "value": len(queries),
        "unit": "queries",
        "limit": QUERIES_OWED,
    }


def get(client: Client, address: str) -> None:
    if client.get(address).status_code != 200:
        raise AssertionError(address)


def measured(name: str, seconds: float, limit: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(1000 * seconds, 2),
        "unit": "ms",
        "limit": round(limit, 2),
        "ratio": round(1000 * seconds / limit, 2),
    }


def typical(work: Callable[[], Any]) -> float:
    """The median seconds of some rounds, after one that warms up."""
    work()
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def invent() -> Iterator[None]:
    """Everybody; and then, when it is asked for more, the long history of the first."""
    TouchpointFactory()
    postgres = connection.vendor == "postgresql"
    moment = (
        "now() - (i % 700) * interval '1 day'" if postgres else "datetime('now', '-' || (i % 700) || ' days')"
    )
    day = "current_date - (i % 2000)::integer" if postgres else "date('now', '-' || (i % 2000) || ' days')"
    hexed = "to_hex(i % 60000)" if postgres else "printf('%%x', i %% 60000)".replace("%%", "%")
    now = "now()" if postgres else "datetime('now')"
    number = "lpad(i::text, 8, '0')" if postgres else "printf('%08d', i)"

    def one_of(*choices: str) -> str:
        return (
            f"CASE i % {len(choices)} "
            + " ".join(f"WHEN {n} THEN '{c}'" for n, c in enumerate(choices))
            + " END"
        )

    insert(
        "customers_customer",
        {
            "id": "i + 1", "first_name": one_of("Amina", "Jovan", "Reza", "Olga", "Mei", "Selma", "Nikola"),
            "last_name": f"{one_of('Hadžić', 'Petrović', 'Ivanova', 'Karimi', 'Wang')} || {hexed}",
            "language": one_of("en", "ru", "bs", "fa", "zh-hans"), "time_zone": "'UTC'",
            "country": one_of("BA", "DE", "RS", "RU"),
            "attributes": "CASE i % 10 WHEN 1 THEN '{\"plan\": \"gold\"}' ELSE '{\"plan\": \"basic\"}' END"
            + ("::jsonb" if postgres else ""),
            "customer_since": day, "created_at": now, "updated_at": now,
        },
    )  # fmt: skip
    identity = {"customer_id": "i + 1", "source": "''", "is_primary": "true"}
    address = {"kind": "'email'", "value": "'customer' || i || '@mail.example'", "digest": "'e' || i"}
    phone = {"kind": "'phone'", "value": f"'+4930' || {number}", "digest": "'p' || i"}
    insert("customers_identity", identity | address)
    insert("customers_identity", identity | phone, where="i % 2 = 0")
    insert(
        "customers_consent",
        {
            "customer_id": "i + 1", "purpose": "'survey'", "channel": "'email'",
            "state": "CASE i % 3 WHEN 0 THEN 'withdrawn' ELSE 'granted' END", "source": "'bench'", "at": now,
        },
    )  # fmt: skip
    bought = {
        "kind": "'purchase'", "source": "'shop'", "at": moment, "summary": "''", "amount": "12.5",
        "detail": "'{}'" + ("::jsonb" if postgres else ""), "touchpoint_id": "1",
    }  # fmt: skip
    for each in ("a", "b"):
        insert("journeys_interaction", bought | {"customer_id": "i + 1", "external_id": f"'{each}' || i"})
    execute(TIDY[connection.vendor])
    yield
    insert("journeys_interaction", bought | {"customer_id": "1", "external_id": "'long' || i"})
    execute(TIDY[connection.vendor])


def insert(table: str, columns: dict[str, str], *, where: str = "true") -> None:
    execute(
        f"WITH RECURSIVE n (i) AS (SELECT CAST(0 AS bigint) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {MANY}) "
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM n WHERE {where}"
    )


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
