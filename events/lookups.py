"""Looking rows up by many values at once."""

import json
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func


class Among(Func):
    """Whether a column holds one of many values; they travel as one parameter, however many they are."""

    output_field = BooleanField()

    def __init__(self, column: str, values: Iterable[Any]) -> None:
        super().__init__(F(column))
        self.values = list(values)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        in_list = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608  the compiler's own column
        return in_list, [*params, json.dumps(self.values)]

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        placeholder, array = array_of(self.values)
        return f"{column} = ANY({placeholder})", [*params, array]


def array_of(values: list[Any]) -> tuple[str, Any]:
    """PostgreSQL's placeholder for an array, and the parameter; numbers are written out, which the driver does one by one."""
    if values and all(type(value) is int for value in values):
        return "%s::bigint[]", written_out(values)
    return "%s", values


def written_out(numbers: Iterable[int]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"


def among(values: Iterable[Any]) -> tuple[str, Any]:
    """The same for a statement of one's own: what follows the column, with one placeholder, and its parameter."""
    if connection.vendor == "postgresql":
        placeholder, array = array_of(list(values))
        return f"= ANY({placeholder})", array
    return "IN (SELECT value FROM json_each(%s))", json.dumps(list(values))
