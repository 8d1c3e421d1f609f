"""Where messages stay that have no way out: a page on which staff read them."""

from collections.abc import Sequence
from email.parser import BytesHeaderParser
from email.policy import default

from mail.messages import Ending, Message, Outcome
from mail.models import KeptMail
from mail.reading import Channel

SUBJECT_LENGTH = 500


class Outbox:
    """Keeps every message for the outbox page; nothing leaves."""

    width = 100

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        KeptMail.objects.bulk_create(
            KeptMail(
                channel=self.channel,
                sender=message.sender,
                recipient=message.recipient,
                subject=self.subject_of(message.content),
                message=message.content,
            )
            for message in messages
        )
        return [Outcome(Ending.ACCEPTED, "kept", id=message.key) for message in messages]

    def subject_of(self, content: bytes) -> str:
        """A mail's subject; of anything shorter its beginning."""
        if self.channel != Channel.EMAIL:
            return " ".join(content.decode().split())[:SUBJECT_LENGTH]
        head, _blank_line, _body = content.partition(b"\r\n\r\n")
        subject = BytesHeaderParser(policy=default).parsebytes(head).get("Subject", "")
        return str(subject)[:SUBJECT_LENGTH]

    def close(self) -> None: ...
