"""Numbers that no database column holds match no row, wherever they come from: an address, a form, a program.

Django says so of a column compared with one number. SQLite's driver breaks on them in a list, and in a foreign key.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import ForeignKey, IntegerField
from django.db.models.fields.related_lookups import RelatedExact, RelatedIn
from django.db.models.lookups import In

from events.boundary import LARGEST


class FittingIn(In):
    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        only_fitting(self)
        return super().process_rhs(compiler, connection)


class FittingRelatedIn(RelatedIn):
    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        only_fitting(self)
        return super().process_rhs(compiler, connection)


class FittingRelatedExact(RelatedExact):
    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if not fits(self.rhs):
            raise EmptyResultSet
        return super().process_rhs(compiler, connection)


def only_fitting(lookup: Any) -> None:
    """Of a list only what a column holds is looked for."""
    if lookup.rhs_is_direct_value():
        lookup.rhs = [value for value in lookup.rhs if fits(value)]


def fits(value: Any) -> bool:
    return not isinstance(value, int) or -LARGEST <= value <= LARGEST


def register() -> None:
    IntegerField.register_lookup(FittingIn)
    ForeignKey.register_lookup(FittingRelatedIn)
    ForeignKey.register_lookup(FittingRelatedExact)
