"""Telling those who launch campaigns that a channel takes nothing, and that it does again: once each, in their language."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Channel
from events.dates import say_moment
from staff.models import User
from surveys.campaigns.approving import MAY_LAUNCH
from surveys.campaigns.telling import tell
from surveys.models import Campaign, Invitation

MAY_SEE_CHANNELS = "mail.view_keptmail"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What the post office says of a channel whose provider takes nothing."""

    pk: int
    channel: Channel
    since: datetime
    words: str

    @property
    def beginning(self) -> str:
        return f"outage:{self.pk}:began"


def alert_about_outage(*, outage: Outage, at: datetime) -> None:
    """Tell everybody who may launch campaigns; by e-mail too, unless that is what does not work."""
    due = Invitation.objects.waiting().filter(channel=outage.channel, due_at__lte=at)
    waiting = due.filter(wave__campaign__state=Campaign.State.SENDING).count()

    def words() -> tuple[str, str]:
        title = _("%(channel)s: the provider takes nothing") % {"channel": outage.channel.label}
        return title, " ".join([what_was_said(outage), what_waits(waiting)])

    has_mail = outage.channel != Channel.EMAIL
    tell(
        people_with(MAY_LAUNCH),
        words,
        source=outage.beginning,
        url=page_of_channels(),
        has_mail=has_mail,
        at=at,
    )


def alert_about_end(*, outage: Outage, at: datetime) -> None:
    """Tell everybody who was told of the beginning."""

    def words() -> tuple[str, str]:
        title = _("%(channel)s: messages go out again") % {"channel": outage.channel.label}
        body = _("The provider took nothing from %(since)s to %(until)s. What waited is going out now.")
        return title, body % {"since": say_moment(outage.since), "until": say_moment(at)}

    told = get_user_model().objects.filter(is_active=True, notifications__source=outage.beginning)
    tell(told, words, source=f"outage:{outage.pk}:ended", url=page_of_channels(), at=at)


def what_was_said(outage: Outage) -> str:
    return _("Nothing was taken since %(moment)s. In the provider's words: “%(words)s”.") % {
        "moment": say_moment(outage.since),
        "words": outage.words,
    }


def what_waits(people: int) -> str:
    sentence = ngettext(
        "%(people)s invitation waits. Nothing is lost: it goes out by itself as soon as the provider takes messages again.",
        "%(people)s invitations wait. Nothing is lost: they go out by themselves as soon as the provider takes messages again.",
        people,
    )
    return sentence % {"people": number_format(people, force_grouping=True)}


def people_with(permission: str) -> QuerySet[User]:
    return get_user_model().objects.with_perm(permission, backend=BACKEND).filter(is_staff=True)


def page_of_channels() -> Callable[[User], str]:
    """Where somebody sees more of it: who may not see the channels sees the campaigns."""
    may_see_channels = set(people_with(MAY_SEE_CHANNELS).values_list("pk", flat=True))
    return lambda user: reverse(
        f"admin:{'mail_channels' if user.pk in may_see_channels else 'surveys_campaign_changelist'}"
    )
