"""One connection's talk with a mail server about one message after the other."""

import re
import smtplib
import ssl
import time
from collections.abc import Generator, Iterator
from contextlib import suppress
from socket import socket
from typing import NamedTuple, Self

from mail.messages import Ending, Message, Outcome

OK, GO_ON = 250, 354
BEFORE_CONTENT = {5: Ending.REFUSED}  # by the first digit of the reply
AFTER_CONTENT = {2: Ending.ACCEPTED, 4: Ending.NOT_SENT, 5: Ending.REFUSED}
# Some servers say only to the recipient's address, or to the whole mail, that they take nothing from us.
NOT_LOGGED_IN = {530, 534, 535, 538}  # or not well enough
OF_SENDER = re.compile(  # from whom we write as
    r"^\d{3}\s+5\.(?:1\.[78]|7\.60)\b|sender\s+address\s+rejected|not\s+owned\s+by\s+user|send\s*as\s*denied",
    re.IGNORECASE,
)
OF_HOUSE = re.compile(  # whoever we write as
    r"^\d{3}\s+5\.(?:4\.5|7\.(?:[89]|11|14|54))\b"  # our quota or rights
    r"|\brelay(?:ing)?\s+(?:access\s+)?(?:is\s+)?(?:denied|prohibited|not\s+(?:permitted|allowed))|unable\s+to\s+relay"
    r"|authentication\s+(?:is\s+)?required|sending\s+(?:limit|quota)|max\s+emails\s+per\s+hour",
    re.IGNORECASE,
)
REPLY = re.compile(rb"(?:\d{3}-[^\n]*\n)*(?!\d{3}-)[^\n]*\n")  # of many lines all but the last have a hyphen
CHUNK = 65_536  # bytes read at once


