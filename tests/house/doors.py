"""Every address of the platform, read from the URL tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

FILLED = {"int": "1", "slug": "a", "str": "a", "path": "1", "uuid": "00000000-0000-0000-0000-000000000000"}


@dataclass(frozen=True)
class Door:
    route: str
    view: Any

    @property
    def path(self) -> str:
        """The address with something in every gap."""
        route = re.sub(r"\(\?P<app_label>([a-z_]+)[^)]*\)", r"\1", self.route)
        route = re.sub(r"\(\?P<\w+>[^)]*\)", "nowhere", route).replace("^", "").replace("$", "")
        return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda gap: FILLED[gap[1] or "str"], route)

    @property
    def is_public(self) -> bool:
        """Whether the view lives among the pages for customers."""
        return any(name.startswith("public") for name in self.view.__module__.split("."))


def doors(resolver: URLResolver | None = None, start: str = "") -> Iterator[Door]:
    for pattern in (resolver or get_resolver()).url_patterns:
        route = start + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield Door(route, pattern.callback)
        else:
            yield from doors(pattern, route)
