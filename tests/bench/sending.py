"""Sending through the real campaign path, against a raw lean sender and against `send_mail()` one task each."""

import logging
import resource
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any
from unittest.mock import patch

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.utils import timezone

from mail.messages import Message
from mail.smtp.lines import Lines
from mail.smtp.server import Server
from surveys.campaigns.life import pause_campaign, start_due_campaigns
from surveys.contact.addressees import addressees_of
from surveys.models import Campaign, Invitation
from surveys.sending.shifts import Desk, send_due_invitations
from surveys.tasks import run_campaigns_task
from surveys.ways.tokens import token_for
from tests.chaos.campaign import make_campaign
from tests.sink import running_sink

RECIPIENTS = 20_000
ONE_BY_ONE = 300
CONNECTIONS, SLOW_DELAY = 64, 0.020
PAUSE_WITHIN = 5  # seconds
ROUNDS = 5


def measurements(folder: Path) -> Iterator[dict[str, Any]]:
    logging.getLogger("celery").setLevel(logging.WARNING)
    campaign = make_campaign(RECIPIENTS)
    start_due_campaigns(at=timezone.now())
    with running_sink(folder / "fast.log") as sink:
        settings.EMAIL_URL, settings.MAIL_CONNECTIONS = sink.url, CONNECTIONS
        rounds = [
            (timed(send_campaign(campaign)), timed(send_raw(sink.url, RECIPIENTS)), timed(send_one_by_one))
            for _ in range(ROUNDS)
        ]
    path, raw, single = (median(column) for column in zip(*rounds, strict=True))
    path, raw, single = RECIPIENTS / path, RECIPIENTS / raw, ONE_BY_ONE / single
    yield measured("campaign path against the raw lean sender", path, raw, "messages/s")
    yield measured("campaign path against send_mail() one task each", path, single, "messages/s")
    with running_sink(folder / "slow.log", "--delay", str(SLOW_DELAY)) as sink:
        settings.EMAIL_URL = sink.url
        slow = RECIPIENTS / median(timed(send_campaign(campaign)) for _ in range(3))
        pause = seconds_to_pause(campaign)
    limit = CONNECTIONS / (2 * SLOW_DELAY)
    yield measured("campaign path, 64 connections to a server that takes 20 ms", slow, limit, "messages/s")
    yield measured("from a pause to the last message", pause, PAUSE_WITHIN, "s")
    with running_sink(folder / "again.log") as sink:
        settings.EMAIL_URL = sink.url
        rang = tasks_to_send(campaign)
        yield measured("tasks of a campaign", rang, RECIPIENTS / 500 + 10, "tasks")
        before = memory()
        for _ in range(ROUNDS):
            send_campaign(campaign)()
        yield measured("memory of a sender", memory(), 200, "MB")
        yield measured("growth over five more campaigns", memory() - before, 200, "MB")


def seconds_to_pause(campaign: Campaign) -> float:
    """How long messages still leave after somebody pauses the campaign in the middle of it."""
    paused_at: list[float] = []

    def pause() -> None:
        time.sleep(0.5)
        pause_campaign(campaign=Campaign.objects.get(pk=campaign.pk), by=None, at=timezone.now())
        paused_at.append(time.perf_counter())
        connection.close()

    send, person = send_campaign(campaign), Thread(target=pause)
    person.start()
    send()
    ended_at = time.perf_counter()
    person.join()
    assert Invitation.objects.filter(state=Invitation.State.PLANNED).exists(), "It was over before the pause."
    return ended_at - paused_at[0]


def tasks_to_send(campaign: Campaign) -> int:
    """How many tasks the sweep and its bells start until all is sent, at a worker that takes them one by one."""
    send_campaign(campaign)
    waiting: list[tuple[Any, dict[str, Any]]] = [(run_campaigns_task, {})]
    tasks = 0
    with patch("surveys.tasks.ring", lambda task, **ids: waiting.append((task, ids))):
        while waiting:
            task, ids = waiting.pop(0)
            task.apply(kwargs=ids, throw=True)
            tasks += 1
    return tasks


def memory() -> float:
    """What this process holds, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def measured(name: str, value: float, limit: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 2) if value < 10 else round(value),
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
    """The campaign's own mail as finished bytes with a token filled in, over as many connections; nothing written down."""
    desk = Desk(at=timezone.now())
    [addressee] = addressees_of(Invitation.objects.order_by("pk")[:1])
    desk.open(addressee.wave_id)
    mail = desk.write(addressee)
    token = token_for(addressee.pk).encode()
    tokens = mail.content.count(token)
    template = mail.content.replace(b"%", b"%%").replace(token, b"%b")

    def message(n: int) -> Message:
        token = secrets.token_urlsafe(24).encode()
        return Message(mail.sender, f"c{n}@bench.example", template % ((token,) * tokens))

    def send() -> None:
        lines = Lines(Server.at(url), connections=settings.MAIL_CONNECTIONS, timeout=timedelta(seconds=30))
        for start in range(0, recipients, lines.width):
            numbers = range(start, min(start + lines.width, recipients))
            lines.hand_over([message(n) for n in numbers])
        lines.close()

    return send


@shared_task
def mail_task(recipient: str) -> None:
    send_mail("A word?", "Two short questions, twenty seconds.", None, [recipient])


def send_one_by_one() -> None:
    """Django's usual way: a task, a connection and a message at a time. The tasks run here, without a broker's costs."""
    for n in range(ONE_BY_ONE):
        mail_task.apply([f"c{n}@bench.example"])
