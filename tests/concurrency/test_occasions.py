"""Two workers with occasions of two customers who share an address: one of both is asked."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from surveys.models import Invitation
from surveys.planning.occasions import Occasion, invite
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.surveys import CampaignFactory

pytestmark = pytest.mark.django_db(transaction=True)
ADDRESSES = 10


def test_an_address_is_asked_once_whoever_of_those_who_share_it_comes_first():
    campaign = CampaignFactory(kind="by_api")
    sharing = [
        [IdentityFactory(value=f"family{n}@mail.example", source=source).customer for source in ("", "shop")]
        for n in range(ADDRESSES)
    ]
    start = Barrier(2, timeout=60)

    def ask(which):
        try:
            for number, both in enumerate(sharing):
                occasion = Occasion(customer=both[which].pk, key=f"order:{number}", at=NOON)
                start.wait()
                invite(campaign=campaign, occasions=[occasion], at=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(ask, range(2)))

    planned = Invitation.objects.filter(state="planned").values_list("address", flat=True)
    assert sorted(planned) == sorted(f"family{n}@mail.example" for n in range(ADDRESSES))
    assert set(Invitation.objects.exclude(state="planned").values_list("reason", flat=True)) == {
        "duplicate_address"
    }
