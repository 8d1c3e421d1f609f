"""When the other side of a channel takes nothing at all: the channel rests, and whoever can help hears of it once.

A silence that ends soon is forgotten. One that lasts is an outage: its beginning is announced once, and so is its end,
whichever process notices. The database's clock counts, in every process.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from events.publishing import publish
from mail.messages import Ending, Outcome
from mail.models import ChannelOutage, ChannelPause
from mail.pausing import pause_channel
from mail.reading import Channel

SHORTEST_REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=5)
LASTS_FROM = timedelta(minutes=2)
ABOUT_ONE_MAILBOX = re.compile(
    r"4(?!21)\d\d[ -]"
)  # SMTP's "later" but for 421, which speaks of the whole service


class Watch:
    """One sender's eye on a channel."""

    def __init__(self, channel: Channel, *, speaks_smtp: bool = False) -> None:
        self.channel = channel
        self.speaks_smtp = speaks_smtp
        self.may_be_down = True

    def see(self, outcomes: Sequence[Outcome]) -> None:
        """Let the channel rest when nothing is taken or somebody asks for it, and notice when it goes on."""
        if outcomes and all(self.is_silence(outcome) for outcome in outcomes):
            self.may_be_down = True
            note_silence(
                channel=self.channel,
                words=outcomes[0].words,
                asked=max((outcome.wait for outcome in outcomes if outcome.wait), default=timedelta()),
            )
            return
        if self.may_be_down and any(outcome.ending is Ending.ACCEPTED for outcome in outcomes):
            self.may_be_down = False
            note_recovery(channel=self.channel)
        if asking := [(outcome.wait, outcome.words) for outcome in outcomes if outcome.wait]:
            wait, words = max(asking)
            pause_channel(channel=self.channel, wait=wait, words=words)

    def is_silence(self, outcome: Outcome) -> bool:
        """Whether the other side took nothing and said nothing about this very message."""
        if self.speaks_smtp and ABOUT_ONE_MAILBOX.match(outcome.words):
            return False
        return outcome.ending in {Ending.NOT_SENT, Ending.UNKNOWN}


@transaction.atomic
def note_silence(*, channel: Channel, words: str, asked: timedelta = timedelta()) -> None:
    """Nothing was taken: rest as long as was `asked`, else as long as it has lasted so far, within bounds."""
    ChannelOutage.objects.bulk_create(
        [ChannelOutage(channel=channel, since=Now(), words=words[:500])], ignore_conflicts=True
    )
    lasting = ChannelOutage.objects.lasting().filter(channel=channel)
    lasting.update(words=words[:500])
    lasted = ExpressionWrapper(Now() - F("since"), output_field=DurationField())
    so_far = lasting.annotate(lasted=lasted).values_list("lasted", flat=True).first() or timedelta()
    rest = asked or min(max(so_far, SHORTEST_REST), LONGEST_REST)
    pause_channel(channel=channel, wait=rest, words=words)
    if max(so_far, asked) >= LASTS_FROM and lasting.filter(told_at=None).update(told_at=Now()):
        outage = lasting.get()
        announce("mail.outage_began", outage, at=outage.told_at or outage.since)


@transaction.atomic
def note_recovery(*, channel: Channel) -> None:
    """Something was taken: a silence is over. Whoever was told of it is told of the end; other silences are forgotten."""
    lasting = ChannelOutage.objects.lasting().filter(channel=channel)
    if not lasting.exists():
        return
    ChannelPause.objects.lasting().filter(channel=channel).update(until=Now())
    lasting.filter(told_at=None).delete()
    for outage in lasting.select_for_update():
        if lasting.filter(pk=outage.pk).update(until=Now()):
            outage.refresh_from_db()
            announce("mail.outage_ended", outage, at=outage.until or outage.since)


def announce(fact: str, outage: ChannelOutage, *, at: datetime) -> None:
    publish(
        fact,
        subject=outage.pk,
        at=at,
        channel=outage.channel,
        words=outage.words,
        since=outage.since.isoformat(),
    )


def outages_now() -> dict[str, ChannelOutage]:
    """By channel, those that people were told of and that last."""
    return {outage.channel: outage for outage in ChannelOutage.objects.lasting().exclude(told_at=None)}
