"""A sender is killed while a mail server has its mail and has not answered: nobody writes to the customer twice."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from tests.database import copy_migrated_database
from tests.sink import running_sink

START = "import django; django.setup(); from django.utils import timezone; "
WRITE = (
    "from tests.factories.customers import IdentityFactory; from tests.factories.followups import FollowUpFactory; "
    "from tests.factories.staff import UserFactory; from followups.conversations.replying import reply_to_customer; "
    "follow_up = FollowUpFactory(); IdentityFactory(customer=follow_up.customer, value='amina@customers.example'); "
    "reply_to_customer(follow_up=follow_up, by=UserFactory(), text='Sorry!', at=timezone.now())"
)
SEND = "from followups.conversations.sending import send_due_messages; send_due_messages(at=timezone.now())"


@pytest.mark.slow
def test_what_a_killed_sender_handed_over_is_unknown_and_leaves_no_second_time(tmp_path):
    database = tmp_path / "cx.sqlite3"
    copy_migrated_database(database)

    def run(code: str) -> subprocess.Popen:
        return subprocess.Popen([sys.executable, "-c", START + code], env=environment)

    def stored() -> list[tuple]:
        return execute(database, "SELECT state, lease_token IS NULL FROM followups_message")

    with running_sink(tmp_path / "log", "--silent") as sink:
        environment = os.environ | {
            "STATE_DIR": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{database}",
            "DJANGO_SETTINGS_MODULE": "cxplatform.settings",
            "EMAIL_URL": sink.url,
            "MAIL_TIMEOUT_SECONDS": "60",
        }
        assert run(WRITE).wait() == 0
        sender = run(SEND)
        while not sink.accepted() and sender.poll() is None:
            time.sleep(0.02)
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        assert stored() == [("sending", 0)]

        assert run(SEND).wait() == 0
        assert stored() == [("sending", 0)]  # its lease is not over

        execute(database, "UPDATE followups_message SET lease_until = '2020-01-01 00:00:00'")
        assert run(SEND).wait() == 0
        assert (stored(), sink.accepted()) == ([("unknown", 1)], ["amina@customers.example"])


def execute(database, statement: str) -> list[tuple]:
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()
