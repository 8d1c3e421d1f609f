"""A channel rests when the other side asks for it: in every process, by the database's clock."""

from datetime import timedelta

from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from mail.models import ChannelPause
from mail.reading import Channel


def pause_channel(*, channel: Channel, wait: timedelta, words: str) -> None:
    pause = ChannelPause(channel=channel, until=Now() + wait, words=words[:500])
    ChannelPause.objects.bulk_create(
        [pause], update_conflicts=True, unique_fields=["channel"], update_fields=["until", "words"]
    )


def rest_of(channel: Channel) -> tuple[timedelta, str] | None:
    """How long the channel rests still, and why; None when it does not."""
    left = ExpressionWrapper(F("until") - Now(), output_field=DurationField())
    pauses = ChannelPause.objects.lasting().filter(channel=channel)
    return pauses.annotate(left=left).values_list("left", "words").first()
