"""What a key may do. The wiring lists the scopes, each with the permission a person needs for the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class Scope:
    label: str | Promise
    permission: str


@cache
def scopes() -> Mapping[str, Scope]:
    """Every scope by its name, e.g. `customers:read`."""
    table: Mapping[str, Scope] = import_string(settings.API_SCOPES)
    return table
