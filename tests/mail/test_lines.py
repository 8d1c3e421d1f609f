"""The talk with a mail server, for servers of every kind."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import which
from time import monotonic
from typing import Any

import pytest

from mail.messages import Ending, Message
from mail.smtp.lines import Lines
from mail.smtp.server import Server
from tests.waiting import eventually

MAIL = Message("cx@example.com", "ana@example.com", b"Subject: A word?\r\n\r\nHello", key="ana")
GREETING = b"220 here\r\n"
PLAIN = {
    "EHLO": b"250 here\r\n", "MAIL": b"250 OK\r\n", "RCPT": b"250 OK\r\n", "DATA": b"354 go on\r\n",
    ".": b"250 kept\r\n", "RSET": b"250 OK\r\n", "QUIT": b"221 bye\r\n",
}  # fmt: skip
PIPELINING = {"EHLO": b"250-here\r\n250 PIPELINING\r\n"}
HANG_UP = b""


class Scripted:
    """A mail server that says to each command what it is told to, one byte at a time where `in_pieces`."""

    def __init__(
        self,
        script: dict[str, bytes],
        *,
        room_for: int = 99,
        in_pieces: bool = False,
        tls: ssl.SSLContext | None = None,
        tls_at_once: bool = False,
    ) -> None:
        self.script = PLAIN | script
        self.room = threading.Semaphore(room_for)
        self.in_pieces = in_pieces
        self.tls = tls
        self.tls_at_once = tls_at_once
        self.heard: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.lines: list[socket.socket] = []
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def accept(self) -> None:
        while True:
            try:
                line, _address = self.listener.accept()
            except OSError:
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.lines.append(line)
            threading.Thread(target=self.serve, args=(line,), daemon=True).start()

    def serve(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            if not self.room.acquire(blocking=False):
                line.sendall(b"421 too many of you\r\n")
                return
            if self.tls and self.tls_at_once:
                self.talk(self.secured(line), GREETING)
            else:
                self.talk(line, GREETING)

    def secured(self, line: socket.socket) -> ssl.SSLSocket:
        assert self.tls
        secured = self.tls.wrap_socket(line, server_side=True)
        self.lines.append(secured)
        return secured

    def talk(self, line: socket.socket, greeting: bytes) -> None:
        with line, line.makefile("rb") as words:
            line.sendall(greeting)
            in_content = False
            for said in words:
                command = said.decode().split()[0].upper() if said.strip() else ""
                if in_content and command != ".":
                    continue
                self.heard.append(command)
                reply = self.script[command]
                in_content = reply.startswith(b"354")
                if reply == HANG_UP:
                    return
                for piece in [reply[n : n + 1] for n in range(len(reply))] if self.in_pieces else [reply]:
                    line.sendall(piece)
                if command == "STARTTLS":
                    self.talk(self.secured(line), b"")
                    return

    def close(self) -> None:
        """Whoever waits in accept() is woken first: it would wait at whatever gets the closed socket's number next."""
        self.hang_up()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.acceptor.join()
        self.listener.close()

    def hang_up(self) -> None:
        for line in self.lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


@contextmanager
def lines_to(
    script: dict[str, bytes], *, connections: int = 1, scheme: str = "smtp", **options: Any
) -> Iterator[tuple[Lines, Scripted]]:
    server = Scripted(script, **options)
    port = server.listener.getsockname()[1]
    lines = Lines(
        Server.at(f"{scheme}://127.0.0.1:{port}"), connections=connections, timeout=timedelta(seconds=5)
    )
    try:
        yield lines, server
    finally:
        lines.close()
        server.close()


