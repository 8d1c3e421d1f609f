"""Which mail server there is, and how to get through to it."""

import smtplib
import ssl
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.core.mail.utils import DNS_NAME

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


def connected(server: Server, *, timeout: float) -> smtplib.SMTP:
    """A new connection, greeted and logged in. Raises SMTPException and OSError."""
    name = DNS_NAME.get_fqdn()  # smtplib would look it up for each connection
    if server.scheme == "smtps":
        context = ssl.create_default_context()
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, name, timeout=timeout, context=context
        )
    else:
        smtp = smtplib.SMTP(server.host, server.port, name, timeout=timeout)
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
