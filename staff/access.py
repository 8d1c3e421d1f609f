"""Who sees whom: the one place where what a member of staff sees is limited to their unit.

Each model of customers' data is registered with the way from it to a unit, in settings.UNIT_LOOKUPS.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.utils.module_loading import import_string

from staff.models import Unit, User
from staff.units import units_below

Row = TypeVar("Row", bound=Model)


@cache
def lookups() -> Mapping[str, tuple[str, ...]]:
    """The ways to units by model label, as in {"customers.Identity": ("customer__unit",)}; all must lead within."""
    ways: Mapping[str, tuple[str, ...]] = import_string(settings.UNIT_LOOKUPS)
    return ways


@cache
def withheld() -> tuple[str, ...]:
    """Patterns of the permissions that nobody has who sees only a unit."""
    patterns: tuple[str, ...] = import_string(settings.WITHHELD_PERMISSIONS)
    return patterns


def is_registered(model: type[Model]) -> bool:
    return model._meta.label in lookups()


def limit_of(user: AbstractBaseUser | AnonymousUser | User) -> Unit | None:
    """The unit beyond which `user` sees nobody; None for who sees all."""
    if not isinstance(user, User) or user.is_superuser or user.unit_id is None:
        return None
    return user.unit


def visible(rows: QuerySet[Row], user: AbstractBaseUser | AnonymousUser | User) -> QuerySet[Row]:
    """Those of `rows` that `user` may see. Rows without a unit are for those who see all."""
    unit = limit_of(user)
    return rows if unit is None else within(rows, unit)


def sees(user: User, unit: Unit | None) -> bool:
    """Whether visible() finds for `user` what belongs to `unit`."""
    limit = limit_of(user)
    return limit is None or (unit is not None and unit.path.startswith(limit.path))


def within(rows: QuerySet[Row], unit: Unit) -> QuerySet[Row]:
    """Those of `rows` that belong to `unit` or below it; all when their model is not limited."""
    for way in lookups().get(rows.model._meta.label, ()):
        rows = rows.filter(**{f"{way}__in": units_below(unit).order_by().values("pk")})
    return rows


class WithholdingBackend:
    """Signs nobody in: it takes from those who see only a unit what concerns everybody, whatever their roles give."""

    def authenticate(self) -> None:
        return None

    def has_perm(self, user: AbstractBaseUser | AnonymousUser, perm: str, obj: object = None) -> bool:
        """Raises PermissionDenied, which asks no other backend."""
        if limit_of(user) and any(fnmatchcase(perm, pattern) for pattern in withheld()):
            raise PermissionDenied
        return False