class Reply(NamedTuple):
    """What a server says to one command."""

    code: int
    words: str

    @classmethod
    def of(cls, lines: bytes) -> Self:
        """From the lines of one reply; what is no SMTP has no code."""
        said = [line.rstrip("\r") for line in lines.decode("utf-8", "replace").removesuffix("\n").split("\n")]
        last = said[-1]
        if not last[:3].isdecimal():
            return cls(-1, last)
        return cls(int(last[:3]), "\n".join(line[4:] for line in said))

    def __str__(self) -> str:
        return f"{self.code} {self.words}"

    def to_sender(self) -> Outcome:
        """What it means for a message whose sender was named: whatever is wrong with that concerns no recipient."""
        is_for_good = self.code // 100 in BEFORE_CONTENT
        return Outcome(
            Ending.NOT_SENT, str(self), is_of_sender=is_for_good and self.code not in NOT_LOGGED_IN
        )

    def before_content(self) -> Outcome:
        """What it means for a message that was not handed over yet."""
        ending = Ending.NOT_SENT if self.is_about_us else BEFORE_CONTENT.get(self.code // 100)
        return Outcome(ending or Ending.NOT_SENT, str(self), is_of_sender=self.is_of_sender)

    def after_content(self, message: Message) -> Outcome:
        """What it means for a message that was handed over; of nonsense nobody knows."""
        ending = AFTER_CONTENT.get(self.code // 100, Ending.UNKNOWN)
        if ending is Ending.REFUSED and self.is_about_us:
            ending = Ending.NOT_SENT
        if ending is Ending.ACCEPTED:
            return Outcome(ending, str(self), id=message.key)
        return Outcome(ending, str(self), is_of_sender=self.is_of_sender)

    @property
    def is_about_us(self) -> bool:
        """Whether it says that the server takes no mail from us, whoever it is for."""
        return self.code in NOT_LOGGED_IN or self.is_of_sender or OF_HOUSE.search(str(self)) is not None

    @property
    def is_of_sender(self) -> bool:
        return OF_SENDER.search(str(self)) is not None


Talk = Generator[None, Reply, Outcome]


class Line:
    """One kept-open connection, and its talk with the server about one message."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        """Raises SMTPServerDisconnected when `smtp` is not connected."""
        self.smtp = smtp
        self.sock = socket_of(smtp)
        self.may_pipeline = smtp.has_extn("pipelining")
        self.unread = b""
        self.talk: Talk | None = None
        self.may_give = False  # the message may leave our hands
        self.is_held = False  # it only waits for that
        self.is_given = False  # it is out of our hands
        self.is_lost = False
        self.spoke_at = 0.0

    def begin(self, message: Message) -> Outcome | None:
        """Name sender and recipient, with pipelining all in one packet; an outcome only when it went wrong.

        The message itself is held until `give` is called.
        """
        self.may_give = self.is_held = self.is_given = False
        self.talk = self.talk_about(message)
        return self.go_on(self.talk, None)

    def give(self) -> Outcome | None:
        """From now on the message may leave; an outcome only when it went wrong."""
        self.may_give = True
        return self.go_on(self.talk, None) if self.talk and self.is_held else None

    def hear(self) -> Outcome | None:
        """Take in what the server said and go on; the outcome when that was the end."""
        outcome = None
        try:
            for reply in self.replies():
                if self.talk is None or self.is_held:
                    raise smtplib.SMTPServerDisconnected("The server spoke unasked")
                outcome = self.go_on(self.talk, reply)
        except (smtplib.SMTPException, OSError) as error:
            return self.lose(error) or outcome
        return outcome

    def go_on(self, talk: Talk, reply: Reply | None) -> Outcome | None:
        try:
            talk.send(reply) if reply else next(talk)
        except StopIteration as end:
            self.talk = None
            outcome: Outcome = end.value
            return outcome
        except (smtplib.SMTPException, OSError) as error:
            return self.lose(error)
        return None

    def lose(self, error: Exception) -> Outcome | None:
        """The connection is of no more use; what that means for its message, if it has one."""
        self.is_lost = True
        if self.talk is None:
            return None
        self.talk = None
        return Outcome(
            Ending.UNKNOWN if self.is_given else Ending.NOT_SENT, f"{type(error).__name__}: {error}"
        )

    def talk_about(self, message: Message) -> Talk:
        """The talk with the server about one message; each `yield` waits for a reply."""
        commands = (
            (b"MAIL FROM:<%s>\r\n" % message.sender.encode(), OK, Reply.to_sender),
            (b"RCPT TO:<%s>\r\n" % message.recipient.encode(), OK, Reply.before_content),
            (b"DATA\r\n", GO_ON, Reply.before_content),
        )
        if self.may_pipeline:
            self.say(b"".join(command for command, _wanted, _meaning in commands))
        refusal: Outcome | None = None
        for command, wanted, meaning in commands:
            if not self.may_pipeline:
                self.say(command)
            reply = yield
            if reply.code // 10 != wanted // 10 and refusal is None:  # 251: it will forward it
                refusal = meaning(reply)
            if reply.code == GO_ON and refusal:  # it opened DATA although the recipient was refused
                self.say(b".\r\n")
                yield
            if refusal and not self.may_pipeline:
                break
        if refusal:
            self.say(b"RSET\r\n")
            yield
            return refusal
        if not self.may_give:
            self.is_held = True
            yield
            self.is_held = False
        # the last dot stands on its own line
        line_end = b"" if message.content.endswith(b"\r\n") else b"\r\n"
        self.say(doubled_dots(message.content) + line_end + b".\r\n")
        self.is_given = True
        return (yield).after_content(message)

    def say(self, words: bytes) -> None:
        self.sock.sendall(words)
        self.spoke_at = time.monotonic()

    def replies(self) -> Iterator[Reply]:
        """Those that have arrived whole. Raises SMTPServerDisconnected when the server has hung up."""
        heard = self.receive()
        if heard is None:
            return
        if not heard:
            raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
        self.unread += heard
        while found := REPLY.match(self.unread):
            self.unread = self.unread[found.end() :]
            yield Reply.of(found[0])
        if len(self.unread) > CHUNK:
            raise smtplib.SMTPServerDisconnected("The server's reply has no end")

    def receive(self) -> bytes | None:
        """What has arrived; None when it was only TLS talking to itself."""
        if not isinstance(self.sock, ssl.SSLSocket):
            return self.sock.recv(CHUNK)
        timeout = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            return self.sock.recv(CHUNK)
        except ssl.SSLWantReadError:
            return None
        finally:
            self.sock.settimeout(timeout)

    def say_goodbye(self) -> None:
        with suppress(smtplib.SMTPException, OSError):
            self.smtp.putcmd("quit")

    def hang_up(self) -> None:
        """Hear the server's goodbye; whatever it makes of ours, the line is closed."""
        with suppress(smtplib.SMTPException, OSError):
            self.smtp.getreply()
        self.smtp.close()


def doubled_dots(content: bytes) -> bytes:
    """A line that begins with a dot would end the message: SMTP doubles it."""
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\r\n.", b"\r\n..")


def socket_of(smtp: smtplib.SMTP) -> socket:
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
    return smtp.sock
