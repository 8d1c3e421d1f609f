"""The post office: the one way a message leaves, to whoever carries its channel or to the outbox page."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from mail.smtp import Lines, Server
from mail.webhook import webhook_post


class Post(Protocol):
    """Takes up to `width` messages at a time and says what became of each."""

    @property
    def width(self) -> int: ...

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]: ...

    def close(self) -> None: ...


class Crew(Protocol):
    """Takes up to `width` messages through the three steps of a hand-over; between the steps others may be served."""

    @property
    def width(self) -> int: ...

    def announce(self, messages: Sequence[Message]) -> None: ...

    def give(self) -> None: ...

    def outcomes(self) -> list[Outcome]: ...


class AtOnce:
    """The crew of a post that takes messages and says what became of them in one go."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.width = post.width
        self.messages: Sequence[Message] = ()
        self.known: list[Outcome] = []

    def announce(self, messages: Sequence[Message]) -> None:
        self.messages = messages

    def give(self) -> None:
        self.known = self.post.hand_over(self.messages) if self.messages else []
        self.messages = ()

    def outcomes(self) -> list[Outcome]:
        known, self.known = self.known, []
        return known


def crews_of(post: Post) -> Sequence[Crew]:
    """Those who work for `post` in turns."""
    if isinstance(post, Watched):
        return [WatchedCrew(crew, post.watch) for crew in crews_of(post.post)]
    return post.crews() if isinstance(post, Lines) else [AtOnce(post)]


class Watched:
    """Tells `watch` what becomes of its messages."""

    def __init__(self, post: Post, watch: Watch) -> None:
        self.post = post
        self.watch = watch
        self.width = post.width

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        outcomes = self.post.hand_over(messages)
        self.watch.see(outcomes)
        return outcomes

    def close(self) -> None:
        self.post.close()


class WatchedCrew:
    """The same for one of several crews."""

    def __init__(self, crew: Crew, watch: Watch) -> None:
        self.crew = crew
        self.watch = watch
        self.width = crew.width

    def announce(self, messages: Sequence[Message]) -> None:
        self.crew.announce(messages)

    def give(self) -> None:
        self.crew.give()

    def outcomes(self) -> list[Outcome]:
        known = self.crew.outcomes()
        self.watch.see(known)
        return known


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
