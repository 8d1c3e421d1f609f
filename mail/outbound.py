"""The one client for outgoing HTTP calls.

A host may lead to public addresses only, or to networks that OUTBOUND_ALLOW_PRIVATE names; the address that was
looked at is the one that is connected to. Redirects are answers like others. An answer ends after 64 KB or when the
time for the whole call is over, however slowly its bytes drip in.
"""

import json
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import httpcore
from django.conf import settings
from django.db import connection

from mail.network_addresses import is_public, is_within

CONNECT_WITHIN = 5.0  # seconds
LONGEST_ANSWER = 64 * 1024
SHOWN = 500
WEB = ("http", "https")

NOTHING_WENT_OUT = (
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpcore.PoolTimeout,
    httpcore.LocalProtocolError,
    UnicodeError,
)

deadline: ContextVar[float] = ContextVar("deadline")  # when the call in this thread must be over


class NotReached(Exception):
    """Nothing was handed over: the address is not allowed, or nobody answered there."""


class NoAnswer(Exception):
    """The request went out, at least in part, and no whole answer came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def words(self) -> str:
        text = self.body[:SHOWN].decode("utf-8", "replace").replace("\x00", "")
        return f"{self.status} {text}".strip()

    def document(self) -> dict[str, Any]:
        """The JSON object it holds; an empty one when it holds none."""
        try:
            document = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}


def refuse_in_transaction() -> None:
    """Raises RuntimeError inside a transaction: waiting for others there would hold up every other writer."""
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("Messages are handed over outside of transactions.")


class Client:
    """Up to `connections` calls side by side; connections stay open between calls."""

    def __init__(self, *, connections: int, timeout: timedelta) -> None:
        self.timeout = timeout.total_seconds()
        self.pool = httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=15,
            network_backend=GuardedNetwork(),
        )

    def send(self, request: Request) -> Answer:
        """Raises NotReached, NoAnswer, or RuntimeError inside a transaction."""
        refuse_in_transaction()
        check_url(request.url)
        before = deadline.set(time.monotonic() + self.timeout)
        try:
            return self.ask(request)
        except NOTHING_WENT_OUT as error:
            raise NotReached(told(error)) from error
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise NoAnswer(told(error)) from error
        finally:
            deadline.reset(before)

    def ask(self, request: Request) -> Answer:
        seconds = {"connect": min(CONNECT_WITHIN, self.timeout), "pool": self.timeout}
        seconds |= {"read": self.timeout, "write": self.timeout}
        headers = {"User-Agent": "cx-platform", "Accept-Encoding": "identity"} | dict(request.headers)
        with self.pool.stream(
            request.method,
            request.url,
            headers=list(headers.items()),
            content=request.body,
            extensions={"timeout": seconds},
        ) as reply:
            answered = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in reply.headers
            }
            return Answer(reply.status, answered, beginning_of(reply.iter_stream()))

    def close(self) -> None:
        self.pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def beginning_of(chunks: Iterable[bytes]) -> bytes:
    """As much of an answer as anybody needs; the rest is not read."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) >= LONGEST_ANSWER:
            break
    return bytes(body[:LONGEST_ANSWER])


def told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")


def check_url(url: str) -> None:
    """Raises NotReached for anything but a web address without a password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise NotReached("The address is not a web address.") from error
    if parts.scheme not in WEB or not parts.hostname or parts.username or parts.password or port == 0:
        raise NotReached("The address is not a web address.")


class GuardedNetwork(httpcore.NetworkBackend):
    """Looks a host up once, refuses it when any of its addresses is not allowed, and connects to what it saw."""

    def __init__(self) -> None:
        self.network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = allowed_addresses(host, port)
        for n, address in enumerate(addresses, start=1):
            try:
                stream = self.network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if n == len(addresses):
                    raise
                continue
            return TimedStream(stream)
        raise httpcore.ConnectError("The host has no address.")


def allowed_addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError("The host is not known.") from error
    addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
    inside = settings.OUTBOUND_ALLOW_PRIVATE
    if not all(is_public(address) or is_within(address, inside) for address in addresses):
        raise httpcore.ConnectError("This address is not public.")
    if port not in settings.OUTBOUND_PORTS and not all(is_within(address, inside) for address in addresses):
        raise httpcore.ConnectError("This port is not one of OUTBOUND_PORTS.")
    return addresses


class TimedStream(httpcore.NetworkStream):
    """A connection whose every wait ends when the time of the whole call is over."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self.stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, remaining(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, remaining(httpcore.WriteTimeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return TimedStream(self.stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def remaining(too_late: type[httpcore.TimeoutException]) -> float:
    seconds = deadline.get() - time.monotonic()
    if seconds <= 0:
        raise too_late("The call took too long.")
    return seconds
