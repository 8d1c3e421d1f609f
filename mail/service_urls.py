"""One variable for one service: scheme://user:password@host:port/path?option=value, read and checked at the start."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

NO = {"no", "0", "off", "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUrl:
    """A service's address in its parts; user, password and options are no longer percent-encoded."""

    variable: str
    scheme: str
    host: str
    port: int | None
    path: str
    user: str
    password: str
    options: Mapping[str, str]

    @classmethod
    def read(cls, url: str, *, variable: str, example: str, needs_host: bool = True) -> Self:
        """Raises ImproperlyConfigured, whose sentence begins with the variable's name."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise ImproperlyConfigured(f"{variable} has a host or a port that is none.") from error
        if not parts.scheme or (needs_host and not parts.hostname) or parts.fragment:
            raise ImproperlyConfigured(f"{variable} must look like {example}.")
        return cls(
            variable=variable,
            scheme=parts.scheme,
            host=parts.hostname or "",
            port=port,
            path=parts.path,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            options=MappingProxyType(options_of(parts)),
        )

    @property
    def web_address(self) -> str:
        """Where it is reached over HTTP: with TLS unless the option `tls` says no."""
        scheme = "http" if self.options.get("tls", "yes").lower() in NO else "https"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}{f':{self.port}' if self.port else ''}{self.path}"

    def check_options(self, known: Collection[str], *, beginnings: tuple[str, ...] = ()) -> None:
        """Raises ImproperlyConfigured for an option that is none of `known` and begins with none of `beginnings`."""
        for name in self.options:
            if name not in known and not name.startswith(beginnings):
                raise ImproperlyConfigured(f"{self.variable} has an option that is not known: {name}.")

    def starting_with(self, beginning: str) -> dict[str, str]:
        """The options whose names begin so, named by the rest."""
        return {
            name.removeprefix(beginning): value
            for name, value in self.options.items()
            if name.startswith(beginning)
        }


def options_of(parts: SplitResult) -> dict[str, str]:
    """A + stays a +: telephone numbers begin with it."""
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    return {unquote(name): unquote(value) for name, _equals, value in pairs}
