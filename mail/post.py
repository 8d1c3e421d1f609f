"""The post office: the one way a message leaves, to whoever carries its channel or to the outbox page."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from email.utils import parseaddr
from typing import Protocol

from django.conf import settings

from mail.esp.accounts import SCHEME, Account
from mail.messages import Ending, Message, Outcome
from mail.outages import Watch
from mail.outbound import refuse_in_transaction
from mail.outbox import Outbox
from mail.pausing import rest_of
from mail.reading import Channel
from mail.sms.opt_outs import HeedingPost
from mail.sms.post import provider_at
from mail.smtp.lines import Lines
from mail.smtp.server import Server
from mail.webhook import webhook_post


class Post(Protocol):
    """Takes up to `width` messages at a time and says what became of each."""

    @property
    def width(self) -> int: ...

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]: ...

    def close(self) -> None: ...


class Courier(Protocol):
    """Takes messages as long as it has hands free, and tells what became of each as that turns out."""

    @property
    def at_once(self) -> int:
        """So many endings are worth a commit."""
        ...

    @property
    def free(self) -> int:
        """How many messages it would take now."""
        ...

    def announce(self, messages: Sequence[Message]) -> None:
        """Prepare for these; nothing leaves the house yet. At most `free` messages."""
        ...

    def take(self, messages: Sequence[Message]) -> None:
        """Hand over these of the messages that were announced; the others stay."""
        ...

    def listen(self, *, until: int | None = None) -> None:
        """Let the messages in hand go on if they can without waiting, or as long as the file `until` has nothing to read."""
        ...

    def ended(self, *, wait: bool = True) -> list[tuple[Message, Outcome]]:
        """Which messages have ended since this was asked last; with `wait` at least one, if it has any in hand."""
        ...


class AtOnce:
    """The courier of a post that takes messages and says what became of them in one go."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.at_once = post.width
        self.messages: list[Message] = []

    @property
    def free(self) -> int:
        return self.post.width - len(self.messages)

    def announce(self, messages: Sequence[Message]) -> None:
        """There is nothing to prepare."""

    def take(self, messages: Sequence[Message]) -> None:
        self.messages += messages

    def listen(self, *, until: int | None = None) -> None:
        """Its messages go all at once, when somebody waits for them."""

    def ended(self, *, wait: bool = True) -> list[tuple[Message, Outcome]]:
        if not wait or not self.messages:
            return []
        messages, self.messages = self.messages, []
        return list(zip(messages, self.post.hand_over(messages), strict=True))


def courier_of(post: Post) -> Courier:
    """Who carries messages to `post` one by one."""
    if isinstance(post, Watched):
        return WatchedCourier(courier_of(post.post), post.watch)
    return post if isinstance(post, Lines) else AtOnce(post)


class Watched:
    """Tells `watch` what becomes of its messages."""

    def __init__(self, post: Post, watch: Watch) -> None:
        self.post = post
        self.watch = watch
        self.width = post.width

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        outcomes = self.post.hand_over(messages)
        self.watch.see(about_channel(zip(messages, outcomes, strict=True)))
        return outcomes

    def close(self) -> None:
        self.post.close()


def about_channel(ended: Iterable[tuple[Message, Outcome]]) -> list[Outcome]:
    """What says something of the channel: a sender that is refused does not, unless it is the house's own."""
    _name, own = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return [outcome for message, outcome in ended if not outcome.is_of_sender or message.sender == own]


class WatchedCourier:
    """The same for who carries them; the watch judges by as many as tell something."""

    def __init__(self, courier: Courier, watch: Watch) -> None:
        self.courier = courier
        self.watch = watch
        self.in_hand = 0
        self.unseen: list[Outcome] = []

    @property
    def at_once(self) -> int:
        return self.courier.at_once

    @property
    def free(self) -> int:
        return self.courier.free

    def announce(self, messages: Sequence[Message]) -> None:
        self.courier.announce(messages)

    def take(self, messages: Sequence[Message]) -> None:
        self.in_hand += len(messages)
        self.courier.take(messages)

    def listen(self, *, until: int | None = None) -> None:
        self.courier.listen(until=until)

    def ended(self, *, wait: bool = True) -> list[tuple[Message, Outcome]]:
        ended = self.courier.ended(wait=wait)
        self.in_hand -= len(ended)
        self.unseen += about_channel(ended)
        if len(self.unseen) >= self.at_once or not self.in_hand:
            unseen, self.unseen = self.unseen, []
            self.watch.see(unseen)
        return ended


class Resting:
    """Hands over nothing while its channel rests."""

    def __init__(self, post: Post, *, channel: Channel) -> None:
        self.post = Watched(post, Watch(channel))
        self.channel = channel
        self.width = post.width

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        if rest := rest_of(self.channel):
            left, words = rest
            return [Outcome(Ending.NOT_SENT, words, wait=left)] * len(messages)
        return self.post.hand_over(messages)

    def close(self) -> None:
        self.post.close()


def leaves(channel: Channel) -> bool:
    """Whether this channel's messages leave the house; else the outbox page keeps them."""
    match channel:
        case Channel.EMAIL:
            return bool(settings.EMAIL_URL)
        case Channel.SMS:
            return bool(settings.SMS_URL)
        case Channel.APP:
            return bool(settings.MESSAGE_WEBHOOK_URL)


@contextmanager
def post_office(channel: Channel = Channel.EMAIL) -> Iterator[Post]:
    """The way out that this installation has for `channel`, else the outbox page.

    Raises RuntimeError inside a transaction: waiting for others there would hold up every other writer.
    """
    refuse_in_transaction()
    post = way_out(channel) if leaves(channel) else Outbox(channel)
    try:
        yield post
    finally:
        post.close()


def way_out(channel: Channel) -> Post:
    match channel:
        case Channel.EMAIL if settings.EMAIL_URL.startswith(SCHEME):
            from mail.esp.post import esp_post  # noqa: PLC0415  anymail loads a lot, and most do without it

            return Resting(esp_post(Account.at(settings.EMAIL_URL)), channel=channel)
        case Channel.EMAIL:
            server = Server.at(settings.EMAIL_URL)
            lines = Lines(server, connections=settings.MAIL_CONNECTIONS, timeout=settings.MAIL_TIMEOUT)
            return Watched(lines, Watch(channel, speaks_smtp=True))
        case Channel.SMS:
            return Resting(HeedingPost(provider_at(settings.SMS_URL)), channel=channel)
        case Channel.APP:
            return Resting(webhook_post(settings.MESSAGE_WEBHOOK_URL), channel=channel)
