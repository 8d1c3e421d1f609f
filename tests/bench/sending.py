"""Sending through the real campaign path, against a raw lean sender and against `send_mail()` one task each."""

import secrets
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from mail.smtp import Lines, Message, Server
from surveys.campaigns import start_due_campaigns
from surveys.models import Campaign, Invitation
from surveys.sending import send_due_invitations
from tests.chaos.campaign import make_campaign
from tests.sink import running_sink

RECIPIENTS = 4_000
ONE_BY_ONE = 300
SLOW_CONNECTIONS, SLOW_DELAY, SLOW_RECIPIENTS = 64, 0.020, 2_560
ROUNDS = 5


def measurements(folder: Path) -> Iterator[dict[str, Any]]:
    campaign = make_campaign(RECIPIENTS)
    start_due_campaigns(at=timezone.now())
    with running_sink(folder / "fast.log") as sink:
        settings.EMAIL_URL = sink.url
        rounds = [
            (timed(send_campaign(campaign)), timed(send_raw(sink.url, RECIPIENTS)), timed(send_one_by_one))
            for _ in range(ROUNDS)
        ]
    path, raw, single = (median(column) for column in zip(*rounds, strict=True))
    path, raw, single = RECIPIENTS / path, RECIPIENTS / raw, ONE_BY_ONE / single
    yield measured("campaign path against the raw lean sender", path, raw, "messages/s")
    yield measured("campaign path against send_mail() one task each", path, single, "messages/s")
    with running_sink(folder / "slow.log", "--delay", str(SLOW_DELAY)) as sink:
        settings.EMAIL_URL, settings.MAIL_CONNECTIONS = sink.url, SLOW_CONNECTIONS
        Invitation.objects.filter(pk__gt=first_pk() + SLOW_RECIPIENTS - 1).delete()
        slow = SLOW_RECIPIENTS / median(timed(send_campaign(campaign)) for _ in range(3))
    limit = SLOW_CONNECTIONS / (2 * SLOW_DELAY)
    yield measured("campaign path, 64 connections to a server that takes 20 ms", slow, limit, "messages/s")


def first_pk() -> int:
    return Invitation.objects.order_by("pk").values_list("pk", flat=True)[0]


def measured(name: str, value: float, limit: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value),
        "unit": unit,
        "limit": round(limit),
        "ratio": round(value / limit, 2),
    }


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def send_campaign(campaign: Campaign) -> Callable[[], object]:
    """From planned rows to the last commit; the rows are put back before the clock starts."""
    Invitation.objects.filter(wave__campaign=campaign).update(state=Invitation.State.PLANNED, sent_at=None)
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.SENDING)
    return lambda: send_due_invitations(at=timezone.now(), seconds=600)


def send_raw(url: str, recipients: int) -> Callable[[], object]:
    """A template compiled to bytes, the recipient's link filled in, over as many connections; nothing written down."""
    template = (
        b"Subject: A word?\r\nMessage-ID: <raw>\r\n\r\nhttps://cx.example/s/%b/\r\n"
        + b"Two short questions, twenty seconds.\r\n" * 60
    )

    def send() -> None:
        lines = Lines(Server.at(url), connections=settings.MAIL_CONNECTIONS, timeout=timedelta(seconds=30))
        for start in range(0, recipients, lines.width):
            group = range(start, min(start + lines.width, recipients))
            lines.hand_over(
                [
                    Message(
                        "raw@bench.example",
                        f"c{n}@bench.example",
                        template % secrets.token_urlsafe(24).encode(),
                    )
                    for n in group
                ]
            )
        lines.close()

    return send


@shared_task
def mail_task(recipient: str) -> None:
    send_mail("A word?", "Two short questions, twenty seconds.", None, [recipient])


def send_one_by_one() -> None:
    """Django's usual way: a task, a connection and a message at a time. The tasks run here, without a broker's costs."""
    for n in range(ONE_BY_ONE):
        mail_task.apply([f"c{n}@bench.example"])
