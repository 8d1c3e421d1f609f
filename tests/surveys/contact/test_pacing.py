from datetime import timedelta

import pytest

from surveys.models import Claim, Invitation, SendingLimit
from surveys.sending.claiming import claim, waves_with_work
from tests.conftest import NOON
from tests.factories.surveys import CampaignFactory, InvitationFactory, WaveFactory

pytestmark = pytest.mark.django_db


def planned(wave, address):
    return InvitationFactory(wave=wave, address=address, state="planned", sent_at=None, due_at=NOON)


def send(at):
    """The addresses that may be written to at `at`; they count as sent afterwards."""
    addresses = []
    for wave in waves_with_work(channel="email", at=at):
        while claimed := claim(wave=wave, channel="email", at=at):
            addresses += [each.address for each in claimed.addressees]
            pks = [each.pk for each in claimed.addressees]
            Invitation.objects.filter(pk__in=pks).update(state="sent", sent_at=at)
            if wave not in waves_with_work(channel="email", at=at):
                break
    Claim.objects.all().delete()
    return addresses


def test_a_campaign_keeps_its_own_speed_and_holds_nobody_else_up():
    slow = WaveFactory(campaign=CampaignFactory(per_hour=720))  # two in ten seconds
    other = WaveFactory(campaign=CampaignFactory())
    for n in range(5):
        planned(slow, f"slow{n}@mail.example")
    planned(other, "other@mail.example")

    assert send(NOON) == ["slow0@mail.example", "slow1@mail.example", "other@mail.example"]
    assert send(NOON + timedelta(seconds=9)) == []
    assert send(NOON + timedelta(seconds=10)) == ["slow2@mail.example", "slow3@mail.example"]


def test_two_waves_of_a_campaign_share_its_speed():
    campaign = CampaignFactory(per_hour=360)  # one in ten seconds
    waves = [WaveFactory(campaign=campaign, number=number) for number in (1, 2)]
    for wave in waves:
        planned(wave, f"c{wave.number}@mail.example")

    first, second = (claim(wave=wave.pk, channel="email", at=NOON) for wave in waves)

    assert first
    assert second is None


@pytest.mark.parametrize("people", [10, 40])
def test_where_no_share_is_left_the_ledger_is_not_walked(people, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr("surveys.sending.claiming.AT_ONCE", 5)
    SendingLimit.objects.create(per_minute=60, free_at=NOON + timedelta(minutes=1))
    wave = WaveFactory(campaign=CampaignFactory())
    for n in range(people):
        planned(wave, f"c{n}@mail.example")

    with django_assert_max_num_queries(14):
        assert claim(wave=wave.pk, channel="email", at=NOON) is None


def test_a_receiving_domain_and_a_provider_get_no_more_than_their_limit():
    SendingLimit.objects.create(domain="slow.example", per_minute=6)
    SendingLimit.objects.create(per_minute=18)
    wave = WaveFactory(campaign=CampaignFactory())
    for n in range(4):
        planned(wave, f"c{n}@slow.example")
    for n in range(4):
        planned(wave, f"c{n}@quick.example")

    assert send(NOON) == ["c0@slow.example", "c0@quick.example", "c1@quick.example"]
    assert send(NOON + timedelta(seconds=1)) == []


def test_no_minute_brings_more_than_its_limit():
    SendingLimit.objects.create(per_minute=7)
    wave = WaveFactory(campaign=CampaignFactory())
    for n in range(20):
        planned(wave, f"c{n}@mail.example")

    sent = [len(send(NOON + timedelta(seconds=second))) for second in range(60)]

    assert sum(sent) == 7
    assert max(sent) == 1
