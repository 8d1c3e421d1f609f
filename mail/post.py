"""The post office: the one way a mail leaves, to the mail server or to the outbox page."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.parser import BytesHeaderParser
from email.policy import default
from typing import Protocol

from django.conf import settings
from django.db import connection

from mail.models import KeptMail
from mail.smtp import Ending, Lines, Message, Outcome, Server


class Post(Protocol):
    """Takes up to `width` messages at a time and says what became of each."""

    @property
    def width(self) -> int: ...

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]: ...

    def close(self) -> None: ...


class Outbox:
    """Keeps every mail for the outbox page; nothing leaves."""

    width = 100

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        KeptMail.objects.bulk_create(
            KeptMail(
                sender=message.sender,
                recipient=message.recipient,
                subject=subject_of(message.content),
                message=message.content,
            )
            for message in messages
        )
        return [Outcome(Ending.ACCEPTED, "kept")] * len(messages)

    def close(self) -> None: ...


def subject_of(content: bytes) -> str:
    head, _blank_line, _body = content.partition(b"\r\n\r\n")
    subject = BytesHeaderParser(policy=default).parsebytes(head).get("Subject", "")
    return str(subject)[: KeptMail._meta.get_field("subject").max_length]


@contextmanager
def post_office() -> Iterator[Post]:
    """The post this installation uses: EMAIL_URL's server, else the outbox page.

    Raises RuntimeError inside a transaction: waiting for a mail server there would hold up every other writer.
    """
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("Mail is handed over outside of transactions.")
    post: Post = Outbox()
    if settings.EMAIL_URL:
        server = Server.at(settings.EMAIL_URL)
        post = Lines(server, connections=settings.MAIL_CONNECTIONS, timeout=settings.MAIL_TIMEOUT)
    try:
        yield post
    finally:
        post.close()
