"""The mailbox that mails come back to, read over IMAP."""

import imaplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from urllib.parse import unquote

from django.core.exceptions import ImproperlyConfigured

from mail.service_urls import ServiceUrl

PORTS = {"imaps": 993, "imap+tls": 143, "imap": 143}
EXAMPLE = "imaps://user:password@mail.example.com/INBOX"
TIMEOUT = 30.0  # seconds one answer may take


class MailboxUnreadable(Exception):
    """The mailbox could not be reached, entered or read; its words say why."""


def mailbox_at(url: str) -> ServiceUrl:
    """Raises ImproperlyConfigured."""
    box = ServiceUrl.read(url, variable="BOUNCE_IMAP_URL", example=EXAMPLE)
    box.check_options(())
    if box.scheme not in PORTS or not box.user:
        raise ImproperlyConfigured(f"BOUNCE_IMAP_URL must look like {EXAMPLE}.")
    return box


@contextmanager
def opened(box: ServiceUrl) -> Iterator[imaplib.IMAP4]:
    imap: imaplib.IMAP4 | None = None
    try:
        imap = connect(box)
        imap.login(box.user, box.password)
        folder = unquote(box.path.strip("/")) or "INBOX"
        answer, words = imap.select(f'"{folder}"')
        if answer != "OK":
            raise MailboxUnreadable(told(words))
        yield imap
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxUnreadable(f"{type(error).__name__}: {error}") from error
    finally:
        if imap is not None:
            leave(imap)


def leave(imap: imaplib.IMAP4) -> None:
    """A line that was cut cannot be said goodbye on, and is closed all the same."""
    with suppress(imaplib.IMAP4.error, OSError):
        imap.logout()
    with suppress(OSError):
        imap.shutdown()


def connect(box: ServiceUrl) -> imaplib.IMAP4:
    port = box.port or PORTS[box.scheme]
    if box.scheme == "imaps":
        return imaplib.IMAP4_SSL(box.host, port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT)
    imap = imaplib.IMAP4(box.host, port, timeout=TIMEOUT)
    if box.scheme == "imap+tls":
        imap.starttls(ssl.create_default_context())
    return imap


def unseen(imap: imaplib.IMAP4) -> list[str]:
    (numbers,) = ask(imap, "SEARCH", "UNSEEN") or [b""]
    return numbers.decode("ascii", "replace").split() if isinstance(numbers, bytes) else []


def content_of(number: str, imap: imaplib.IMAP4, *, longest: int) -> bytes:
    """The mail's first bytes; empty for one that somebody else took away meanwhile."""
    answer = ask(imap, "FETCH", number, f"(BODY.PEEK[]<0.{longest}>)")
    return next((part[1] for part in answer if isinstance(part, tuple)), b"")


def mark_seen(number: str, imap: imaplib.IMAP4) -> None:
    ask(imap, "STORE", number, "+FLAGS", r"(\Seen)")


def ask(imap: imaplib.IMAP4, command: str, *words: str) -> list[object]:
    """By numbers that stay the same while others work in the mailbox."""
    answer, found = imap.uid(command, *words)
    if answer != "OK":
        raise MailboxUnreadable(told(found))
    return found


def told(words: Sequence[object]) -> str:
    return " ".join(word.decode("utf-8", "replace") for word in words if isinstance(word, bytes))
