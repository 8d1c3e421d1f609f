"""The e-mail services that EMAIL_URL may name, and the options each of them has.

    anymail+postmark://TOKEN@?message_stream=broadcast

The key stands where a URL has the user; everything else is an option by the name that django-anymail gives it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from django.core.exceptions import ImproperlyConfigured

from mail.service_urls import ServiceUrl

SCHEME = "anymail+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """`key` is the option for the user of the URL, `secret` for its password; `signature` what its calls are signed with."""

    key: str = "api_key"
    secret: str = ""
    options: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    signature: str = ""
    tells: bool = True  # what became of mails
    repeats_nothing: bool = False  # knows a repeated request by its Idempotency-Key
    knows_only_tags: bool = False  # gives back tags of a mail, and no other facts about it


SERVICES: Mapping[str, Service] = {
    "brevo": Service(),
    "mailersend": Service(
        key="api_token",
        options=frozenset({"signing_secret"}),
        signature="signing_secret",
        knows_only_tags=True,
    ),
    "mailgun": Service(
        options=frozenset({"sender_domain", "webhook_signing_key"}),
        needs=frozenset({"sender_domain"}),
        signature="webhook_signing_key",
    ),
    "mailjet": Service(secret="secret_key"),  # noqa: S106  the name of an option
    "mailtrap": Service(key="api_token", options=frozenset({"sandbox_id"})),
    "mandrill": Service(options=frozenset({"webhook_key"}), signature="webhook_key"),
    "postmark": Service(key="server_token", options=frozenset({"message_stream"})),
    "resend": Service(repeats_nothing=True),
    "scaleway": Service(
        key="secret_key",
        options=frozenset({"project_id", "region"}),
        needs=frozenset({"project_id"}),
        tells=False,
    ),
    "sparkpost": Service(options=frozenset({"subaccount"})),
    "unisender_go": Service(needs=frozenset({"api_url"}), signature="api_key"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account at one service."""

    name: str
    service: Service
    options: Mapping[str, str]

    @classmethod
    def at(cls, url: str) -> Self:
        """Raises ImproperlyConfigured."""
        example = "anymail+postmark://TOKEN@"
        parts = ServiceUrl.read(url, variable="EMAIL_URL", example=example, needs_host=False)
        name = parts.scheme.removeprefix(SCHEME).replace("-", "_")
        if (service := SERVICES.get(name)) is None:
            raise ImproperlyConfigured(f"EMAIL_URL must name one of {', '.join(SERVICES)} after anymail+.")
        parts.check_options(service.options | {"api_url"})
        options = {service.key: parts.user, **parts.options}
        if service.secret:
            options[service.secret] = parts.password
        missing = [
            option
            for option in (service.key, service.secret, *service.needs)
            if option and not options.get(option)
        ]
        if missing:
            raise ImproperlyConfigured(f"EMAIL_URL must say the {missing[0]} of {name}.")
        return cls(name=name, service=service, options=options)

    @property
    def is_signed(self) -> bool:
        return bool(self.options.get(self.service.signature))

    @property
    def sending(self) -> dict[str, str]:
        """The options of the way out."""
        signature = {self.service.signature} - {self.service.key}
        return {name: value for name, value in self.options.items() if name not in signature}

    @property
    def listening(self) -> dict[str, str]:
        """The options of what comes back; anymail wants to be told a signature's secret even where none is checked."""
        key = self.options[self.service.key]
        secrets = {
            self.service.key: key,
            self.service.signature: self.options.get(self.service.signature, key),
        }
        return {name: value for name, value in secrets.items() if name}
