"""A channel whose provider takes nothing: it rests, it is announced once, and it goes on by itself."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from events.models import Event
from mail.backend import NotSent, PostOfficeBackend
from mail.messages import Ending, Outcome
from mail.models import ChannelOutage, ChannelPause
from mail.outages import LONGEST_REST, SHORTEST_REST, Watch, note_recovery, note_silence
from mail.pausing import pause_channel, rest_of
from mail.reading import Channel
from tests.mail.test_post import letter
from tests.sink import running_sink

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
TAKEN = Outcome(Ending.ACCEPTED, "250 OK")
SILENT = Outcome(Ending.NOT_SENT, "ConnectionRefusedError: [Errno 111] Connection refused")


def earlier(by: timedelta) -> None:
    """As if what is known had happened earlier."""
    ChannelOutage.objects.update(since=F("since") - by)


def rest() -> timedelta:
    found = rest_of(Channel.SMS)
    return found[0] if found else timedelta()


def announced() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("type", flat=True))


def test_a_silence_that_ends_soon_is_forgotten():
    watch = Watch(Channel.SMS)

    watch.see([SILENT, SILENT])
    assert timedelta() < rest() <= SHORTEST_REST
    watch.see([TAKEN, SILENT])

    assert rest() == timedelta()
    assert not ChannelOutage.objects.exists()
    assert announced() == []


def test_an_outage_is_announced_once_by_whoever_notices_and_so_is_its_end():
    first, second = Watch(Channel.SMS), Watch(Channel.SMS)
    first.see([SILENT])
    earlier(3 * MINUTE)

    for watch in (first, second, first):
        watch.see([Outcome(Ending.NOT_SENT, "503 away")])
    outage = ChannelOutage.objects.get()
    assert (outage.words, outage.until) == ("503 away", None)
    assert announced() == ["mail.outage_began"]
    assert rest() > SHORTEST_REST

    for watch in (second, first):
        watch.see([TAKEN])
    outage.refresh_from_db()
    assert outage.until > outage.told_at > outage.since
    assert announced() == ["mail.outage_began", "mail.outage_ended"]

    first.see([SILENT])
    assert ChannelOutage.objects.count() == 2  # the next one is another


def test_who_is_asked_for_a_long_rest_is_told_of_at_once():
    Watch(Channel.SMS).see([Outcome(Ending.NOT_SENT, "429 quota", wait=timedelta(hours=1))])

    assert announced() == ["mail.outage_began"]
    assert timedelta(minutes=59) < rest() <= timedelta(hours=1)


def test_a_short_wait_is_kept_to_the_second():
    Watch(Channel.SMS).see([Outcome(Ending.NOT_SENT, "429", wait=timedelta(seconds=2))])

    assert rest() <= timedelta(seconds=2)


@pytest.mark.parametrize(
    ("lasted", "rests"),
    [
        (timedelta(), SHORTEST_REST),
        (timedelta(seconds=90), timedelta(seconds=90)),
        (timedelta(days=2), LONGEST_REST),
    ],
)
def test_the_longer_it_lasts_the_rarer_it_is_tried(lasted, rests):
    note_silence(channel=Channel.SMS, words="503")
    earlier(lasted)

    note_silence(channel=Channel.SMS, words="503")

    assert rests - timedelta(seconds=5) < rest() <= rests + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("outcomes", "is_silence"),
    [
        ([Outcome(Ending.NOT_SENT, "450 4.2.1 mailbox busy")], False),
        ([Outcome(Ending.NOT_SENT, "451 4.7.1 greylisted"), SILENT], False),
        ([Outcome(Ending.NOT_SENT, "421 4.3.2 closing"), SILENT], True),
        ([Outcome(Ending.UNKNOWN, "TimeoutError: timed out")], True),
        ([Outcome(Ending.REFUSED, "550 nobody")], False),
        ([TAKEN, SILENT], False),
        ([], False),
    ],
)
def test_what_is_said_of_one_mailbox_stops_nobody_else(outcomes, is_silence):
    Watch(Channel.EMAIL, speaks_smtp=True).see(outcomes)

    assert ChannelPause.objects.exists() is is_silence


def test_each_channel_has_its_own_outage():
    for channel in (Channel.SMS, Channel.APP):
        note_silence(channel=channel, words="503")

    note_recovery(channel=Channel.SMS)

    assert [outage.channel for outage in ChannelOutage.objects.lasting()] == ["app"]


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_went_away_and_came_back(settings, tmp_path):
    settings.EMAIL_URL = "smtp://127.0.0.1:1"
    with pytest.raises(NotSent):
        PostOfficeBackend().send_messages([letter()])
    assert rest_of(Channel.EMAIL)[1].startswith("ConnectionRefusedError")

    with running_sink(tmp_path / "log") as sink:
        settings.EMAIL_URL = sink.url
        assert PostOfficeBackend().send_messages([letter()]) == 1

    assert rest_of(Channel.EMAIL) is None
    assert not ChannelOutage.objects.filter(until=None, since__lte=Now()).exists()


def test_a_shorter_rest_does_not_cut_a_longer_one_short_that_somebody_asked_for():
    pause_channel(channel=Channel.SMS, wait=timedelta(hours=1), words="429 come back in an hour")
    pause_channel(channel=Channel.SMS, wait=timedelta(seconds=30), words="No route to host")
    left, words = rest_of(Channel.SMS)
    assert (left > timedelta(minutes=59), words) == (True, "429 come back in an hour")

    pause_channel(channel=Channel.SMS, wait=timedelta(hours=2), words="429 come back later")
    left, words = rest_of(Channel.SMS)
    assert (left > timedelta(minutes=119), words) == (True, "429 come back later")
