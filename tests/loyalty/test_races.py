"""Many at once, with a connection each: real threads against a real database."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from loyalty.accrual import Earning, earn_points_for_all
from loyalty.checking import wrong_accounts
from loyalty.ledger import AlreadyReversed, earn_points, redeem_points, reverse_entry
from loyalty.models import Account, Entry
from loyalty.posting import NotEnoughPoints
from tests.conftest import NOON
from tests.factories.loyalty import AccountFactory, ProgramFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
THREADS = 8


def at_once(work, times):
    """`work(n)` for each n, from several threads that start together; what each returned or raised."""
    barrier = Barrier(THREADS)

    def some(first):
        barrier.wait()
        results = []
        for n in range(first, times, THREADS):
            try:
                results.append(work(n))
            except Exception as error:  # noqa: BLE001  what it raised is its result
                results.append(error)
        connections.close_all()
        return results

    with ThreadPoolExecutor(THREADS) as pool:
        return [result for results in pool.map(some, range(THREADS)) for result in results]


def test_a_hundred_redeem_the_last_points():
    account = AccountFactory(balance=50)

    results = at_once(
        lambda n: redeem_points(account=account, points=5, source=f"basket:{n}", at=NOON), times=100
    )

    assert sum(isinstance(result, Entry) for result in results) == 10
    assert sum(isinstance(result, NotEnoughPoints) for result in results) == 90
    account.refresh_from_db()
    assert (account.balance, account.entries.count()) == (0, 11)
    assert not wrong_accounts().exists()


def test_the_same_redemption_sent_a_hundred_times_is_one():
    account = AccountFactory(balance=50)

    results = at_once(
        lambda _: redeem_points(account=account, points=50, source="basket:1", at=NOON), times=100
    )

    assert len({result.pk for result in results}) == 1
    account.refresh_from_db()
    assert (account.balance, account.entries.count()) == (0, 2)


def test_one_of_many_reversals_wins():
    account = AccountFactory(balance=10)
    entry = redeem_points(account=account, points=10, source="basket:1", at=NOON)

    results = at_once(lambda n: reverse_entry(entry=entry, source=f"desk:{n}", at=NOON), times=24)

    assert sum(isinstance(result, Entry) for result in results) == 1
    assert sum(isinstance(result, AlreadyReversed) for result in results) == 23
    account.refresh_from_db()
    assert account.balance == 10


def test_batches_and_single_postings_never_wait_in_a_circle():
    program = ProgramFactory()
    accounts = AccountFactory.create_batch(10, program=program)
    rows = [
        Earning(customer=account.customer_id, points=3, source=f"wave:{n}", at=NOON)
        for n, account in enumerate(accounts)
    ]

    def work(n):
        if n % 2:
            return earn_points_for_all(program=program, rows=rows if n % 4 == 1 else rows[::-1])
        account = accounts[n % 10]
        return earn_points(account=account, points=3, source=f"wave:{n % 10}", at=NOON)

    results = at_once(work, times=80)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(Account.objects.values_list("balance", flat=True)) == {3}
    assert Entry.objects.count() == 10


def test_the_ledger_can_be_emptied_between_tests_and_is_guarded_after():
    names = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'loyalty_entry%'"
    if connection.vendor == "postgresql":
        names = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'loyalty_entry%'"
    with connection.cursor() as cursor:
        cursor.execute(names)
        assert cursor.fetchone()[0] == 2
    assert Entry.objects.count() == 0
