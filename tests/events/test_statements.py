from select import select

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.transaction import TransactionManagementError

from events.statements import run_beside

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite works in our own process"),
]
STATEMENT = "SELECT %(word)s::text, %(number)s::int / %(divisor)s::int, %(word)s || '!', NULL"


def run(divisor: str, meanwhile=lambda _until: None):
    values = {"word": "ćao", "number": "6", "divisor": divisor}
    return run_beside(STATEMENT, values, meanwhile=meanwhile)


def test_its_rows_are_there_when_the_socket_can_be_read():
    seen = []
    for _again in range(3):
        rows = run("2", lambda until: seen.append(select([until], [], [], 5)[0] == [until]))
        assert rows == [("ćao", "3", "ćao!", None)]
    assert seen == [True] * 3


def test_what_goes_wrong_in_it_is_an_error_and_the_connection_goes_on():
    with pytest.raises(DatabaseError, match="division by zero"):
        run("0")
    assert run("3")


def test_what_goes_wrong_beside_it_leaves_the_connection_usable():
    with pytest.raises(ValueError, match="beside"):
        run("2", lambda _until: int("beside"))
    assert run("3")
    connection.close()
    assert run("3")


def test_after_a_rollback_the_driver_forgets_statements_and_it_runs_all_the_same():
    assert run("3")
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert run("3") == run("3")


def test_where_nothing_may_be_prepared_it_is_not():
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
        connection.connection.prepare_threshold = None
        assert run("3")
        cursor.execute("SELECT COUNT(*) FROM pg_prepared_statements")
        assert cursor.fetchone() == (0,)
    connection.close()


def test_it_commits_by_itself_and_so_refuses_a_transaction():
    with transaction.atomic(), pytest.raises(TransactionManagementError):
        run("3")
