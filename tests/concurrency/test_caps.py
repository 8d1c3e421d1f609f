"""Several campaigns that want the same people in the same moment: the contact policy holds, whoever sends first."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from mail.models import KeptMail
from surveys.models import ContactCap, Invitation
from surveys.sending.shifts import send_due_invitations
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.surveys import InvitationFactory, WaveFactory

pytestmark = pytest.mark.django_db(transaction=True)
CAMPAIGNS, CUSTOMERS, SENDERS = 3, 30, 4


def send_at_once(at):
    start = Barrier(SENDERS)

    def send(_number):
        try:
            start.wait()
            send_due_invitations(at=at)
        finally:
            connection.close()

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(SENDERS)))


def test_nobody_is_asked_more_often_than_the_cap_allows_however_many_send():
    cap = ContactCap.objects.create(most=1, days=30)
    waves = [WaveFactory() for _each in range(CAMPAIGNS)]
    for customer in [CustomerFactory() for _each in range(CUSTOMERS)]:
        for wave in waves:
            InvitationFactory(customer=customer, wave=wave, state="planned", sent_at=None, due_at=NOON)

    send_at_once(NOON)
    send_due_invitations(
        at=NOON + timedelta(hours=1)
    )  # whom two wanted in the same moment is looked at again

    sent = Invitation.objects.filter(state="sent")
    assert sent.count() == sent.values("customer").distinct().count() == KeptMail.objects.count() == CUSTOMERS
    held = Invitation.objects.exclude(state="sent")
    assert set(held.values_list("state", "reason", "cap")) == {("deferred", "cap", cap.pk)}

    send_at_once(NOON + timedelta(days=30, hours=2))
    send_due_invitations(at=NOON + timedelta(days=30, hours=3))

    assert KeptMail.objects.count() == 2 * CUSTOMERS
