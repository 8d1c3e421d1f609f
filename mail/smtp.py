"""Handing mails to a mail server over kept-open connections, and telling what became of each.

K connections are opened side by side and then worked in one or two crews: every connection of a crew is given a
message, then every one is asked how it went. With a server that takes d seconds to reply this moves K / (2 d) messages
a second. One thread hands the contents over, while the caller writes down what became of the messages before. Four
endings are told apart: accepted, refused for good, not sent (nothing was handed over, or the server said "later"), and
unknown (the message was handed over and no answer came).
"""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Self
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from mail.messages import Ending, Message, Outcome

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where mails are handed in, read from EMAIL_URL."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""

    @classmethod
    def at(cls, url: str) -> Self:
        """Raises ImproperlyConfigured for anything but smtp://, smtp+tls:// and smtps:// with a host."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as error:
            raise ImproperlyConfigured("EMAIL_URL has a port that is not a number.") from error
        if parts.scheme not in PORTS or not parts.hostname:
            raise ImproperlyConfigured("EMAIL_URL must look like smtp+tls://user:password@host:587.")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )


class Refusal(Exception):
    """The server answered with a code that is not the wanted one."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(f"{code} {words}")
        self.is_for_good = 500 <= code < 600  # noqa: PLR2004  SMTP's permanent replies


class Line:
    """One kept-open connection; opened again when it was lost."""

    def __init__(self, server: Server, *, timeout: float) -> None:
        self.server = server
        self.timeout = timeout
        self.smtp: smtplib.SMTP | None = None
        self.may_pipeline = False

    def open(self) -> smtplib.SMTP:
        if self.smtp is None:
            smtp = self.connect()
            self.may_pipeline = smtp.has_extn("pipelining")
            self.smtp = smtp
        return self.smtp

    def connect(self) -> smtplib.SMTP:
        server = self.server
        if server.scheme == "smtps":
            context = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self.timeout, context=context
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=self.timeout)
        try:
            smtp.ehlo()
            if server.scheme == "smtp+tls":
                smtp.starttls(context=ssl.create_default_context())
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def close(self) -> None:
        if self.smtp is not None:
            self.smtp.close()
            self.smtp = None

    def say_goodbye(self) -> None:
        if self.smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.smtp.putcmd("quit")

    def hang_up(self) -> None:
        """Hear the server's goodbye; whatever it makes of ours, the line is closed."""
        if self.smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.smtp.getreply()
            self.close()

    def announce(self, message: Message) -> None:
        """Name sender and recipient; with pipelining all in one packet."""
        commands = self.envelope(message)
        smtp = self.open()
        smtp.send(b"".join(commands) if self.may_pipeline else commands[0])

    def envelope(self, message: Message) -> list[bytes]:
        return [
            b"MAIL FROM:<%s>\r\n" % message.sender.encode(),
            b"RCPT TO:<%s>\r\n" % message.recipient.encode(),
            b"DATA\r\n",
        ]

    def begin_content(self, message: Message) -> None:
        """Read the replies to the envelope; returns when the server waits for the content. Raises Refusal."""
        smtp = self.open()
        commands = self.envelope(message)
        refusal: Refusal | None = None
        for step, wanted in enumerate((250, 250, 354)):
            if step and not self.may_pipeline:
                if refusal:
                    break
                smtp.send(commands[step])
            code, words = smtp.getreply()
            if code != wanted and refusal is None:
                refusal = Refusal(code, words.decode("utf-8", "replace"))
            if code == 354 and refusal:  # noqa: PLR2004  the server opened DATA although the recipient was refused
                smtp.send(b".\r\n")
                smtp.getreply()
        if refusal:
            smtp.send(b"RSET\r\n")
            smtp.getreply()
            raise refusal

    def give_content(self, message: Message) -> None:
        line_end = (
            b"" if message.content.endswith(b"\r\n") else b"\r\n"
        )  # the last dot stands on its own line
        self.open().send(doubled_dots(message.content) + line_end + b".\r\n")

    def read_ending(self, message: Message) -> Outcome:
        """What the server says about a message it was given; silence is `UNKNOWN`."""
        try:
            code, words = self.open().getreply()
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            return Outcome(Ending.UNKNOWN, f"{type(error).__name__}: {error}")
        text = f"{code} {words.decode('utf-8', 'replace')}"
        if code == 250:  # noqa: PLR2004  SMTP's "OK"
            return Outcome(Ending.ACCEPTED, text, id=message.key)
        return Outcome(Ending.REFUSED if code >= 500 else Ending.NOT_SENT, text)  # noqa: PLR2004  SMTP's permanent replies


