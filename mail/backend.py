"""Django's own mails, such as alerts to staff, take the same way out."""

from collections.abc import Sequence
from email.utils import parseaddr

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address

from mail.messages import Ending, Message
from mail.post import post_office


class NotSent(Exception):
    """The mail server did not take a mail; its words say why."""


class PostOfficeBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        sent = 0
        with post_office() as post:
            for message in email_messages:
                outcomes = [
                    outcome
                    for part in in_parts(to_messages(message), post.width)
                    for outcome in post.hand_over(part)
                ]
                failed = [outcome for outcome in outcomes if outcome.ending is not Ending.ACCEPTED]
                if failed and not self.fail_silently:
                    raise NotSent(failed[0].words)
                sent += bool(outcomes) and not failed
        return sent


def to_messages(message: EmailMessage) -> list[Message]:
    content = message.message().as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    sender = bare_address(message.from_email)
    return [Message(sender, bare_address(recipient), content) for recipient in message.recipients()]


def bare_address(address: str) -> str:
    """The address alone, its domain in ASCII."""
    return parseaddr(sanitize_address(address, "utf-8"))[1]


def in_parts(messages: list[Message], size: int) -> list[list[Message]]:
    return [messages[n : n + size] for n in range(0, len(messages), size)]
