"""Places for senders: each task rings for the next while there is work, so without them every sweep would add one more.

As many as there are places send by one channel at a time; the workers' other hands are free for everything else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings

from customers.models import Channel
from events.leases import RELEASED, claim
from surveys.models import SendingPlace
from surveys.sending.shifts import WORK_AT_MOST

LEASE = timedelta(
    seconds=WORK_AT_MOST + 15
)  # who stays longer, for its last messages, may be joined by one more


@contextmanager
def place_to_send(channel: Channel) -> Iterator[bool]:
    """Whether there is a place for one more sender of `channel`; it is kept for as long as the block lasts."""
    place = take_place(channel)
    try:
        yield place is not None
    finally:
        if place:
            SendingPlace.objects.filter(pk=place.pk, lease_token=place.lease_token).update(**RELEASED)


def take_place(channel: Channel) -> SendingPlace | None:
    most = settings.SENDERS_PER_CHANNEL
    places = SendingPlace.objects.filter(channel=channel, number__lte=most)
    if places.count() < most:
        missing = [SendingPlace(channel=channel, number=number) for number in range(1, most + 1)]
        SendingPlace.objects.bulk_create(missing, ignore_conflicts=True)
    return next(iter(claim(places.unleased().order_by("number"), batch=1, lease=LEASE)), None)
