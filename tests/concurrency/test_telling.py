"""Several workers tell staff at the same moment: one mail a day stays one, and a chat reads each message once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network
from threading import Barrier

import pytest
from django.db import connection

from followups.causes import CauseRefused, CauseTree, keep_cause
from followups.models import DigestEntry, RootCause
from followups.working.digests import send_digests
from staff.chats import send_chat_messages
from staff.models import ChatMessage, StaffMail
from staff.notifications import post_chat_messages
from tests.conftest import NOON
from tests.factories.followups import FollowUpFactory, RootCauseFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.web import Reply, running_web

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WORKERS = 4


def at_once(*works):
    start = Barrier(len(works))

    def run(work):
        try:
            start.wait()
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def test_one_mail_a_day_stays_one():
    amra = UserFactory(mails="daily", mails_hour=8)
    for _ in range(3):
        DigestEntry.objects.create(user=amra, follow_up=FollowUpFactory(owner=amra), at=NOON)

    sent = at_once(*[lambda: send_digests(at=NOON + timedelta(days=1))] * WORKERS)

    assert sum(sent) == 1
    assert [digest.subject for digest in StaffMail.objects.all()] == ["3 follow-ups wait for you"]
    assert DigestEntry.objects.count() == 0


def test_a_chat_reads_each_message_once(settings):
    settings.OUTBOUND_ALLOW_PRIVATE = [ip_network("127.0.0.0/8")]
    with running_web(lambda _call: Reply(200, b"ok", after=0.01)) as web:
        team = TeamFactory(chat_address=web.url)
        post_chat_messages(
            ChatMessage(team=team, source=f"s:{n}", title="Look", text=str(n), due_at=NOON) for n in range(50)
        )

        sent = at_once(*[lambda: send_chat_messages(at=NOON)] * WORKERS)

    assert sum(sent) == 50
    assert sorted(int(json.loads(call.body)["text"]) for call in web.calls) == list(range(50))


def test_two_who_move_branches_below_each_other_make_no_loop():
    first, second = RootCauseFactory(), RootCauseFactory()

    def move(cause, below):
        cause = RootCause.objects.get(pk=cause.pk)
        cause.parent = RootCause.objects.get(pk=below.pk)
        try:
            keep_cause(cause=cause)
        except CauseRefused:
            return False
        return True

    moved = at_once(lambda: move(first, second), lambda: move(second, first))

    assert sorted(moved) == [False, True]
    assert len(list(CauseTree.load().walk())) == 2