@pytest.mark.parametrize("extensions", [{}, PIPELINING])
@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize(
    ("script", "ending", "words"),
    [
        ({}, Ending.ACCEPTED, "250 kept"),
        ({".": b"250-kept\r\n250 as number 1\r\n"}, Ending.ACCEPTED, "250 kept\nas number 1"),
        ({"RCPT": b"550 nobody\r\n", "DATA": b"503 first RCPT\r\n"}, Ending.REFUSED, "550 nobody"),
        ({"RCPT": b"550 nobody\r\n", ".": b"554 to whom?\r\n"}, Ending.REFUSED, "550 nobody"),
        ({"MAIL": b"450 later\r\n", "RCPT": b"503 MAIL\r\n", "DATA": b"503 MAIL\r\n"}, Ending.NOT_SENT, "450 later"),
        ({"DATA": b"what?\r\n"}, Ending.NOT_SENT, "-1 what?"),
        ({".": b"452 full\r\n"}, Ending.NOT_SENT, "452 full"),
        ({".": b"554 spam\r\n"}, Ending.REFUSED, "554 spam"),
        ({".": b"<html>\r\n"}, Ending.UNKNOWN, "-1 <html>"),
        ({".": b"251 kept elsewhere\r\n"}, Ending.ACCEPTED, "251 kept elsewhere"),
        ({"RCPT": b"251 not here; will forward\r\n"}, Ending.ACCEPTED, "250 kept"),
        ({"RCPT": b"550 5.1.1 nobody@relay.example: unknown\r\n", "DATA": b"503 RCPT\r\n"}, Ending.REFUSED,
         "550 5.1.1 nobody@relay.example: unknown"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_mail_whatever_the_server_says(extensions, in_pieces, script, ending, words):
    with lines_to(extensions | script, in_pieces=in_pieces) as (lines, _server):
        [outcome] = lines.hand_over([MAIL])

    assert (outcome.ending, outcome.words) == (ending, words)
    assert outcome.id == ("ana" if ending is Ending.ACCEPTED else "")


@pytest.mark.parametrize("extensions", [{}, PIPELINING])
@pytest.mark.parametrize(
    ("script", "is_of_sender"),
    [
        ({"MAIL": b"530 5.7.0 Authentication required\r\n"}, False),
        ({"MAIL": b"451 later\r\n"}, False),
        ({"MAIL": b"553 we do not know this sender\r\n"}, True),
        ({"RCPT": b"530 log in first\r\n"}, False),
        ({"RCPT": b"535 5.7.8 log in first\r\n"}, False),
        ({"RCPT": b"554 5.7.1 <ana@example.com>: Relay access denied\r\n"}, False),
        ({"RCPT": b"553 5.7.1 <cx@example.com>: Sender address rejected: not owned by user cx\r\n"}, True),
        ({"RCPT": b"550 5.4.5 no more today\r\n"}, False),
        ({".": b"550 5.7.60 Client does not have permissions to send as this sender\r\n"}, True),
    ],
)
def test_who_takes_nothing_from_us_says_nothing_about_an_address(extensions, script, is_of_sender):
    [words] = script.values()
    after = {"RCPT": b"503 MAIL first\r\n", "DATA": b"503 RCPT first\r\n"} if "." not in script else {}
    with lines_to(extensions | after | script) as (lines, server):
        [outcome] = lines.hand_over([MAIL])
        assert (outcome.ending, outcome.words) == (Ending.NOT_SENT, words.decode().strip())
        assert outcome.is_of_sender is is_of_sender
        server.script = PLAIN | extensions
        assert [outcome.ending for outcome in lines.hand_over([MAIL])] == [Ending.ACCEPTED]


@pytest.mark.parametrize(
    ("when", "ending"), [("MAIL", Ending.NOT_SENT), ("DATA", Ending.NOT_SENT), (".", Ending.UNKNOWN)]
)
def test_a_server_that_hangs_up_leaves_a_mail_unknown_only_when_it_had_it(when, ending):
    with lines_to({when: HANG_UP}) as (lines, server):
        assert [outcome.ending for outcome in lines.hand_over([MAIL])] == [ending]
        server.script = PLAIN
        assert [outcome.ending for outcome in lines.hand_over([MAIL])] == [Ending.ACCEPTED]


def test_a_line_that_the_server_closed_while_nobody_spoke_is_opened_again():
    with lines_to({}) as (lines, server):
        lines.hand_over([MAIL])
        server.hang_up()
        eventually(lambda: lines.listen() or not lines.idle)
        assert [outcome.ending for outcome in lines.hand_over([MAIL])] == [Ending.ACCEPTED]
        assert server.heard.count("EHLO") == 2


def test_a_reply_without_an_end_ends_the_talk():
    with lines_to({".": b"250-" + b"on and on " * 10_000}) as (lines, _server):
        [outcome] = lines.hand_over([MAIL])

    assert outcome.ending is Ending.UNKNOWN


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch) -> ssl.SSLContext:
    """A server's context whose certificate we trust."""
    key, signed = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", signed],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(signed))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    return context


@pytest.mark.skipif(which("openssl") is None, reason="openssl makes the certificate")
@pytest.mark.parametrize("scheme", ["smtps", "smtp+tls"])
def test_mails_travel_by_tls(scheme, certificate):
    starttls = {"EHLO": b"250-here\r\n250-STARTTLS\r\n250 PIPELINING\r\n", "STARTTLS": b"220 go on\r\n"}
    mails = [replace(MAIL, content=b"Subject: Much\r\n\r\n" + b"x" * 70 * 1000, key=str(n)) for n in range(2)]
    with lines_to(starttls, connections=2, scheme=scheme, tls=certificate, tls_at_once=scheme == "smtps") as (
        lines,
        server,
    ):
        for _again in range(2):
            assert [outcome.ending for outcome in lines.hand_over(mails)] == [Ending.ACCEPTED] * 2
        assert ("STARTTLS" in server.heard) is (scheme == "smtp+tls")
        assert all(isinstance(line.sock, ssl.SSLSocket) for line in lines.idle)


def test_a_server_that_grants_fewer_connections_is_sent_as_much_with_those():
    mails = [Message("cx@example.com", f"{n}@example.com", MAIL.content, key=str(n)) for n in range(8)]
    with lines_to({}, connections=8, room_for=3) as (lines, _server):
        first = lines.hand_over(mails)
        assert sorted(outcome.ending.value for outcome in first) == ["accepted"] * 3 + ["not_sent"] * 5
        assert "421" in next(outcome.words for outcome in first if outcome.ending is Ending.NOT_SENT)
        assert lines.width == lines.free == 3
        assert [outcome.ending for outcome in lines.hand_over(mails[:3])] == [Ending.ACCEPTED] * 3


def test_who_waits_for_endings_gets_some_while_others_are_on_their_way():
    with lines_to({}, connections=4) as (lines, server):
        mails = [replace(MAIL), replace(MAIL)]
        lines.announce(mails)
        lines.take(mails)
        assert lines.free == 2
        ended = []
        while some := lines.ended():
            ended += [outcome.ending for _mail, outcome in some]
        assert ended == [Ending.ACCEPTED] * 2
        assert lines.ended(wait=False) == lines.ended() == []
        assert server.heard.count(".") == 2


def test_while_a_file_has_nothing_to_read_the_talks_go_on():
    ours, theirs = socket.socketpair()
    with ours, theirs, lines_to({}) as (lines, server):
        lines.announce([MAIL])
        lines.take([MAIL])

        def speak_after_the_talk() -> None:
            eventually(lambda: "." in server.heard)
            theirs.sendall(b"!")

        speaker = threading.Thread(target=speak_after_the_talk)
        speaker.start()
        lines.listen(until=ours.fileno())
        speaker.join()
        assert server.heard[-1] == "."
        assert [outcome.ending for _mail, outcome in lines.ended()] == [Ending.ACCEPTED]


def test_content_leaves_only_when_it_may_and_who_is_withdrawn_gets_none():
    goes, stays = replace(MAIL, key="goes"), replace(MAIL, key="stays")
    with lines_to(PIPELINING, connections=2) as (lines, server):
        lines.announce([goes, stays])
        eventually(lambda: lines.listen() or all(line.is_held for line in lines.in_hand))
        assert server.heard.count("DATA") == 2
        assert "." not in server.heard

        lines.take([goes])
        assert [message.key for message, _outcome in lines.ended()] == ["goes"]
        assert lines.free == 2
        assert server.heard.count(".") == 1
        assert [outcome.ending for outcome in lines.hand_over([MAIL, stays])] == [Ending.ACCEPTED] * 2


@pytest.mark.parametrize(
    ("script", "ending"),
    [
        ({"RCPT": b"550 nobody\r\n", "DATA": b"503 first RCPT\r\n"}, Ending.REFUSED),
        ({"DATA": HANG_UP}, Ending.NOT_SENT),
        ({"DATA": b"354 go on\r\n421 or rather not\r\n"}, Ending.NOT_SENT),
    ],
)
def test_what_becomes_of_an_announced_mail_is_told_when_it_is_taken(script, ending):
    with lines_to(script) as (lines, _server):
        for is_taken in (False, True):
            lines.announce([MAIL])
            eventually(lambda: lines.listen() or lines.early)
            assert lines.ended(wait=False) == []
            lines.take([MAIL] if is_taken else [])
            assert [outcome.ending for _mail, outcome in lines.ended()] == [ending] * is_taken
            assert lines.free == 1


def test_who_goes_home_with_mails_announced_waits_for_nobody():
    began = monotonic()
    with lines_to(PIPELINING, connections=2) as (lines, server):
        lines.announce([MAIL])
        lines.listen()

    assert monotonic() - began < 4  # seconds; a talk is given up after 5
    assert "." not in server.heard
