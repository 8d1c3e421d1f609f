"""Taking an answer: the survey page's POST against an empty POST of the same server."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import urlopen

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Customer
from surveys.models import Campaign, Invitation, Question, Survey, SurveyResponse, Wave
from surveys.ways.tokens import token_for
from surveys.writing.publishing import publish_survey

ROUNDS = 5
POSTS = 400  # a round and side
WARM_UP = 42  # two of them to count queries
PEOPLE_AT_ONCE = 4
FLOOD, FLOOD_CONNECTIONS = 1_000, 50  # answers that come at once, each of them twice
LIMESURVEY = 5.5  # pages with their answer a second; measured once, see docs/performance.md
SERVER = ["--workers", "1", "--threads", "4", "--worker-class", "gthread", "--log-level", "warning", "--bind"]
START_WITHIN = 60  # seconds


def measurements(folder: Path) -> Iterator[dict[str, Any]]:
    wave = make_wave()
    question = Question.objects.get(kind=Question.Kind.NPS)
    body = f"q{question.pk}=9&q{question.pk + 1}=Quick+and+kind".encode()
    tokens = make_tokens(wave, WARM_UP)
    count_queries(tokens.pop(), body)  # the first visit to a survey reads its questions
    yield measured("SQL round trips of a response POST", count_queries(tokens.pop(), body), 3, "queries")
    with running_server() as port:
        post_all(port, [*addresses_of(tokens), *["/empty/"] * len(tokens)], body)
        rounds = [one_round(port, wave, body) for _ in range(ROUNDS)]
        pairs = pages_and_answers(port, wave, body)
        seconds = flood(port, wave, body)
    taken, empty = (POSTS / median(column) for column in zip(*rounds, strict=True))
    expected = WARM_UP + (ROUNDS + 1) * POSTS + FLOOD
    if (stored := SurveyResponse.objects.count()) != expected:
        raise AssertionError(f"{stored} responses stored of {expected} sent")
    yield measured("response POST against an empty POST", taken, empty, "requests/s")
    yield measured("survey page and its answer", pairs, LIMESURVEY, "pairs/s")
    yield measured(
        "1,000 answers at once, each sent twice, from 50 connections", FLOOD / seconds, FLOOD, "stored/s"
    )


def pages_and_answers(port: int, wave: Wave, body: bytes) -> float:
    """Pages with their answer a second."""
    addresses = addresses_of(make_tokens(wave, POSTS))
    shares = [addresses[number::PEOPLE_AT_ONCE] for number in range(PEOPLE_AT_ONCE)]
    began = time.perf_counter()
    with ThreadPoolExecutor(PEOPLE_AT_ONCE) as people:
        list(people.map(lambda share: look_and_post(port, share, body), shares))
    return POSTS / (time.perf_counter() - began)


def look_and_post(port: int, addresses: Sequence[str], body: bytes) -> None:
    for address in addresses:
        with urlopen(f"http://127.0.0.1:{port}{address}", timeout=60) as page:
            page.read()
        post_one_by_one(port, [address], body)


def flood(port: int, wave: Wave, body: bytes) -> float:
    """Seconds for 1,000 answers from 50 connections; each is sent twice, and the count below says what is stored."""
    addresses = addresses_of(make_tokens(wave, FLOOD))
    everything = [*addresses, *reversed(addresses)]
    shares = [everything[number::FLOOD_CONNECTIONS] for number in range(FLOOD_CONNECTIONS)]
    began = time.perf_counter()
    with ThreadPoolExecutor(FLOOD_CONNECTIONS) as people:
        list(people.map(lambda share: post_one_by_one(port, share, body), shares))
    return time.perf_counter() - began


def one_round(port: int, wave: Wave, body: bytes) -> tuple[float, float]:
    addresses = addresses_of(make_tokens(wave, POSTS))
    return post_all(port, addresses, body), post_all(port, ["/empty/"] * POSTS, body)


def measured(name: str, value: float, limit: float, unit: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value),
        "unit": unit,
        "limit": round(limit),
        "ratio": round(value / limit, 2),
    }


def make_wave() -> Wave:
    survey = Survey.objects.create(name="Bench")
    for position, kind in enumerate((Question.Kind.NPS, Question.Kind.COMMENT)):
        Question.objects.create(survey=survey, position=position, kind=kind, key=kind)
    publish_survey(survey=survey, by=None, at=timezone.now())
    survey.refresh_from_db()
    campaign = Campaign.objects.create(name="Bench", survey=survey, state=Campaign.State.SENDING)
    return Wave.objects.create(campaign=campaign, planned_at=timezone.now())


def make_tokens(wave: Wave, number: int) -> list[str]:
    at = timezone.now()
    customers = Customer.objects.bulk_create(Customer(created_at=at, updated_at=at) for _ in range(number))
    invitations = Invitation.objects.bulk_create(
        Invitation(wave=wave, customer=customer, state=Invitation.State.SENT, due_at=at, sent_at=at)
        for customer in customers
    )
    return [token_for(invitation.pk) for invitation in invitations]


def addresses_of(tokens: Sequence[str]) -> list[str]:
    return [f"/s/{token}/" for token in tokens]


def count_queries(token: str, body: bytes) -> int:
    """Round trips to the database: those Django knows of; a transaction's begin and commit are among them."""
    with CaptureQueriesContext(connection) as queries:
        page = Client(headers={"host": "127.0.0.1"}).post(
            f"/s/{token}/", body, content_type="application/x-www-form-urlencoded"
        )
    if page.status_code != 302:
        raise AssertionError(f"The answer was not taken: {page.status_code}")
    return len(queries)


def post_all(port: int, addresses: Sequence[str], body: bytes) -> float:
    """Seconds in which `PEOPLE_AT_ONCE` persistent connections post to all addresses."""
    shares = [addresses[number::PEOPLE_AT_ONCE] for number in range(PEOPLE_AT_ONCE)]
    began = time.perf_counter()
    with ThreadPoolExecutor(PEOPLE_AT_ONCE) as people:
        list(people.map(lambda share: post_one_by_one(port, share, body), shares))
    return time.perf_counter() - began


def post_one_by_one(port: int, addresses: Sequence[str], body: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as wire, wire.makefile("rb") as replies:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for address in addresses:
            wire.sendall(
                f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode()
                + body
            )
            read_redirect(replies)


def read_redirect(replies: Any) -> None:
    status = replies.readline()
    if not status.startswith(b"HTTP/1.1 302"):
        raise AssertionError(f"Not a redirect: {status!r}")
    length = 0
    while (line := replies.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    replies.read(length)


@contextmanager
def running_server() -> Iterator[int]:
    """The port of one worker with four threads, as in production, on this process's database."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "gunicorn", "tests.bench.wsgi", *SERVER, f"127.0.0.1:{port}"],
        env={**os.environ, "LOG_LEVEL": "ERROR"},
    )
    try:
        wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(START_WITHIN)


def wait_for(port: int) -> None:
    give_up_at = time.monotonic() + START_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
        else:
            return