def doubled_dots(content: bytes) -> bytes:
    """A line that begins with a dot would end the message: SMTP doubles it."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..")


class Crew:
    """Some of the connections to a server, worked in lock step. The steps wait for the server one reply each."""

    def __init__(self, lines: Sequence[Line], hands: ThreadPoolExecutor) -> None:
        self.lines = lines
        self.hands = hands
        self.giving: Future[None] | None = None
        self.pairs: list[tuple[Line, Message]] = []
        self.endings: dict[Line, Outcome] = {}

    @property
    def width(self) -> int:
        """How many messages it takes at a time."""
        return len(self.lines)

    def announce(self, messages: Sequence[Message]) -> None:
        """Name sender and recipient of one message on each connection; at most `width` messages."""
        self.pairs = list(zip(self.lines, messages, strict=False))
        self.endings = open_lines([line for line, _message in self.pairs if line.smtp is None])
        self.step(Line.announce)

    def give(self) -> None:
        """Hear what the server says to that, and give it the contents, while the caller goes on with something else."""
        if self.pairs:
            self.giving = self.hands.submit(self.give_contents)

    def give_contents(self) -> None:
        self.step(Line.begin_content)
        self.step(Line.give_content)

    def outcomes(self) -> list[Outcome]:
        """What became of each, in the messages' order."""
        if self.giving:
            self.giving.result()
            self.giving = None
        pairs, self.pairs = self.pairs, []
        return [self.endings.get(line) or line.read_ending(message) for line, message in pairs]

    def step(self, step: Callable[[Line, Message], None]) -> None:
        for line, message in self.pairs:
            if line not in self.endings and (ending := attempt(step, line, message)):
                self.endings[line] = ending


def open_lines(closed: Sequence[Line]) -> dict[Line, Outcome]:
    """Open these lines, all at a time: greetings take several round trips each. What went wrong, by line."""
    if not closed:
        return {}
    with ThreadPoolExecutor(len(closed)) as pool:
        outcomes = pool.map(partial(attempt, Line.open), closed)
        return {line: outcome for line, outcome in zip(closed, outcomes, strict=True) if outcome}


class Lines:
    """K connections to one server."""

    def __init__(self, server: Server, *, connections: int, timeout: timedelta) -> None:
        self.lines = [Line(server, timeout=timeout.total_seconds()) for _ in range(connections)]
        self.hands = ThreadPoolExecutor(1)

    @property
    def width(self) -> int:
        """How many messages one hand-over takes."""
        return len(self.lines)

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        """Give one message to each connection; the outcomes in the messages' order. At most `width` messages."""
        crew = Crew(self.lines, self.hands)
        crew.announce(messages)
        crew.give()
        return crew.outcomes()

    def crews(self) -> list[Crew]:
        """The connections in two halves: while the server works for one, the other is given its next messages."""
        half = (len(self.lines) + 1) // 2
        return [Crew(lines, self.hands) for lines in (self.lines[:half], self.lines[half:]) if lines]

    def close(self) -> None:
        self.hands.shutdown()
        for step in (Line.say_goodbye, Line.hang_up):
            for line in self.lines:
                step(line)


def attempt(step: Callable[..., object], line: Line, *message: Message) -> Outcome | None:
    """One step before the message is out of our hands; an outcome only when it went wrong."""
    try:
        step(line, *message)
    except Refusal as refusal:
        return Outcome(Ending.REFUSED if refusal.is_for_good else Ending.NOT_SENT, str(refusal))
    except (smtplib.SMTPException, OSError) as error:
        line.close()
        return Outcome(Ending.NOT_SENT, f"{type(error).__name__}: {error}")
    return None
