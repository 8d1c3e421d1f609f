"""Handing mails to a mail server over kept-open connections, and telling what became of each.

K connections are opened side by side; each goes through its own talk with the server, at the server's pace, and
whichever has heard something goes on. With a server that takes d seconds to reply this moves K / (2 d) messages a
second. Four endings are told apart: accepted, refused for good, not sent (nothing was handed over, or the server said
"later"), and unknown (the message was handed over and no answer came).
"""

import smtplib
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from selectors import EVENT_READ, DefaultSelector

from mail.messages import Ending, Message, Outcome
from mail.smtp.line import Line
from mail.smtp.server import Server, connected

LOOK_EVERY = 1.0  # seconds between looks at who has been silent for too long
LINGER = 0.005  # seconds that the first to end waits for company, so that a commit is shared
QUIET = 0.001  # seconds without a word after which none is waited for


class Lines:
    """K connections to one server, opened when they are needed, and again when they were lost."""

    def __init__(self, server: Server, *, connections: int, timeout: timedelta) -> None:
        self.server = server
        self.width = connections  # how many messages it has in hand at most
        self.timeout = timeout.total_seconds()
        self.selector = DefaultSelector()
        self.idle: deque[Line] = deque()
        self.in_hand: dict[Line, Message] = {}
        self.announced: dict[int, tuple[Message, Line | None]] = {}  # by the message's id()
        self.early: dict[int, Outcome] = {}  # what became of announced messages already
        self.endings: list[tuple[Message, Outcome]] = []
        self.first_ended_at = 0.0
        self.look_at = 0.0

    @property
    def at_once(self) -> int:
        """While the endings of so many are written down, the others are on their way."""
        return (self.width + 1) // 2

    @property
    def free(self) -> int:
        """How many messages it would take now."""
        return self.width - len(self.in_hand)

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        """Give one message to each connection; the outcomes in the messages' order. At most `width` messages."""
        self.announce(messages)
        self.take(messages)
        known: dict[int, Outcome] = {}
        while len(known) < len(messages):
            known |= {id(message): outcome for message, outcome in self.ended()}
        return [known[id(message)] for message in messages]

    def announce(self, messages: Sequence[Message]) -> None:
        """Name senders and recipients, but give no content yet; at most `free` messages."""
        for message, line in zip(messages, self.lines_for(len(messages)), strict=True):
            if isinstance(line, Outcome):
                self.announced[id(message)] = (message, None)
                self.early[id(message)] = line
                continue
            self.announced[id(message)] = (message, line)
            self.in_hand[line] = message
            self.after(line, line.begin(message))

    def take(self, messages: Sequence[Message]) -> None:
        """Give these of the messages that were announced, or of none; the others are withdrawn."""
        announced, self.announced = self.announced, {}
        early, self.early = self.early, {}
        for message in messages:
            _message, line = announced.pop(id(message))
            if outcome := early.get(id(message)):
                self.note(message, outcome)
            elif line:
                self.after(line, line.give())
        for message, line in announced.values():
            if line and id(message) not in early:
                del self.in_hand[line]
                self.drop(line)  # else the server would wait for the content

    def lines_for(self, count: int) -> list[Line | Outcome]:
        """So many connections to work on, or why there is none.

        Those that are missing are opened all at a time: greetings take several round trips each. Who asks for half of
        all will soon ask for the other half, which is opened with them. When the server grants fewer than we would
        have, we make do with those.
        """
        failed = []
        missing = (self.free if count >= self.at_once else count) - len(self.idle)
        if missing > 0:
            with ThreadPoolExecutor(missing) as pool:
                opened = list(pool.map(lambda _n: self.opened(), range(missing)))
            failed = [line for line in opened if isinstance(line, Outcome)]
            for line in opened:
                if isinstance(line, Line):
                    self.selector.register(line.sock, EVENT_READ, line)
                    self.idle.append(line)
            if failed:
                self.width = len(self.idle) + len(self.in_hand) or self.width
        lines = [self.idle.popleft() for _ in range(min(count, len(self.idle)))]
        return [*lines, *failed[: count - len(lines)]]

    def opened(self) -> Line | Outcome:
        try:
            return Line(connected(self.server, timeout=self.timeout))
        except (smtplib.SMTPException, OSError) as error:
            return Outcome(Ending.NOT_SENT, f"{type(error).__name__}: {error}")

    def listen(self, *, until: int | None = None) -> None:
        """Let every connection go on that can; with `until` as long as that file has nothing to read."""
        if until is None:
            self.go_on(0)
            return
        self.selector.register(until, EVENT_READ)
        while until not in self.go_on(self.timeout):
            pass
        self.selector.unregister(until)

    def ended(self, *, wait: bool = True) -> list[tuple[Message, Outcome]]:
        """Let every connection go on that can, and tell which messages have ended since this was asked last.

        With `wait` until there are enough to share a commit, or none is left, or the first has waited long enough.
        """
        while True:
            is_over = not wait or not self.in_hand or len(self.endings) >= self.at_once
            heard = self.go_on(0 if is_over else QUIET if self.endings else self.timeout)
            if is_over or (self.endings and (not heard or time.monotonic() >= self.first_ended_at + LINGER)):
                endings, self.endings = self.endings, []
                return endings

    def go_on(self, seconds: float) -> list[object]:
        """Hear whoever says something within so many seconds, and give up who has been silent for too long.

        Returns whom it heard.
        """
        heard = [key for key, _events in self.selector.select(seconds)]
        for key in heard:
            if line := key.data:
                self.after(line, line.hear())
        now = time.monotonic()
        if now >= self.look_at:
            self.look_at = now + min(LOOK_EVERY, self.timeout)
            for line in [line for line in self.in_hand if now >= line.spoke_at + self.timeout]:
                self.after(line, line.lose(TimeoutError("timed out")))
        return [key.fileobj for key in heard]

    def after(self, line: Line, outcome: Outcome | None) -> None:
        """What comes after a step of a line, when it was the last one."""
        if outcome:
            self.note(self.in_hand.pop(line), outcome)
        if line.is_lost:
            self.drop(line)
            if line in self.idle:
                self.idle.remove(line)
        elif outcome:
            self.idle.append(line)

    def drop(self, line: Line) -> None:
        self.selector.unregister(line.sock)
        line.smtp.close()

    def note(self, message: Message, outcome: Outcome) -> None:
        if id(message) in self.announced:
            self.early[id(message)] = outcome
            return
        if not self.endings:
            self.first_ended_at = time.monotonic()
        self.endings.append((message, outcome))

    def close(self) -> None:
        for step in (Line.say_goodbye, Line.hang_up):
            for line in self.idle:
                step(line)
        for line in self.in_hand:
            line.smtp.close()
        self.selector.close()
