"""How each channel stands: where its messages go, who tells what became of them, and whether it rests."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise

from mail.bounces.mailbox import mailbox_at
from mail.esp.accounts import SCHEME, Account
from mail.findings import Finding
from mail.models import ChannelOutage, ChannelPause
from mail.outages import outages_now
from mail.outbound import Client
from mail.post import leaves
from mail.reading import Channel
from mail.sending_domain import check_sending_domain
from mail.service_urls import ServiceUrl
from mail.sms.post import provider_at

HIDDEN = "•••"
OUTAGES_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`down_since` is set while the provider takes nothing and people were told so; `words` are the provider's."""

    key: str
    channel: str | Promise
    leaves: bool
    way: str
    hears: str  # where others tell what became of messages
    rests_until: datetime | None
    down_since: datetime | None
    words: str


def standings() -> list[Standing]:
    pauses = {pause.channel: pause for pause in ChannelPause.objects.lasting()}
    outages = outages_now()
    return [
        Standing(
            key=channel.value,
            channel=channel.label,
            leaves=leaves(channel),
            way=way_of(channel) if leaves(channel) else "",
            hears=ear_of(channel) if leaves(channel) else "",
            rests_until=pauses[channel].until if channel in pauses else None,
            down_since=outages[channel].since if channel in outages else None,
            words=next((found[channel].words for found in (pauses, outages) if channel in found), ""),
        )
        for channel in Channel
    ]


def latest_outages() -> QuerySet[ChannelOutage]:
    """Those that are over and that people were told of, the latest first."""
    return ChannelOutage.objects.exclude(until=None).order_by("-pk")[:OUTAGES_SHOWN]


def way_of(channel: Channel) -> str:
    """The name of whoever carries the messages; never a password."""
    match channel:
        case Channel.EMAIL if settings.EMAIL_URL.startswith(SCHEME):
            return Account.at(settings.EMAIL_URL).name
        case Channel.EMAIL:
            return host_in(settings.EMAIL_URL)
        case Channel.SMS:
            return f"{provider_at(settings.SMS_URL).name} · {host_in(settings.SMS_URL)}"
        case Channel.APP:
            return host_in(settings.MESSAGE_WEBHOOK_URL)


def ear_of(channel: Channel) -> str:
    """The address that is called, or the mailbox that is read; "" where nobody tells anything."""
    match channel:
        case Channel.EMAIL if settings.BOUNCE_IMAP_URL:
            return mailbox_at(settings.BOUNCE_IMAP_URL).user
        case Channel.EMAIL if settings.EMAIL_URL.startswith(SCHEME) and settings.MAIL_WEBHOOK_SECRET:
            return settings.PUBLIC_BASE_URL + reverse("mail-reports", args=["x"]).replace("x/", f"{HIDDEN}/")
        case Channel.EMAIL:
            return ""
        case Channel.SMS:
            return settings.PUBLIC_BASE_URL + reverse("mail-sms-reports")
        case Channel.APP:
            return settings.PUBLIC_BASE_URL + reverse("mail-app-reports")


def host_in(url: str) -> str:
    return ServiceUrl.read(url, variable="URL", example=url).host


def check_channels() -> list[Finding]:
    """Ask DNS about the sending domain and the SMS provider about the account; sends nothing."""
    findings = check_sending_domain()
    if settings.SMS_URL:
        with Client(connections=1, timeout=settings.OUTBOUND_TIMEOUT) as client:
            findings.append(provider_at(settings.SMS_URL).check(client))
    return findings
