"""A channel rests when the other side asks for it: in every process, by the database's clock."""

from datetime import timedelta

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from mail.models import ChannelPause
from mail.reading import Channel


def pause_channel(*, channel: Channel, wait: timedelta, words: str) -> None:
    """Let the channel rest for so long; a rest that lasts longer already, as another process was asked for, stays."""
    until = Now() + wait
    pause = ChannelPause(channel=channel, until=until, words=words[:500])
    ChannelPause.objects.bulk_create([pause], ignore_conflicts=True)
    ChannelPause.objects.filter(channel=channel, until__lt=until).update(until=until, words=words[:500])


def rest_of(channel: Channel) -> tuple[timedelta, str] | None:
    """How long the channel rests still, and why; None when it does not."""
    left = ExpressionWrapper(F("until") - Now(), output_field=DurationField())
    pauses = ChannelPause.objects.lasting().filter(channel=channel)
    return pauses.annotate(left=left).values_list("left", "words").first()
