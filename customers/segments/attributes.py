"""Conditions on attributes, which have any name and hold what was imported: text, numbers and dates."""

from calendar import isleap
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, Substr
from django.db.models.lookups import GreaterThanOrEqual, In, LessThan, LessThanOrEqual, Regex
from django.utils.translation import gettext as _

from customers.segments.activities import Activity, Condition
from customers.segments.values import RuleError, days, number, text

ATTRIBUTE_OPERATORS = (
    *("is", "is_not", "contains", "at_least", "at_most", "in_last_days", "not_in_last_days"),
    *("more_than_days_ago", "in_next_days_of_year", "is_set", "is_not_set"),
)
LONGEST_NAME = 60  # so that it stays readable
ISO_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"


def is_name(name: str) -> bool:
    """Whether an attribute can be called so."""
    return bool(name) and not any(each in name for each in ("__", '"', "\x00")) and len(name) <= LONGEST_NAME


def attribute_field(field: str) -> Activity:
    name = field.removeprefix("attributes.")
    if not is_name(name):
        raise RuleError(_("“%(field)s” is not the name of an attribute.") % {"field": field})
    return Activity(
        name=field,
        label=name,
        operators=ATTRIBUTE_OPERATORS,
        value_kind="text",
        condition=attribute(name),
    )


def attribute(name: str, *, column: str = "attributes") -> Condition:
    """A condition on what stands as `name` in a JSON object."""
    key = f"{column}__{name}"
    # In every condition, so that none is NULL and "not" stays exact.
    is_known = Q(**{f"{key}__isnull": False})

    def condition(op: str, value: Any, at: datetime) -> Q:
        match op:
            case "is" | "is_not":
                same = Q(*(Q(**{key: each}) for each in spellings(value)), _connector=Q.OR)
                return is_known & same if op == "is" else ~(is_known & same)
            case "contains":
                return is_known & Q(**{f"{key}__icontains": text(value)})
            case "at_least" | "at_most":
                is_number = Q(IsNumber(name, column=column))
                compared = Q(**{f"{key}__{'gte' if op == 'at_least' else 'lte'}": number(value)})
                return is_known & is_number & compared
            case "in_last_days" | "more_than_days_ago" | "in_next_days_of_year":
                return is_known & dated_attribute(name, op, days(value), at.date(), column=column)
            case "not_in_last_days":
                recently = dated_attribute(name, "in_last_days", days(value), at.date(), column=column)
                return ~(is_known & recently)
            case _:
                return is_known if op == "is_set" else ~is_known

    return condition


class IsNumber(Func):
    """True where a JSON attribute holds a number: only those are compared as numbers, on both databases alike."""

    output_field = BooleanField()

    def __init__(self, name: str, *, column: str) -> None:
        super().__init__(F(column))
        self.name = name

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"(JSON_TYPE({column}, %s) IN ('integer', 'real'))", [*params, f'$."{self.name}"']

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        column, params = compiler.compile(self.source_expressions[0])
        return f"(jsonb_typeof({column} -> %s) = 'number')", [*params, self.name]


def dated_attribute(name: str, op: str, n: int, today: date, *, column: str) -> Q:
    """An attribute that begins with an ISO date, against the last `n` days, or the days of the year to come."""
    written = Coalesce(Cast(KeyTextTransform(name, column), TextField()), Value(""), output_field=TextField())
    is_date = Q(Regex(written, Value(ISO_DATE)))
    day, first, last = Substr(written, 1, 10), Value(str(today - timedelta(days=n))), Value(str(today))
    match op:
        case "in_next_days_of_year":
            return is_date & Q(In(Substr(written, 6, 5), days_of_year(today, n)))
        case "more_than_days_ago":
            return is_date & Q(LessThan(day, first))
    return is_date & Q(GreaterThanOrEqual(day, first)) & Q(LessThanOrEqual(day, last))


def days_of_year(today: date, n: int) -> list[str]:
    """Month and day of today and the `n` days after it; who was born on 29 February has the 28th in other years."""
    coming = [today + timedelta(days=each) for each in range(min(n, 366) + 1)]
    has_leap_birthdays = any(f"{day:%m-%d}" == "02-28" and not isleap(day.year) for day in coming)
    return sorted({f"{day:%m-%d}" for day in coming} | ({"02-29"} if has_leap_birthdays else set()))


def spellings(value: Any) -> list[Any]:
    """The JSON values that people write as `value`: 30 is found whether it was stored as a number or as text."""
    written = str(value).lower() if isinstance(value, bool) else text(value)
    found: list[Any] = [written]
    if written in {"true", "false"}:
        found.append(written == "true")
    with suppress(RuleError):
        found.append(number(written))
    return found
